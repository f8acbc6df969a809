"""`History`: cleaned daily metrics of all campaigns, with presence states and summaries."""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from .types import Floats

METRICS = ("spend", "impressions", "clicks", "conversions", "revenue")

OBSERVED: Final = 0  # the export has a row, possibly of zeros
MISSING: Final = 1  # short gap without rows: values unknown, NaN
DEAD: Final = 2  # long gap without rows: the campaign did not run, values 0


class Campaign(NamedTuple):
    """Campaign type within a channel: the unit that receives a budget."""

    channel: str
    campaign_type: str | None  # None for a channel without campaign types

    @property
    def name(self) -> str:
        """`google/Search Network`, or just the channel for a channel without campaign types."""
        return self.channel if self.campaign_type is None else "/".join(self)  # type: ignore[arg-type]


class Totals(NamedTuple):
    """Sums over all days; missing days count as 0."""

    spend: Floats  # (campaigns,) in units of the currency
    impressions: Floats  # (campaigns,)
    clicks: Floats  # (campaigns,)
    conversions: Floats  # (campaigns,)
    revenue: Floats  # (campaigns,) in units of the currency


class CampaignSummary(NamedTuple):
    """Summary of one campaign's history; a ratio with a zero denominator is NaN."""

    name: str
    spend_per_day: float  # in units of the currency, mean over the observed days
    share: float  # share of all spend, in [0, 1]
    cpc: float  # spend per click
    cvr: float  # conversions per click
    aov: float  # revenue per conversion
    roas: float  # revenue over spend
    observed_days: int
    missing_days: int
    dead_days: int


@dataclass(frozen=True, eq=False)
class History:
    """Daily metrics, (days, campaigns); `presence` separates missing, zero and dead days."""

    dates: NDArray[np.datetime64]  # (days,) datetime64[D], contiguous
    campaigns: tuple[Campaign, ...]  # ordered by channel, then by name
    spend: Floats  # (days, campaigns) in units of the currency, >= 0; NaN where missing
    impressions: Floats  # (days, campaigns) >= 0; NaN where missing
    clicks: Floats  # (days, campaigns) >= 0; NaN where missing
    conversions: Floats  # (days, campaigns) >= 0, may be fractional; NaN where missing
    revenue: Floats  # (days, campaigns) in units of the currency, >= 0; NaN where missing
    presence: NDArray[np.int8]  # (days, campaigns) OBSERVED, MISSING or DEAD
    notes: tuple[str, ...]  # tolerated irregularities and how they were read, for the user
    # (days, campaigns) share of the final conversions and revenue that is reported so far, in
    # (0, 1]; None: all days are complete
    complete: Floats | None = None
    # of all amounts, ISO code or a sign that several currencies share; None: not named
    currency: str | None = None

    def __post_init__(self) -> None:
        """Checks the shapes and makes the arrays read-only, as they are shared."""
        shape = (len(self.dates), len(self.campaigns))
        for name in (*METRICS, "presence"):
            array = getattr(self, name)
            if array.shape != shape:
                raise ValueError(f"History.{name} has shape {array.shape}, not {shape}")
            array.flags.writeable = False
        if self.complete is not None:
            if self.complete.shape != shape:
                raise ValueError(f"History.complete has shape {self.complete.shape}, not {shape}")
            if not ((self.complete > 0) & (self.complete <= 1)).all():
                raise ValueError("History.complete has shares outside (0, 1]")
            self.complete.flags.writeable = False
        self.dates.flags.writeable = False

    @property
    def names(self) -> tuple[str, ...]:
        """(campaigns,) names."""
        return tuple(campaign.name for campaign in self.campaigns)

    @property
    def totals(self) -> Totals:
        """Sums over all days of each campaign."""
        return Totals(*(np.nansum(getattr(self, name), axis=0) for name in METRICS))

    def window(
        self, start: int | str | date | None = None, stop: int | str | date | None = None
    ) -> Self:
        """History of the days from `start` up to but excluding `stop`.

        Args:
            start: index of a day (negative counts from the end, as in a slice) or a date
                (`2024-01-31`, datetime64); None means the first day.
            stop: likewise; None means after the last day.

        Returns:
            The shorter history; `presence` and `complete` are the whole history's, not recomputed:
            its values are those of today's export. `complete` is None where all days are complete.
        """
        days = slice(self._index(start), self._index(stop))
        arrays = {name: getattr(self, name)[days] for name in METRICS}
        complete = None if self.complete is None else self.complete[days]
        return type(self)(
            dates=self.dates[days],
            campaigns=self.campaigns,
            presence=self.presence[days],
            notes=self.notes,
            currency=self.currency,
            complete=None if complete is None or (complete == 1).all() else complete,
            **arrays,
        )

    def _index(self, day: int | str | date | None) -> int | None:
        if day is None or isinstance(day, int | np.integer):
            return day if day is None else int(day)
        return int(np.searchsorted(self.dates, np.datetime64(day, "D")))

    def fingerprint(self) -> str:
        """SHA-256 of dates, campaigns, values, presence, currency and `complete`, without notes."""
        digest = hashlib.sha256()
        digest.update("\n".join(str(day) for day in self.dates).encode())
        digest.update("\n".join(self.names).encode())
        for name in METRICS:
            values = np.where(np.isnan(getattr(self, name)), np.nan, getattr(self, name))
            digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
        digest.update(np.ascontiguousarray(self.presence).tobytes())
        if self.currency is not None:  # fingerprints from before there were currencies stay valid
            digest.update(self.currency.encode())
        if self.complete is not None:  # likewise
            digest.update(np.ascontiguousarray(self.complete, dtype="<f8").tobytes())
        return digest.hexdigest()

    def summary(self) -> tuple[CampaignSummary, ...]:
        """One `CampaignSummary` per campaign, in their order."""
        totals = self.totals
        counts = {state: (self.presence == state).sum(axis=0) for state in (0, 1, 2)}
        columns = zip(
            self.names,
            _ratio(totals.spend, counts[OBSERVED].astype(float)),
            _ratio(totals.spend, np.full(len(self.campaigns), totals.spend.sum())),
            _ratio(totals.spend, totals.clicks),
            _ratio(totals.conversions, totals.clicks),
            _ratio(totals.revenue, totals.conversions),
            _ratio(totals.revenue, totals.spend),
            *(counts[state].tolist() for state in (OBSERVED, MISSING, DEAD)),
            strict=True,
        )
        return tuple(CampaignSummary(*line) for line in columns)


def _ratio(numerator: Floats, denominator: Floats) -> list[float]:
    """Element-wise quotient, NaN where the denominator is 0."""
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return [float(value) for value in quotient]
