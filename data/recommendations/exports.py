"""Recommendations from what was read in the exports: `ingest.json`."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ..display import shortened
from ..formats import long_day

_SHORT = 90  # days of history below which curves are mostly prior
_YEAR = 365


def export_recommendations(document: Mapping[str, Any]) -> list[str]:
    """Return sentences on what to do, the most important first.

    Args:
        document: content of `ingest.json` whose status is `read`.
    """
    parts = (_results, _length, _missing, _successors)
    return [line for part in parts for line in part(document)]


def _results(document: Mapping[str, Any]) -> Iterator[str]:
    sums = document["totals"]["merged"]
    if not sums["conversions"]:
        yield (
            "Export conversions as well"
            + (": only revenue is there." if sums["revenue"] else ": nothing tells what works.")
        )
    elif not sums["revenue"]:
        yield "Export the conversion value too, if there is one: it is needed to plan for revenue."


def _length(document: Mapping[str, Any]) -> Iterator[str]:
    first, last = (date.fromisoformat(day) for day in document["period"])
    days = (last - first).days + 1
    if days < _SHORT:
        yield (
            f"Export a longer period: {days} days teach little about response curves. Six months "
            "are good, a year shows the season as well."
        )
    elif days < _YEAR:
        yield "Export a year or more, if the account is that old: a shorter period has no season."


def _missing(document: Mapping[str, Any]) -> Iterator[str]:
    rows = [each for each in document["campaigns"] if each["days_without_row"]]
    if rows:
        most = max(rows, key=lambda each: each["days_without_row"])
        yield (
            f"Check the days without a row, which are missing and not zero: "
            f"{shortened(most['name'])} has {most['days_without_row']}"
            + (f"; {others}." if (others := _others(len(rows) - 1)) else ".")
        )


def _others(number: int) -> str:
    return f"{number} more {'campaign has' if number == 1 else 'campaigns have'} some" * (
        number > 0
    )


def _successors(document: Mapping[str, Any]) -> Iterator[str]:
    for pair in document["successors"][:2]:
        yield (
            f"Say whether {shortened(pair['started']['name'])} is "
            f"{shortened(pair['ended']['name'])} under a new name (it started on "
            f"{long_day(pair['start'])}, when the other had ended): then both should be one unit."
        )
