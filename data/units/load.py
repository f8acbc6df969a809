"""`History` of the units of a plan, from the records of all exports."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import data_error, with_setting
from ..exports import DataSettings, Records, list_files, read_exports, summed
from ..history import DEAD, METRICS, MISSING, OBSERVED, Campaign, History
from ..types import Floats, Progress
from .maturity import with_maturity
from .units import units_of


def load_history(
    settings: DataSettings,
    progress: Progress = lambda _: None,
    known_until: np.datetime64 | None = None,
) -> History:
    """History from the exports of all channels, from the first day of any channel to the last.

    Args:
        settings: folder and reading options.
        progress: called with the name of each file.
        known_until: as in ``units_of``.

    Raises:
        ConfigError: no folder was given.
        DataError: an export is malformed or ambiguous, or the channels do not fit together.
    """
    return history_of(read_exports(settings, progress), settings, known_until)


def history_of(
    records: Records, settings: DataSettings, known_until: np.datetime64 | None = None
) -> History:
    """History of the units of a plan.

    Args:
        records: all exports.
        settings: reading options.
        known_until: as in ``units_of``.

    Raises:
        ConfigError: the groups are not valid.
        DataError: the channels' periods do not overlap, or are too short to calibrate; an older
            export is not one of the same accounts.
    """
    _refuse_disjoint(records)
    units, notes = units_of(records, settings, known_until)
    notes = [*records.notes, *notes]
    frame = records.frame.assign(unit=units, currency=None)
    frame = summed(frame, ["platform", "unit", "date"])
    dates = np.arange(records.days.min(), records.days.max() + 1, dtype="datetime64[D]")
    if settings.incomplete_days:
        dates = dates[: max(len(dates) - settings.incomplete_days, 0)]
        frame = frame[np.isin(frame["date"].to_numpy().astype("datetime64[D]"), dates)]
        notes.append(
            with_setting(
                f"the last {_days(settings.incomplete_days)} were left out; the history ends on "
                f"{dates[-1] if len(dates) else 'no day'}.",
                f"data.incomplete_days={settings.incomplete_days} was given",
            )
        )
    _refuse_short(records, dates, settings.minimum_days)
    series = [
        _unit_series(str(channel), str(unit), rows, dates)
        for (channel, unit), rows in frame.groupby(["platform", "unit"], sort=True)
    ]
    if settings.channels is not None:
        series.sort(key=lambda each: settings.channels.index(each[0].channel))  # type: ignore[union-attr]
    dead_after = settings.dead_after_days
    presence = np.stack([_presence(observed, dead_after) for _, observed, _ in series], axis=1)
    values = np.stack([values for _, _, values in series], axis=2)  # metrics, days, campaigns
    values = np.where(presence == DEAD, 0.0, values)
    campaigns = tuple(campaign for campaign, _, _ in series)
    notes += _presence_notes(campaigns, dates, presence, settings.minimum_days)
    notes += _oddity_notes(campaigns, np.where(presence == OBSERVED, values, np.nan))
    notes += _landings_notes(records, settings)
    arrays = dict(zip(METRICS, values, strict=True))
    history = History(
        dates,
        campaigns,
        presence=presence,
        notes=tuple(notes),
        currency=records.currency,
        **arrays,
    )
    return with_maturity(history, records, settings)


def _refuse_disjoint(records: Records) -> None:
    """Raises for a channel whose period overlaps with that of no other channel."""
    days = records.frame.groupby("platform")["date"].agg(["min", "max"])
    if len(days) < 2:
        return
    spans = {str(name): (row["min"].date(), row["max"].date()) for name, row in days.iterrows()}
    for channel, (first, last) in spans.items():
        others = {name: span for name, span in spans.items() if name != channel}
        if not any(first <= end and start <= last for start, end in others.values()):
            files = [s.file for s in records.sources if channel in s.platforms]
            listed = "; ".join(f"{name} {a} to {b}" for name, (a, b) in others.items())
            raise data_error(
                ", ".join(files),
                f"the period of {channel}, {first} to {last}, does not overlap with any other "
                f"channel ({listed})",
                "exports of all channels for the same period",
                "export the same period for every channel, or leave this one out",
                column="Date",
                setting="data.channels lists those that are read",
            )


def _refuse_short(records: Records, dates: NDArray[np.datetime64], minimum: int) -> None:
    if len(dates) < minimum:
        span = f", {dates[0]} to {dates[-1]}" if len(dates) else ""
        raise data_error(
            ", ".join(source.file for source in records.sources),
            f"the exports cover only {_days(len(dates))}{span}",
            f"at least {minimum} days, as needed to calibrate",
            "export a longer period",
            setting="data.minimum_days is how many are asked for",
        )


def _unit_series(
    channel: str, unit: str, rows: pd.DataFrame, dates: NDArray[np.datetime64]
) -> tuple[Campaign, NDArray[np.bool_], Floats]:
    """A unit with its mask of observed days, (days,), and values, (metrics, days) or NaN."""
    day_of_row = (rows["date"].to_numpy().astype("datetime64[D]") - dates[0]).astype(int)
    observed = np.zeros(len(dates), dtype=bool)
    observed[day_of_row] = True
    values = np.full((len(METRICS), len(dates)), np.nan)
    values[:, day_of_row] = rows[list(METRICS)].to_numpy().T
    return Campaign(channel, unit or None), observed, values


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
            ended = "; WARNING, a plan that funds it restarts it" if stop == len(dates) else ""
            notes.append(
                f"{campaign.name}: no row for {_days(stop - start)}, {dates[start]} to "
                f"{dates[stop - 1]}; treated as not running (spend 0){ended}."
            )
    return notes


_ODDITIES: tuple[tuple[str, Callable[[Floats], NDArray[np.bool_]]], ...] = (
    # description, and test of the (len(METRICS), days) values of a unit
    ("impressions or clicks and no cost", lambda m: (m[0] == 0) & (m[1] + m[2] > 0)),
    ("more conversions than clicks", lambda m: m[3] > m[2]),
    ("more clicks than impressions", lambda m: m[2] > m[1]),
    ("conversions and no revenue", lambda m: (m[3] > 0) & (m[4] == 0)),
    ("revenue and no conversions", lambda m: (m[3] == 0) & (m[4] > 0)),
)


def _oddity_notes(campaigns: tuple[Campaign, ...], values: Floats) -> list[str]:
    """Notes on days that a user should look at, and a warning if nothing was ever won."""
    notes = []
    for k, campaign in enumerate(campaigns):
        found = [
            f"{count} with {description}"
            for description, test in _ODDITIES
            if (count := int(np.count_nonzero(test(values[:, :, k]))))
        ]
        if found:
            notes.append(f"{campaign.name}: days accepted as they are: {', '.join(found)}.")
    for metric in ("conversions", "revenue"):
        numbers = values[METRICS.index(metric)]
        for channel in dict.fromkeys(campaign.channel for campaign in campaigns):
            own = numbers[:, [campaign.channel == channel for campaign in campaigns]]
            if np.isfinite(own).any() and np.nansum(own) == 0:
                notes.append(f"{channel}: no {metric} at all; accepted.")
        if np.isfinite(numbers).any() and np.nansum(numbers) == 0:
            notes.append(
                f"WARNING, no {metric} at all in any export: a plan for {metric} is arbitrary, as "
                "nothing tells what the money buys."
            )
    return notes


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _landings_notes(records: Records, settings: DataSettings) -> list[str]:
    if records.site_logs or settings.landings_file.lower() in list_files(settings.folder()):
        return []
    return ["no log of site landings was found, so conversions are as the platforms claim."]
