"""Weeks or months of a flight: budgets, expected conversions, and what is extrapolated."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...data.formats import month_of, name_of, span

_WEEKS = 10  # a longer flight is shown by months
_WEEK = 7  # days


class Period(NamedTuple):
    """A week of the flight, counted from its first day, or a calendar month."""

    label: str
    days: int
    actual: int  # days on which the budget is what was spent
    budget: float  # units of the currency
    conversions: float  # expected, on actual days reported
    cumulative: Mapping[str, Any]  # at its last day, as in `plan.json`
    budgets: Mapping[str, float]  # by campaign name, units of the currency
    extrapolated: frozenset[str]  # campaigns with an extrapolated day


def periods(days: Sequence[Mapping[str, Any]]) -> list[Period]:
    """Return weeks of the flight, or calendar months of one longer than ten weeks.

    Args:
        days: `days` of `plan.json`.
    """
    if len(days) > _WEEKS * _WEEK:
        months = sorted({day["date"][:7] for day in days})
        groups = [[day for day in days if day["date"][:7] == month] for month in months]
        return [_period(month_of(group[0]["date"]), group) for group in groups]
    groups = [list(days[at : at + _WEEK]) for at in range(0, len(days), _WEEK)]
    return [_period(span(group[0]["date"], group[-1]["date"]), group) for group in groups]


def unit(days: Sequence[Mapping[str, Any]]) -> str:
    """Return what `periods` are: `week` or `month`."""
    return "month" if len(days) > _WEEKS * _WEEK else "week"


def _period(label: str, days: Sequence[Mapping[str, Any]]) -> Period:
    budgets: dict[str, float] = {}
    extrapolated = set()
    for day in days:
        for row in day["campaigns"]:
            name = name_of(row)
            budgets[name] = round(budgets.get(name, 0.0) + row["budget"], 2)
            if is_extrapolated(day, row):
                extrapolated.add(name)
    return Period(
        label,
        len(days),
        sum(day["status"] == "actual" for day in days),
        round(sum(day["budget"] for day in days), 2),
        sum(day["conversions"]["mean"] for day in days),
        days[-1]["cumulative"],
        budgets,
        frozenset(extrapolated),
    )


def is_extrapolated(day: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Return whether a campaign's budget of a planned day is extrapolated; no actual one is."""
    return day["status"] == "planned" and bool(row["extrapolated"])
