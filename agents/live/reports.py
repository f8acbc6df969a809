"""What the exports say about the flight's days: spend and conversions so far, gaps and oddities.

A day without a row is missing, so that nothing is known about it, if the whole channel has none, if
later rows of the campaign close the gap, or if it is a single day at the end. A campaign without
rows for longer, beside rows of its channel, does not run: its spend is 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConfigError, data_error, with_setting
from ...data.formats import money
from ...data.history import METRICS, MISSING, OBSERVED, History
from ...data.names import by_full_name
from ...data.types import Floats
from ..plans import Flag
from .settings import LiveSettings
from .source import SourcePlan

_METRICS = ("spend", "conversions", "revenue")
_PARTIAL = 0.5  # share of the planned and of the usual spend under which a last day is partial
_USUAL_DAYS = 7  # days before it whose median is usual
_USUAL_WEEKS = 4  # of its weekday, whose median is usual too


class Reports(NamedTuple):
    """Reports of the flight's first days, campaigns in the order of the calibration."""

    spend: NDArray[np.int64]  # cents, (days so far, campaigns)
    conversions: Floats  # reported so far; 0 where nothing is known
    revenue: Floats  # units of the currency; NaN: not known
    complete: Floats  # share of the day's conversions that is reported so far; 0: no report

    @property
    def days(self) -> int:
        """Days of the flight that are over."""
        return len(self.spend)

    @classmethod
    def none(cls, campaigns: int) -> "Reports":
        """Return the reports before the flight."""
        empty = np.zeros((0, campaigns))
        return cls(empty.astype(np.int64), empty, empty, empty)

    def with_day(self, day: int, *values: Any) -> "Reports":
        """Return the reports with one more day, or with other values on a day that is over."""
        fields = []
        for field, value in zip(self, values, strict=True):
            row = np.asarray(value, field.dtype)[None]
            fields.append(np.concatenate([field[:day], row, field[day + 1 :]]))
        return Reports(*fields)


def reported_row(
    names: Sequence[str], planned: NDArray[np.int64], results: Mapping[str, Mapping[str, float]]
) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
    """Return a day's fields of ``Reports``, (campaigns,) each, from what a caller reports.

    Args:
        names: campaigns in the order of the reports.
        planned: cents of the day, which a campaign that is left out counts as spent.
        results: per campaign ``spend``, ``conversions`` and, if known, ``revenue``.

    Raises:
        ConfigError: naming the campaign that is not known or whose numbers are not allowed.
    """
    example = "report(date, {'ID': {'spend': 10, 'conversions': 1}})"
    given = by_full_name(results, names, "report", "campaign", example)
    spend, complete = planned.copy(), np.zeros(len(names))
    conversions, revenue = np.zeros(len(names)), np.full(len(names), np.nan)
    for k, name in enumerate(names):
        if name in given:
            row = _checked(name, given[name][0])
            spend[k], complete[k] = round(100 * row["spend"]), 1
            conversions[k] = row["conversions"]
            revenue[k] = row.get("revenue", np.nan)
    return spend, conversions, revenue, complete


def _checked(name: str, row: Any) -> dict[str, float]:
    """Return a campaign's report; refuse what is no number of 0 or more."""
    known = isinstance(row, Mapping) and set(row) <= set(_METRICS) and {*_METRICS[:2]} <= set(row)
    values = {key: float(value) for key, value in row.items() if value is not None} if known else {}
    if not known or not all(np.isfinite(value) and value >= 0 for value in values.values()):
        raise ConfigError(
            f"report: {name}: {row} was given. Allowed: spend and conversions, and revenue if "
            "known, numbers of 0 or more. To fix: correct it, or leave the campaign out if it has "
            "no report."
        )
    return values


class Reported(NamedTuple):
    """What the exports hold: the history before the flight, its reports, and what to know."""

    past: History
    reports: Reports
    flags: tuple[Flag, ...]


def reported_days(
    history: History, source: SourcePlan, settings: LiveSettings, as_of: date | None
) -> Reported:
    """Cut a history where the flight starts.

    Args:
        history: all days of the exports.
        source: the plan.
        settings: what is done with missing days and a partial last day.
        as_of: last day to take; None: the last one of the exports.

    Raises:
        DataError: if the exports end before the flight, lack a campaign of the plan or, with
            ``missing: refuse``, a day.
        ConfigError: if ``as_of`` is no day of the exports from the day before the flight on.
    """
    if history.currency != source.currency and source.currency is not None:
        raise data_error(
            str(source.path),
            f"the plan is in {source.currency}, the exports are in {history.currency}",
            "one currency",
            "use the exports that the plan was made from, with their new days",
        )
    last = _last_day(history, source, as_of)
    outside = _outside(history, source, last)
    own = _of_plan(history, source)
    start, end = str(source.start), str(last + 1)
    past, days = own.window(None, start), own.window(start, end)
    if not len(past.dates) or past.dates[-1] + 1 != source.start:
        raise data_error(
            "the exports",
            f"the exports go from {history.dates[0]} to {history.dates[-1]}, and the flight starts "
            f"on {source.start}",
            "exports up to the day before the flight or later",
            "export a longer period",
        )
    planned = source.cents(own.names)
    flags = [*outside, *_paused(days, planned, source)]
    if as_of is None and settings.last_day != "keep" and len(days.dates):
        partial = _partial(own, days, planned[len(days.dates) - 1], source)
        if partial is not None or settings.last_day == "drop":
            flags.append(partial or _dropped(days))
            days = days.window(None, len(days.dates) - 1)
    reports, gaps = _reports(days, planned, source, settings)
    flags += [*gaps, *_late(days)]
    return Reported(past, reports, tuple(flag for flag in flags if _is_over(flag, days)))


def _is_over(flag: Flag, days: History) -> bool:
    """Return False for a flag of a day that was dropped; the dropping itself is said."""
    if flag.kind == "partial_day" or flag.date is None:
        return True
    return bool(len(days.dates)) and np.datetime64(flag.date) <= days.dates[-1]


def _last_day(history: History, source: SourcePlan, as_of: date | None) -> np.datetime64:
    end = source.start + source.days - 1
    if as_of is None:
        return min(history.dates[-1], end)
    day = np.datetime64(as_of, "D")
    if not source.start - 1 <= day <= history.dates[-1]:
        raise ConfigError(
            f"as_of: {day} was given. Allowed: null, or a day from {source.start - 1}, the day "
            f"before the flight, to {history.dates[-1]}, the last day of the exports. To fix: "
            "choose one of them, or export the days up to it."
        )
    return min(day, end)


def _of_plan(history: History, source: SourcePlan) -> History:
    """Return the history of the plan's campaigns alone.

    Raises:
        DataError: if the exports do not have one of them.
    """
    lacking = [name for name in source.names if name not in history.names]
    if lacking:
        raise data_error(
            "the exports",
            f"the exports do not have {', '.join(lacking)} of {source.path}",
            f"the campaigns of the plan: {', '.join(source.names)}",
            "use the exports that the plan was made from, and the same keys of data",
        )
    keep = [k for k, name in enumerate(history.names) if name in source.names]
    if len(keep) == len(history.names):
        return history
    arrays = {name: getattr(history, name)[:, keep] for name in (*METRICS, "presence")}
    complete = None if history.complete is None else history.complete[:, keep]
    campaigns = tuple(history.campaigns[k] for k in keep)
    return replace(history, campaigns=campaigns, complete=complete, **arrays)


def _outside(history: History, source: SourcePlan, last: np.datetime64) -> list[Flag]:
    """Return a flag for each campaign that spends during the flight and is not in the plan."""
    flags, days = [], history.window(str(source.start), str(last + 1))
    for k, name in enumerate(history.names):
        spent = float(np.nansum(days.spend[:, k]))
        if name not in source.names and spent > 0:
            first = days.dates[np.flatnonzero(np.nan_to_num(days.spend[:, k]) > 0)[0]]
            text = (
                f"{name}: {money(spent, source.currency)} spent from {first} on outside of the "
                "plan, which does not have it; it counts neither against the budget nor as a "
                "result. Make a new plan to include it."
            )
            flags.append(Flag("outside_plan", name, str(first), text))
    return flags


def _partial(
    history: History, days: History, planned: NDArray[np.int64], source: SourcePlan
) -> Flag | None:
    """Return a flag if the last day seems to have been exported before it was over."""
    last = len(days.dates) - 1
    spent = float(np.nansum(days.spend[last]))
    usual = _usual(history.window(None, days.dates[last]), days.dates[last])
    bar = min(planned.sum() / 100, usual)
    silent = _silent(days)[last] & (planned > 0)
    if spent >= _PARTIAL * bar and not silent.any():
        return None
    how = (
        f"{money(spent, source.currency)} spent, under half of the planned "
        f"{money(planned.sum() / 100, source.currency)} and of the usual "
        f"{money(usual, source.currency)}"
        if spent < _PARTIAL * bar
        else "a channel has no row for it"
    )
    text = with_setting(
        f"{days.dates[last]} looks partial ({how}) and was left out; it is planned again.",
        f"live.last_day=keep, or as_of={days.dates[last]}, takes it",
    )
    return Flag("partial_day", None, str(days.dates[last]), text)


def _usual(before: History, day: np.datetime64) -> float:
    """Return what is usually spent on a day: the lower of the median of all and of its weekday."""
    spend = np.nansum(before.spend, axis=1)
    same = (before.dates - day).astype(int) % 7 == 0
    weekdays = spend[same][-_USUAL_WEEKS:]
    usual = np.median(spend[-_USUAL_DAYS:])
    return float(min(usual, np.median(weekdays)) if len(weekdays) else usual)


def _dropped(days: History) -> Flag:
    text = with_setting(
        f"{days.dates[-1]}, the last day of the exports, was left out.", "live.last_day=drop"
    )
    return Flag("partial_day", None, str(days.dates[-1]), text)


def _missing(days: History) -> NDArray[np.bool_]:
    """Return where nothing is known about a campaign's day, (days, campaigns)."""
    observed = days.presence == OBSERVED
    later = np.cumsum(observed[::-1], axis=0)[::-1] > 0
    last = np.zeros_like(observed)
    if len(observed) > 1:  # a single day at the end, after one with a row
        last[-1] = observed[-2]
    return np.asarray((_silent(days) | later | last) & (days.presence == MISSING))


def _silent(days: History) -> NDArray[np.bool_]:
    """Return the days on which no campaign of the channel has a row, (days, campaigns)."""
    channels = [campaign.channel for campaign in days.campaigns]
    return np.stack(
        [
            (days.presence[:, [c == channel for c in channels]] != OBSERVED).all(1)
            for channel in channels
        ],
        axis=1,
    )


def _reports(
    days: History, planned: NDArray[np.int64], source: SourcePlan, settings: LiveSettings
) -> tuple[Reports, list[Flag]]:
    count = len(days.dates)
    missing = _missing(days)
    flags = []
    for k, name in enumerate(days.names):
        if not missing[:, k].any():
            continue
        dates = ", ".join(str(day) for day in days.dates[missing[:, k]])
        if settings.missing == "refuse":
            raise data_error(
                "the exports",
                f"{name} has no report for {dates}",
                "a report for every day of the flight so far",
                "export these days",
                setting="live.missing=planned takes them as planned",
            )
        amount = money(planned[:count][missing[:, k], k].sum() / 100, source.currency)
        text = (
            f"{name}: no report for {dates}; taken as spent as planned ({amount}) without "
            "conversions, and nothing is learnt from it. Export these days to correct it."
        )
        flags.append(Flag("missing_days", name, str(days.dates[missing[:, k]][0]), text))
    spend = np.round(100 * np.nan_to_num(days.spend)).astype(np.int64)
    known = np.isfinite(days.conversions) & ~missing
    complete = np.ones(missing.shape) if days.complete is None else days.complete
    unreported = 0.0 if np.isfinite(days.revenue).any() else np.nan  # as conversions are 0
    ran = ~missing & (days.presence != OBSERVED)  # without a row beside rows of its channel: off
    return (
        Reports(
            np.where(missing, planned[:count], np.where(ran, 0, spend)),
            np.where(known, np.nan_to_num(days.conversions), 0.0),
            np.where(missing, unreported, np.where(ran, 0.0, days.revenue)),
            np.where(known | ran, complete, 0.0),
        ),
        flags,
    )


def _paused(days: History, planned: NDArray[np.int64], source: SourcePlan) -> list[Flag]:
    """Return a flag for each campaign that has stopped spending although it was to spend."""
    flags, off = [], ~(np.nan_to_num(days.spend) > 0) & ~_missing(days)
    for k, name in enumerate(days.names):
        running = np.flatnonzero(~off[:, k])
        since = int(running[-1]) + 1 if running.size else 0
        wanted = planned[since : len(days.dates), k]
        if len(days.dates) - since < 2 or wanted.sum() == 0:
            continue
        amount = money(float(wanted.mean()) / 100, source.currency)
        text = (
            f"{name}: no spend since {days.dates[since]}, where {amount} a day was planned: paused "
            "or not delivering. Its money is planned again for the days left; to leave it out, "
            "switch it off."
        )
        flags.append(Flag("paused", name, str(days.dates[since]), text))
    return flags


def _late(days: History) -> list[Flag]:
    """Return a flag if conversions of the last days are still to come."""
    if days.complete is None or (days.complete == 1).all():
        return []
    late = (days.complete < 1).any(1)
    first, share = days.dates[late][0], days.complete[late].min()
    text = (
        f"conversions from {first} on are taken as {share:.0%} reported or more: the rest comes "
        "late, and these days weigh less in what is learnt."
    )
    return [Flag("late_conversions", None, str(first), text)]
