"""Periods that the performance page shows, and the days, weeks or months they are cut into."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from mediagym.data.formats import day_of, month_of, span

from .history import Daily

PRESETS = ((28, "28 days"), (90, "90 days"), (365, "a year"))
_DAILY = 92  # days up to which a bar is a day
_WEEKLY = 800  # days up to which a bar is a week, else a month
_WEEK = 7


class Period(NamedTuple):
    """First and last day, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """The period of the same length that ends the day before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def label(self) -> str:
        """The period as text."""
        return span(self.first.isoformat(), self.last.isoformat(), year=True)


class Bucket(NamedTuple):
    """A bar of a chart: rows of the history, and the days they are."""

    rows: slice
    first: date
    until: date  # the day after its last
    label: str


def chosen_period(daily: Daily, first: date | None, last: date | None) -> Period:
    """Return a period within the history; without an end, the last 28 days."""
    end = min(max(last or daily.end, daily.start), daily.end)
    begin = first or end - timedelta(days=PRESETS[0][0] - 1)
    return Period(min(max(begin, daily.start), end), end)


def buckets(daily: Daily, period: Period) -> tuple[str, Sequence[Bucket]]:
    """Return the unit of a period's bars, and the bars."""
    if period.days <= _DAILY:
        unit, starts = "day", [period.first + timedelta(days=k) for k in range(period.days)]
    elif period.days <= _WEEKLY:
        unit = "week"
        monday = period.first - timedelta(days=period.first.weekday())
        weeks = range(0, (period.last - monday).days + 1, _WEEK)
        starts = [monday + timedelta(days=k) for k in weeks]
    else:
        unit, starts = "month", _months(period)
    starts[0] = period.first
    ends = [*starts[1:], period.last + timedelta(days=1)]
    return unit, [_bucket(daily, unit, a, b) for a, b in zip(starts, ends, strict=True)]


def _bucket(daily: Daily, unit: str, first: date, until: date) -> Bucket:
    last = until - timedelta(days=1)
    iso = first.isoformat()
    label = {"day": day_of(iso), "week": span(iso, last.isoformat()), "month": month_of(iso)}
    return Bucket(daily.rows(first, last), first, until, label[unit])


def _months(period: Period) -> list[date]:
    months, day = [], period.first.replace(day=1)
    while day <= period.last:
        months.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    return months


def preset(daily: Daily, days: int) -> Period:
    """Return the last days of the history."""
    last = daily.end
    return Period(max(daily.start, last - timedelta(days=days - 1)), last)
