"""`History`: the cleaned daily record of all campaigns, and its loading from the exports."""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from .errors import data_error
from .folder import find_exports, list_files
from .settings import DataSettings
from .sources import METRICS, ChannelDays, read_channel

OBSERVED: Final = 0  # a row was there, be it of zeros
MISSING: Final = 1  # no row for a few days: values unknown, NaN
DEAD: Final = 2  # no row for long: the campaign did not run, values 0

Floats = NDArray[np.float64]


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


def load_history(settings: DataSettings) -> History:
    """Reads the exports of all channels.

    Args:
        settings: where they are and how to read them.

    Returns:
        The history over all days from the first to the last of any channel.

    Raises:
        ConfigError: no folder was given.
        DataError: anything in the exports that cannot be read with certainty.
    """
    paths, notes = find_exports(settings)
    channels = [read_channel(path, channel, settings) for channel, path in paths.items()]
    _refuse_disjoint(channels)
    first = min(channel.days[0] for channel in channels)
    last = max(channel.days[-1] for channel in channels)
    dates = np.arange(first, last + 1, dtype="datetime64[D]")
    _refuse_short(channels, dates, settings.minimum_days)
    columns = [column for channel in channels for column in _campaign_columns(channel, dates)]
    presence = np.stack([_presence(seen, settings.dead_after_days) for _, seen, _ in columns], 1)
    values = np.stack([values for _, _, values in columns], axis=2)  # metrics, days, campaigns
    values = np.where(presence == DEAD, 0.0, values)
    campaigns = tuple(campaign for campaign, _, _ in columns)
    notes += [note for channel in channels for note in channel.notes]
    notes += _presence_notes(campaigns, dates, presence, settings.minimum_days)
    notes += _landings_notes(settings)
    arrays = dict(zip(METRICS, values, strict=True))
    return History(dates, campaigns, presence=presence, notes=tuple(notes), **arrays)


def _refuse_disjoint(channels: list[ChannelDays]) -> None:
    """A channel that shares no day with any other is from another time."""
    if len(channels) < 2:
        return
    for channel in channels:
        first, last = channel.days[0], channel.days[-1]
        others = [c for c in channels if c is not channel]
        if not any(first <= other.days[-1] and other.days[0] <= last for other in others):
            spans = "; ".join(f"{c.file} {c.days[0]} to {c.days[-1]}" for c in others)
            raise data_error(
                channel.file,
                f"its dates, {first} to {last}, overlap with no other channel's ({spans})",
                "exports of all channels over the same period",
                f"export the same period everywhere, or remove {channel.channel} from "
                "data.channels",
                column="Date",
            )


def _refuse_short(channels: list[ChannelDays], dates: NDArray[np.datetime64], least: int) -> None:
    if len(dates) < least:
        raise data_error(
            ", ".join(channel.file for channel in channels),
            f"there is only data for {_days(len(dates))}, {dates[0]} to {dates[-1]}",
            f"at least {least} days, which it takes to calibrate (data.minimum_days)",
            "export a longer period",
        )


def _campaign_columns(
    channel: ChannelDays, dates: NDArray[np.datetime64]
) -> list[tuple[Campaign, NDArray[np.bool_], Floats]]:
    """Each campaign with its (days,) observed mask and (metrics, days) values, NaN elsewhere."""
    at = (channel.days - dates[0]).astype(int)
    columns = []
    for kind in sorted(set(channel.types), key=lambda name: name or ""):
        rows = np.array([own == kind for own in channel.types])
        seen = np.zeros(len(dates), dtype=bool)
        seen[at[rows]] = True
        values = np.full((len(METRICS), len(dates)), np.nan)
        values[:, at[rows]] = channel.metrics[:, rows]
        columns.append((Campaign(channel.channel, kind), seen, values))
    return columns


def _presence(seen: NDArray[np.bool_], dead_after: int) -> NDArray[np.int8]:
    """(days,) states: a run of days without a row is dead when it is long, else missing."""
    states = np.where(seen, OBSERVED, MISSING).astype(np.int8)
    for start, stop in _runs(~seen):
        if stop - start >= dead_after:
            states[start:stop] = DEAD
    return states


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open positions of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _presence_notes(
    campaigns: tuple[Campaign, ...],
    dates: NDArray[np.datetime64],
    presence: NDArray[np.int8],
    few: int,
) -> list[str]:
    notes = []
    for campaign, states in zip(campaigns, presence.T, strict=True):
        observed, missing = (int(np.count_nonzero(states == s)) for s in (OBSERVED, MISSING))
        if observed < few:
            notes.append(f"{campaign.name}: only {_days(observed)} with a row, few to learn from.")
        if missing:
            notes.append(f"{campaign.name}: {_days(missing)} without a row; missing, not 0.")
        for start, stop in _runs(states == DEAD):
            notes.append(
                f"{campaign.name}: no row for {_days(stop - start)}, {dates[start]} to "
                f"{dates[stop - 1]}; taken as not running (spend 0)."
            )
    return notes


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _landings_notes(settings: DataSettings) -> list[str]:
    if settings.landings_file.lower() in list_files(settings.folder()):
        return []
    return [f"{settings.landings_file}: not there, so conversions are what the platforms claim."]
