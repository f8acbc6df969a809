"""`History`: the cleaned daily record of all campaigns, and its loading from the exports."""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from .types import Floats

METRICS = ("spend", "impressions", "clicks", "conversions", "revenue")


OBSERVED: Final = 0  # a row was there, be it of zeros
MISSING: Final = 1  # no row for a few days: values unknown, NaN
DEAD: Final = 2  # no row for long: the campaign did not run, values 0


class Campaign(NamedTuple):
    """A campaign type inside a channel: the unit that gets a budget."""

    channel: str
    campaign_type: str | None  # None on a channel without types

    @property
    def name(self) -> str:
        """`google/Search Network`; on a channel without types the channel's own name."""
        return self.channel if self.campaign_type is None else "/".join(self)  # type: ignore[arg-type]


class Totals(NamedTuple):
    """Sums over all days; a missing day adds nothing."""

    spend: Floats  # (campaigns,) dollars
    impressions: Floats  # (campaigns,)
    clicks: Floats  # (campaigns,)
    conversions: Floats  # (campaigns,)
    revenue: Floats  # (campaigns,) dollars


class CampaignSummary(NamedTuple):
    """One campaign's history in a line; a ratio without a denominator is NaN."""

    name: str
    spend_per_day: float  # dollars, mean over the observed days
    share: float  # of all spend, in [0, 1]
    cpc: float  # dollars a click
    cvr: float  # conversions a click
    aov: float  # dollars of revenue a conversion
    roas: float  # dollars of revenue a dollar
    observed_days: int
    missing_days: int
    dead_days: int


@dataclass(frozen=True, eq=False)
class History:
    """What happened: days x campaigns, missing, zero and dead told apart by `presence`."""

    dates: NDArray[np.datetime64]  # (days,) datetime64[D], contiguous
    campaigns: tuple[Campaign, ...]  # in the order of the channels, then of the names
    spend: Floats  # (days, campaigns) dollars, >= 0; NaN where missing
    impressions: Floats  # (days, campaigns) >= 0; NaN where missing
    clicks: Floats  # (days, campaigns) >= 0; NaN where missing
    conversions: Floats  # (days, campaigns) >= 0, may be fractional; NaN where missing
    revenue: Floats  # (days, campaigns) dollars, >= 0; NaN where missing
    presence: NDArray[np.int8]  # (days, campaigns) OBSERVED, MISSING or DEAD
    notes: tuple[str, ...]  # what was tolerated and how, for the user

    def __post_init__(self) -> None:
        """Checks the shapes and locks the arrays: a history is shared by everything after it."""
        shape = (len(self.dates), len(self.campaigns))
        for name in (*METRICS, "presence"):
            array = getattr(self, name)
            if array.shape != shape:
                raise ValueError(f"History.{name} has shape {array.shape}, not {shape}")
            array.flags.writeable = False
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
        """Days from `start` up to, not including, `stop`.

        Args:
            start: position of a day (negative counts from the end, as in a slice) or a date
                (`2024-01-31`, datetime64); None is the first day.
            stop: likewise; None is after the last day.

        Returns:
            The same history over fewer days; presence keeps what the whole history told.
        """
        days = slice(self._position(start), self._position(stop))
        arrays = {name: getattr(self, name)[days] for name in METRICS}
        return type(self)(
            dates=self.dates[days],
            campaigns=self.campaigns,
            presence=self.presence[days],
            notes=self.notes,
            **arrays,
        )

    def _position(self, day: int | str | date | None) -> int | None:
        if day is None or isinstance(day, int | np.integer):
            return day if day is None else int(day)
        return int(np.searchsorted(self.dates, np.datetime64(day, "D")))

    def fingerprint(self) -> str:
        """Sha256 of dates, campaigns, values and presence; notes do not count."""
        digest = hashlib.sha256()
        digest.update("\n".join(str(day) for day in self.dates).encode())
        digest.update("\n".join(self.names).encode())
        for name in METRICS:
            values = np.where(np.isnan(getattr(self, name)), np.nan, getattr(self, name))
            digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
        digest.update(np.ascontiguousarray(self.presence).tobytes())
        return digest.hexdigest()

    def summary(self) -> tuple[CampaignSummary, ...]:
        """One line a campaign, in their order; see `CampaignSummary`."""
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


def _ratio(above: Floats, below: Floats) -> list[float]:
    """`above / below`, NaN where there is nothing below."""
    out = np.full(above.shape, np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return [float(value) for value in out]
