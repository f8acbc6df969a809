"""Trade events: rules of `conf/data/calendar/trade_events.yaml`, as windows of dates."""

import datetime
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, StrictInt, StrictStr

from ..errors import ConfigError
from ..settings import Settings
from ..storage import shipped_yaml
from .days_off import country_codes
from .easter import PENTECOST, Church, easter_sunday

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = datetime.timedelta(1)
_MAX_GAP = 3 * _DAY  # between neighbouring holidays of one event, so that a weekend belongs to it
_WHERE = "conf/data/calendar/trade_events.yaml"
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
Month = Annotated[StrictInt, Field(ge=1, le=12)]
Length = Annotated[StrictInt, Field(ge=1, le=60)]  # days
Code = Annotated[StrictStr, Field(pattern=r"^[A-Z]{2}$")]
Codes = Annotated[tuple[Code, ...], Field(min_length=1)]
HolidaysOf = Callable[[], dict[datetime.date, tuple[str, ...]]]


class Window(NamedTuple):
    """Dates of one occurrence of an event."""

    first: datetime.date  # first day of full weight
    last: datetime.date  # last day of full weight, not before the first
    run_up: int = 0  # days before the first over which the weight rises, >= 0


class FixedDay(Settings):
    """Days that begin on one date of each year."""

    month: Month
    day: Annotated[StrictInt, Field(ge=1, le=31)]
    days: Length

    def first(self, year: int) -> datetime.date:
        """First day in a year."""
        return datetime.date(year, self.month, self.day)


class NthWeekday(Settings):
    """Days that begin some days after the nth weekday of a month."""

    weekday: Weekday
    nth: Literal[1, 2, 3, 4, -1]  # -1: the last
    month: Month
    shift: StrictInt  # days
    days: Length

    def first(self, year: int) -> datetime.date:
        """First day in a year."""
        index = WEEKDAYS.index(self.weekday)
        start = datetime.date(year, self.month, 1)
        if self.nth == -1:
            start = (start + 31 * _DAY).replace(day=1) - 7 * _DAY
        weeks = 0 if self.nth == -1 else self.nth - 1
        wait = (index - start.weekday()) % 7
        return start + (wait + 7 * weeks + self.shift) * _DAY


class WeekdayNotPentecost(NthWeekday):
    """The nth weekday of a month, a week later where it is Pentecost."""

    pentecost: Literal["week later"]

    def first(self, year: int) -> datetime.date:
        """First day in a year."""
        day = super().first(year)
        return day + 7 * _DAY if day == easter_sunday(year) + PENTECOST * _DAY else day


class EasterDay(Settings):
    """Days that begin some days after Easter Sunday."""

    easter: Church
    shift: StrictInt  # days
    days: Length

    def first(self, year: int) -> datetime.date:
        """First day in a year."""
        return easter_sunday(year, self.easter) + self.shift * _DAY


class PublicHoliday(Settings):
    """Neighbouring public holidays of the country whose name contains a text."""

    public_holiday: Annotated[StrictStr, Field(min_length=3)]


class AllBut(Settings):
    """All countries, also where none is known, with exceptions."""

    all_but: Codes


class TradeEvent(Settings):
    """Rule of one event; every field is a key that the YAML documents."""

    name: Annotated[StrictStr, Field(min_length=1)]
    countries: Literal["all"] | Codes | AllBut
    core: WeekdayNotPentecost | NthWeekday | EasterDay | FixedDay | PublicHoliday
    run_up: Annotated[StrictInt, Field(ge=0, le=60)]  # days

    def holds_in(self, country: str | None) -> bool:
        """True if the event belongs to a country; None is an unknown one."""
        if isinstance(self.countries, AllBut):
            return country not in self.countries.all_but
        return self.countries == "all" or country in self.countries

    def windows(self, years: Iterable[int], holidays: HolidaysOf) -> list[Window]:
        """Occurrences whose first day lies in some years.

        Args:
            years: calendar years.
            holidays: names of the country's public holidays by day, in these years.
        """
        core = self.core
        if isinstance(core, PublicHoliday):
            text = core.public_holiday
            days = [d for d, names in holidays().items() if any(text in name for name in names)]
            return [Window(first, last, self.run_up) for first, last in _runs(days)]
        starts = [core.first(year) for year in years]
        return [Window(first, first + (core.days - 1) * _DAY, self.run_up) for first in starts]


def _runs(days: Iterable[datetime.date]) -> Iterator[tuple[datetime.date, datetime.date]]:
    """First and last days of runs of days, in which at most a weekend is left out."""
    first: datetime.date | None = None
    last: datetime.date | None = None
    for day in sorted(days):
        if first is None or last is None:
            first = day
        elif day - last > _MAX_GAP:
            yield first, last
            first = day
        last = day
    if first is not None and last is not None:
        yield first, last


@cache
def trade_events() -> tuple[TradeEvent, ...]:
    """All trade events, in the order of the file.

    Raises:
        ConfigError: an event is invalid, names an unknown country, or two events of one name hold
            in one country; the message names file and event.
    """
    rows = shipped_yaml("data/calendar/trade_events")["events"]
    found = tuple(TradeEvent.of(row, f"{_WHERE}, event {n}") for n, row in enumerate(rows, 1))
    check_trade_events(found)
    return found


def check_trade_events(events: Iterable[TradeEvent]) -> None:
    """Raises unless every country is known and has each event at most once.

    Raises:
        ConfigError: names the event and the country.
    """
    events = tuple(events)
    for event in events:
        given = event.countries
        codes = given.all_but if isinstance(given, AllBut) else () if given == "all" else given
        for code in codes:
            if code not in country_codes() or codes.count(code) > 1:
                raise _wrong(event.name, code, "known countries, each once")
    for country in (None, *country_codes()):
        names = [event.name for event in events if event.holds_in(country)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise _wrong(twice, country or "an unknown country", "one rule per name and country")


def _wrong(name: str, country: str, allowed: str) -> ConfigError:
    return ConfigError(
        f"{_WHERE}: {name} has {country} in its countries. Allowed: {allowed}. To fix: correct "
        "the list of countries."
    )
