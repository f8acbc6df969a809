"""Loading of a `History` from the exports of all channels."""

import numpy as np
from numpy.typing import NDArray

from ..errors import data_error
from ..history import DEAD, METRICS, MISSING, OBSERVED, Campaign, History
from ..types import Floats
from .channel import ChannelDays, read_channel
from .folder import find_exports, list_files
from .settings import DataSettings


def load_history(settings: DataSettings) -> History:
    """History from the exports of all channels, from the first day of any channel to the last.

    Args:
        settings: folder and reading options.

    Raises:
        ConfigError: no folder was given.
        DataError: an export is malformed or ambiguous, or the channels do not fit together.
    """
    paths, notes = find_exports(settings)
    channels = [read_channel(path, channel, settings) for channel, path in paths.items()]
    _refuse_disjoint(channels)
    first = min(channel.days[0] for channel in channels)
    last = max(channel.days[-1] for channel in channels)
    dates = np.arange(first, last + 1, dtype="datetime64[D]")
    _refuse_short(channels, dates, settings.minimum_days)
    series = [each for channel in channels for each in _campaign_series(channel, dates)]
    dead_after = settings.dead_after_days
    presence = np.stack([_presence(observed, dead_after) for _, observed, _ in series], axis=1)
    values = np.stack([values for _, _, values in series], axis=2)  # metrics, days, campaigns
    values = np.where(presence == DEAD, 0.0, values)
    campaigns = tuple(campaign for campaign, _, _ in series)
    notes += [note for channel in channels for note in channel.notes]
    notes += _presence_notes(campaigns, dates, presence, settings.minimum_days)
    notes += _landings_notes(settings)
    arrays = dict(zip(METRICS, values, strict=True))
    return History(dates, campaigns, presence=presence, notes=tuple(notes), **arrays)


def _refuse_disjoint(channels: list[ChannelDays]) -> None:
    """Raises for a channel whose period overlaps with that of no other channel."""
    if len(channels) < 2:
        return
    for channel in channels:
        first, last = channel.days[0], channel.days[-1]
        others = [c for c in channels if c is not channel]
        if not any(first <= other.days[-1] and other.days[0] <= last for other in others):
            spans = "; ".join(f"{c.file} {c.days[0]} to {c.days[-1]}" for c in others)
            raise data_error(
                channel.file,
                f"its period, {first} to {last}, does not overlap with any other channel ({spans})",
                "exports of all channels for the same period",
                f"export the same period for every channel, or remove {channel.channel} from "
                "data.channels",
                column="Date",
            )


def _refuse_short(channels: list[ChannelDays], dates: NDArray[np.datetime64], minimum: int) -> None:
    if len(dates) < minimum:
        raise data_error(
            ", ".join(channel.file for channel in channels),
            f"the exports cover only {_days(len(dates))}, {dates[0]} to {dates[-1]}",
            f"at least {minimum} days, as needed to calibrate (data.minimum_days)",
            "export a longer period",
        )


def _campaign_series(
    channel: ChannelDays, dates: NDArray[np.datetime64]
) -> list[tuple[Campaign, NDArray[np.bool_], Floats]]:
    """Each campaign with its mask of observed days, (days,), and values, (metrics, days) or NaN."""
    day_of_row = (channel.days - dates[0]).astype(int)
    series = []
    for campaign_type in sorted(set(channel.types), key=lambda name: name or ""):
        rows = np.array([row_type == campaign_type for row_type in channel.types])
        observed = np.zeros(len(dates), dtype=bool)
        observed[day_of_row[rows]] = True
        values = np.full((len(METRICS), len(dates)), np.nan)
        values[:, day_of_row[rows]] = channel.metrics[:, rows]
        series.append((Campaign(channel.channel, campaign_type), observed, values))
    return series


def _presence(observed: NDArray[np.bool_], dead_after: int) -> NDArray[np.int8]:
    """(days,) states; `dead_after` or more days without a row are DEAD, fewer are MISSING."""
    states = np.where(observed, OBSERVED, MISSING).astype(np.int8)
    for start, stop in _runs(~observed):
        if stop - start >= dead_after:
            states[start:stop] = DEAD
    return states


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and end (exclusive) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _presence_notes(
    campaigns: tuple[Campaign, ...],
    dates: NDArray[np.datetime64],
    presence: NDArray[np.int8],
    minimum_days: int,
) -> list[str]:
    notes = []
    for campaign, states in zip(campaigns, presence.T, strict=True):
        observed, missing = (int(np.count_nonzero(states == s)) for s in (OBSERVED, MISSING))
        if observed < minimum_days:
            notes.append(
                f"{campaign.name}: only {_days(observed)} with a row, too few to learn much from."
            )
        if missing:
            notes.append(f"{campaign.name}: {_days(missing)} without a row; missing, not 0.")
        for start, stop in _runs(states == DEAD):
            notes.append(
                f"{campaign.name}: no row for {_days(stop - start)}, {dates[start]} to "
                f"{dates[stop - 1]}; treated as not running (spend 0)."
            )
    return notes


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _landings_notes(settings: DataSettings) -> list[str]:
    if settings.landings_file.lower() in list_files(settings.folder()):
        return []
    return [f"{settings.landings_file}: not found, so conversions are as the platforms claim."]
