"""Geometry of the charts in percent of their plot area, which `charts.html.j2` draws as SVG.

Labels are HTML beside the plot, so that they keep their size on every width of the page.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ...data.formats import Currency, count, name_of, short_day
from .moves import known_most
from .periods import is_extrapolated

_COLOURS = 8  # series of a stack, the last of which is grey if it stands for the others
_MOST_HELD = 0.7  # share of the money that single campaigns must hold, else channels are stacked
_DAYS = 70  # bars of a longer flight are weeks
_WEEK = 7  # days
_PAIRS = 14  # campaigns whose live and planned budgets are drawn
_GAP = 0.16  # share of a bar's slot that is left free
_STEPS = (1, 2, 2.5, 5, 10)


class Tick(NamedTuple):
    """A label of an axis."""

    at: float  # percent of the axis
    label: str


class Segment(NamedTuple):
    """A series' part of a bar; y runs down from the top, percent of the plot."""

    series: int
    y: float
    height: float
    beyond: float  # height of the part that is extrapolated, at the segment's top


class Bar(NamedTuple):
    """A day's or a week's stacked budgets, percent of the plot."""

    x: float
    width: float
    segments: list[Segment]
    planned: float | None  # y of what the plan before had for an actual day


class Series(NamedTuple):
    """A series of the stack, with its place in the palette."""

    label: str
    colour: int
    is_rest: bool = False  # what is not shown singly


class Stack(NamedTuple):
    """Stacked budgets over time."""

    series: list[Series]
    bars: list[Bar]
    by: str  # campaign or channel
    unit: str  # day or week
    y_ticks: list[Tick]
    x_ticks: list[Tick]
    live: float | None  # y of the live budgets' sum; None: not known, or bars are weeks
    actual: float  # percent of the width that is actual
    has_beyond: bool


class Band(NamedTuple):
    """Cumulative conversions: points of polygons and lines in a plot of 100 x 100."""

    band: str
    mean: str
    actual: str  # line of the days that happened; empty without any
    y_ticks: list[Tick]
    x_ticks: list[Tick]
    boundary: float  # percent of the width that is actual


class Pair(NamedTuple):
    """A campaign's live and planned budgets per day."""

    campaign: str
    live: float | None
    planned: float
    live_width: float  # percent
    planned_width: float  # percent
    extrapolated: bool


def stack(content: Mapping[str, Any]) -> Stack:
    """Return stacked budgets by campaign, or by channel if no few campaigns hold the money."""
    days, currency = content["days"], Currency(content["currency"])
    by, key_of, series = _series(content)
    size = 1 if len(days) <= _DAYS else _WEEK
    groups = [days[at : at + size] for at in range(0, len(days), size)]
    lives = [row["live"] for row in content["campaigns"]]
    live = None if size > 1 or None in lives else sum(lives)
    planned = [_planned(group) for group in groups]
    budgets = [sum(day["budget"] for day in group) for group in groups]
    highest = max([*budgets, live or 0, *filter(None, planned)])
    top, ticks = _axis(highest, currency.short)
    most = {name_of(row): known_most(row) for row in content["campaigns"]}
    slot = 100 / len(days)
    bars = [
        Bar(
            slot * (i * size + _GAP * len(group) / 2),
            slot * (1 - _GAP) * len(group),
            _segments(group, key_of, len(series), most, top),
            None if (value := planned[i]) is None else 100 - 100 * value / top,
        )
        for i, group in enumerate(groups)
    ]
    return Stack(
        series,
        bars,
        by,
        "day" if size == 1 else "week",
        ticks,
        _dates(days, centred=size == 1),
        None if live is None else 100 - 100 * live / top,
        100 * sum(day["status"] == "actual" for day in days) / len(days),
        any(segment.beyond for bar in bars for segment in bar.segments),
    )


def _series(content: Mapping[str, Any]) -> tuple[str, dict[str, int], list[Series]]:
    """Return what is stacked, the series of each campaign, and the series, the largest first."""
    rows = sorted(content["campaigns"], key=lambda row: -row["budget"])
    names = [name_of(row) for row in rows]
    held = sum(row["budget"] for row in rows[: _COLOURS - 1])
    by = "campaign"
    if len(rows) > _COLOURS and held < _MOST_HELD * sum(row["budget"] for row in rows):
        by, ranked = "channel", sorted(content["channels"], key=lambda row: -row["budget"])
        names = [row["channel"] for row in ranked]
    shown = names if len(names) <= _COLOURS else names[: _COLOURS - 1]
    place = {name: min(i, len(shown)) for i, name in enumerate(names)}
    series = [Series(name, i) for i, name in enumerate(shown)]
    if len(shown) < len(names):
        label = f"{len(names) - len(shown)} other {by}s"
        series.append(Series(label, _COLOURS - 1, is_rest=True))
    key_of = {
        name: place[name if by == "campaign" else row["channel"]]
        for row in rows
        for name in (name_of(row),)
    }
    return by, key_of, series


def _segments(
    days: Sequence[Mapping[str, Any]],
    key_of: Mapping[str, int],
    size: int,
    most: Mapping[str, float],
    top: float,
) -> list[Segment]:
    amounts, beyond = [0.0] * size, [0.0] * size
    for day in days:
        for row in day["campaigns"]:
            name = name_of(row)
            amounts[key_of[name]] += row["budget"]
            if is_extrapolated(day, row):
                beyond[key_of[name]] += max(row["budget"] - most[name], 0.0)
    segments, y = [], 100.0
    for i, amount in enumerate(amounts):
        height = 100 * amount / top
        y -= height
        if height:
            segments.append(Segment(i, y, height, 100 * beyond[i] / top))
    return segments


def _planned(days: Sequence[Mapping[str, Any]]) -> float | None:
    """Return what the plan before had for actual days; None if a day is planned or not known."""
    amounts = [row["planned"] for day in days for row in day["campaigns"]]
    if None in amounts or any(day["status"] == "planned" for day in days):
        return None
    return float(sum(amounts))


def band(content: Mapping[str, Any]) -> Band:
    """Return the expected conversions up to the end of each day, with their 90 % band."""
    days = content["days"]
    sums = [day["cumulative"]["conversions"] for day in days]
    top, ticks = _axis(max(max(row["p95"], row["mean"]) for row in sums), count)
    happened = sum(day["status"] == "actual" for day in days)

    def line(key: str, first: int, last: int) -> list[str]:
        values = [0.0, *(row[key] for row in sums)][first : last + 1]
        return [
            f"{100 * (first + i) / len(days):.2f},{100 - 100 * value / top:.2f}"
            for i, value in enumerate(values)
        ]

    last = len(days)
    upper, lower = line("p95", happened, last), line("p05", happened, last)
    return Band(
        " ".join([*upper, *reversed(lower)]),
        " ".join(line("mean", happened, last)),
        " ".join(line("mean", 0, happened)) if happened else "",
        ticks,
        _dates(days, centred=False),
        100 * happened / last,
    )


def pairs(content: Mapping[str, Any]) -> list[Pair]:
    """Return live and mean planned budgets per day, the largest first; empty without any."""
    left = sum(day["status"] == "planned" for day in content["days"])
    rows = [row for row in content["campaigns"] if row["live"] is not None]
    if not left or not rows:
        return []
    planned = {name_of(row): row["planned_rest"] / left for row in rows}
    rows = sorted(rows, key=lambda row: -max(row["live"], planned[name_of(row)]))[:_PAIRS]
    top = max([row["live"] for row in rows] + [planned[name_of(row)] for row in rows]) or 1.0
    return [
        Pair(
            name := name_of(row),
            row["live"],
            planned[name],
            100 * row["live"] / top,
            100 * planned[name] / top,
            planned[name] > known_most(row),
        )
        for row in rows
    ]


def _axis(highest: float, label: Any) -> tuple[float, list[Tick]]:
    """Return the top of an axis from 0 and its four or five evenly spaced ticks."""
    highest = highest or 1.0
    rough = highest / 4
    size = 10 ** math.floor(math.log10(rough))
    step = size * next(each for each in _STEPS if each * size >= rough * 0.999)
    steps = math.ceil(highest / step - 1e-9)
    return step * steps, [Tick(100 * i / steps, label(step * i)) for i in range(steps + 1)]


def _dates(days: Sequence[Mapping[str, Any]], centred: bool) -> list[Tick]:
    """Return every seventh date, or the first days of months of a long flight."""
    starts = list(range(0, len(days), _WEEK))
    if len(days) > _DAYS:
        months = [i for i, (a, b) in enumerate(pairwise(days), 1) if a["date"][:7] != b["date"][:7]]
        starts = months if len(months) <= 14 else months[:: math.ceil(len(months) / 14)]
    shift = 0.5 if centred else 0.0
    return [Tick(100 * (i + shift) / len(days), short_day(days[i]["date"])) for i in starts]
