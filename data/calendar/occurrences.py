"""Weights of all events on a range of dates."""

import datetime
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, data_error, shown, with_setting
from ..types import Floats
from .days_off import DaysOff, days_off
from .own_events import OwnEvent, read_own_events
from .settings import CalendarSettings
from .trade_events import TradeEvent, Window, trade_events

PUBLIC_HOLIDAY = "Public holiday"  # name of the event that public holidays share
Days = NDArray[np.datetime64]


class Occurrences(NamedTuple):
    """Events that fall on some dates, and how much of each falls on each date."""

    names: tuple[str, ...]  # (events,) trade events in the order of their file, public holidays,
    # then the user's events in alphabetical order
    weight: Floats  # (days, events) in [0, 1]: 1 on the days of the event, rising over its run-up
    notes: tuple[str, ...]  # what the tables do not cover; for the report


def occurrences(dates: Days, settings: CalendarSettings) -> Occurrences:
    """Events of a calendar on some dates.

    The weights of a date depend on that date and the settings alone: a history and its future,
    computed together or apart, agree in all columns of one name. The weight rises linearly over a
    run-up of n days, from 1 / (n + 1) to n / (n + 1). Public holidays are one event; one on which a
    trade event has its full weight belongs to that event alone, as Christmas Day does.

    Args:
        dates: (days,) datetime64[D], in any order, with or without gaps.
        settings: country and sources.

    Returns:
        Events with a positive weight on any of the dates, in a fixed order.

    Raises:
        ConfigError: the path of the user's file is not one.
        DataError: the user's file is wrong, or has an event with the name of another event.
        ValueError: the dates are not a vector of days.
    """
    days = _checked(dates)
    own = _own_windows(settings)
    if not days.size:
        return Occurrences((), np.zeros((0, 0)), ())
    years = _years(days)
    off = _public_holidays(settings, years)
    columns = {
        event.name: _weights(days, event.windows(years, lambda: off.names))
        for event in _trade_events(settings)
    }
    if settings.holidays:
        public = _weights(days, [Window(day, day) for day in off.names])
        for weight in columns.values():
            public[weight == 1.0] = 0.0
        columns[PUBLIC_HOLIDAY] = public
    columns |= {name: _weights(days, own[name]) for name in sorted(own)}
    names = tuple(name for name, weight in columns.items() if weight.any())
    table = np.stack([columns[name] for name in names], 1) if names else np.zeros((days.size, 0))
    notes = off.notes if settings.holidays or settings.country is None else ()
    return Occurrences(names, table, notes)


def _checked(dates: Days) -> Days:
    """The dates as days; see `occurrences`."""
    days = np.asarray(dates)
    if days.ndim != 1 or not np.issubdtype(days.dtype, np.datetime64) or np.isnat(days).any():
        raise ValueError(f"dates must be (days,) datetime64 without NaT, not {days.dtype}")
    return days.astype("datetime64[D]")


def _years(days: Days) -> range:
    """Years in which an event must begin to touch the days, by its run-up or its last days."""
    first, last = (int(str(day)[:4]) for day in (days.min(), days.max()))
    return range(first - 1, last + 2)


def _public_holidays(settings: CalendarSettings, years: range) -> DaysOff:
    """Public holidays of the country; notes concern the years of the dates alone."""
    if settings.country is None:
        note = with_setting(
            "no country is given: no public holidays, and only the trade events of all countries.",
            "calibration.calendar.country names it",
        )
        return DaysOff({}, (note,))
    around = days_off(settings.country, years)
    return DaysOff(around.names, days_off(settings.country, years[1:-1]).notes)


def _trade_events(settings: CalendarSettings) -> list[TradeEvent]:
    if not settings.trade_events:
        return []
    return [event for event in trade_events() if event.holds_in(settings.country)]


def _own_windows(settings: CalendarSettings) -> dict[str, list[Window]]:
    """Windows of the user's events, by name."""
    path = settings.own_file()
    if path is None:
        return {}
    taken = {event.name.casefold(): event.name for event in _trade_events(settings)}
    if settings.holidays:
        taken[PUBLIC_HOLIDAY.casefold()] = PUBLIC_HOLIDAY
    windows: dict[str, list[Window]] = {}
    for event in read_own_events(path):
        if event.name.casefold() in taken:
            raise _name_taken(path.name, event)
        windows.setdefault(event.name, []).append(Window(event.first, event.last))
    return windows


def _name_taken(file: str, event: OwnEvent) -> DataError:
    return data_error(
        file,
        f"{shown(event.name)} is an event of the calendar itself",
        "names that the calendar does not use",
        "remove the row or rename it",
        row=event.row,
        column="name",
        setting="calibration.calendar.trade_events=false or calibration.calendar.holidays=false "
        "leaves out the calendar's own events",
    )


def _weights(days: Days, windows: Iterable[Window]) -> Floats:
    """Weight of one event on each day, (days,); the larger one where windows overlap."""
    weight = np.zeros(days.size)
    for first, last, run_up in windows:
        before = (_day(first) - days).astype(np.int64)  # days until the first, <= 0 from then on
        rising = np.clip(1.0 - before / (run_up + 1), 0.0, 1.0)
        weight = np.maximum(weight, np.where(days <= _day(last), rising, 0.0))
    return weight


def _day(day: datetime.date) -> np.datetime64:
    return np.datetime64(day, "D")
