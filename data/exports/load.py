"""Loading of a `History` from a folder of exports."""

import numpy as np
from numpy.typing import NDArray

from ..errors import data_error
from ..history import DEAD, METRICS, MISSING, OBSERVED, Campaign, History
from ..types import Floats
from .channel import ChannelDays, read_channel
from .folder import find_exports, list_files
from .settings import DataSettings


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
