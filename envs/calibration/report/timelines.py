"""Figures over dates: the demand that all campaigns share, and when each campaign ran."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, MonthLocator, date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator, StrMethodFormatter

from ....data.plotting import blank, drawn
from ....data.types import Floats
from .. import RESTART_DAYS
from .content import CalibrationContent

BREAK_DAYS = 7  # days without spend that are still part of a run
_LINE, _BAND, _ALARM, _EVENT = "#1d4e89", "#9fb8d8", "#c8553d", "#8a6d3b"
_PAUSE_SHOWN = 0.04  # share of the picture's width from which a pause has room for its length
_MOST_TICKS = 24
_MONTH = 30.44  # days
_MOST_HISTORY = 731  # last days of the history that are drawn: two years
_MOST_NAME = 30  # characters of an event's name
_NARROW = 3.0  # ratio of the largest to the smallest factor up to which tenths are labelled
_SPACING = 0.016  # share of the picture's width between the names of two events


def demand(content: CalibrationContent) -> Figure:
    """Draw the factor of the shared demand, last two years and days ahead, with dated events."""
    report = content.report["demand"]
    figure = blank(12, 4.6)
    axes = figure.subplots()
    whole, ahead = np.array(report["history"]), report["ahead"]
    history = whole[-_MOST_HISTORY:]
    days = _days(report["first_day"], len(whole) + len(ahead["mean"]))[len(whole) - len(history) :]
    past, future = days[: len(history)], days[len(history) :]
    axes.fill_between(future, ahead["low"], ahead["high"], color=_BAND, alpha=0.6, lw=0)
    axes.plot(past, history, color=_LINE, lw=1.2)
    axes.plot(future, ahead["mean"], color=_LINE, lw=1.2, ls="--")
    axes.axhline(1, color="0.5", lw=0.6)
    axes.axvline(future[0], color="0.3", lw=0.8)
    bottom = axes.get_xaxis_transform()
    axes.text(future[0], 0.02, " end of history", fontsize=7, transform=bottom)
    _factors(axes, min(*history, *ahead["low"]), max(*history, *ahead["high"]))
    _months(axes, days)
    _label_events(axes, report["events"], days)
    axes.set_ylabel("multiple of usual demand", fontsize=9)
    return figure


def lifetimes(content: CalibrationContent) -> Figure:
    """Draw when each campaign ran: runs, births, pauses, ends, and days off at the end."""
    rows, dates = len(content.names), content.dates
    figure = blank(12, 0.34 * rows + 1.3)
    axes = figure.subplots()
    for k in range(rows):
        _lifetime(axes, rows - 1 - k, content.spend[:, k], dates)
    names = [drawn(name) for name in content.names]
    axes.set_yticks(np.arange(rows)[::-1], names, fontsize=8)
    axes.set_ylim(-0.7, rows - 0.3)
    _months(axes, dates)
    axes.margins(x=0)
    axes.axvline(dates[-1] + np.timedelta64(1, "D"), color="0.3", lw=0.8)
    axes.grid(axis="x", color="0.9", lw=0.6)
    axes.set_axisbelow(True)
    handles = [
        Patch(color=_LINE, label="runs with spend"),
        Line2D([], [], color="0.6", ls=":", label="paused (days)"),
        Line2D([], [], color=_LINE, marker=">", ls="", label="born"),
        Line2D([], [], color=_ALARM, marker="X", ls="", label=f"ended {RESTART_DAYS} days ago"
               " or earlier: spending is a restart"),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def runs_of(spend: Floats) -> list[tuple[int, int]]:
    """Return first and last day of each run of a campaign, (days,); short gaps are part of it.

    A day without a report counts as a day without spend.
    """
    days = np.flatnonzero(np.nan_to_num(spend) > 0)
    if not days.size:
        return []
    breaks = np.flatnonzero(np.diff(days) - 1 > BREAK_DAYS)
    firsts, lasts = days[[0, *(breaks + 1)]], days[[*breaks, -1]]
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]


def _lifetime(axes: Axes, y: int, spend: Floats, dates: Any) -> None:
    """Draw one campaign in one row."""
    runs, total = runs_of(spend), len(spend)
    start = _number(dates[0])
    beside: dict[str, Any] = {"va": "center", "fontsize": 7, "clip_on": False}
    if not runs:
        axes.text(start + total, y, "  never spent", color=_ALARM, **beside)
        return
    axes.broken_barh(
        [(start + first, last + 1 - first) for first, last in runs], (y - 0.3, 0.6), color=_LINE
    )
    for (_, last), (first, _) in pairwise(runs):
        axes.plot([start + last + 1, start + first], [y, y], ":", color="0.6")
        if first - last > _PAUSE_SHOWN * total:
            middle = start + (last + 1 + first) / 2
            axes.text(middle, y + 0.05, f"{first - last - 1}", fontsize=7, ha="center", color="0.4")
    if runs[0][0] > 0:
        axes.plot(start + runs[0][0], y, ">", color=_LINE, markersize=9, mec="white", zorder=3)
    off = total - 1 - runs[-1][1]
    restart = off >= RESTART_DAYS
    if restart:
        axes.plot(
            start + runs[-1][1] + 1, y, "X", color=_ALARM, markersize=8, mec="white", zorder=3
        )
    if off:
        text = f"  {off} {'day' if off == 1 else 'days'} off{', RESTART' if restart else ''}"
        axes.text(start + total, y, text, color=_ALARM if restart else "0.3", **beside)


def _label_events(axes: Axes, events: Mapping[str, Sequence[str]], days: Floats) -> None:
    """Shade the events and write their names above the picture, apart from each other."""
    spans: list[tuple[float, float, str]] = []
    for name, texts in events.items():
        found = np.sort(_number(np.array(texts, "datetime64[D]")))
        pieces = np.split(found, np.flatnonzero(np.diff(found) > 1) + 1)
        spans += [(float(piece[0]), float(piece[-1]) + 1, name) for piece in pieces]
    first, last = _number(days[0]), _number(days[-1])
    spans = sorted(span for span in spans if first <= span[0] <= last)
    width = last + 1 - first
    centres = np.array([(begin + end) / 2 for begin, end, _ in spans])
    places = _apart(centres, min(_SPACING * width, width / max(len(spans), 1)), last)
    where = axes.get_xaxis_transform()
    for (begin, end, name), centre, place in zip(spans, centres, places, strict=True):
        axes.axvspan(begin, end, color=_EVENT, alpha=0.25, lw=0)
        axes.plot([centre, place], [1, 1.05], color=_EVENT, lw=0.5, transform=where, clip_on=False)
        axes.text(
            place, 1.06, drawn(name, _MOST_NAME), rotation=90, fontsize=6.5, ha="center",
            va="bottom", color=_EVENT, transform=where,
        )  # fmt: skip


def _apart(centres: Floats, gap: float, last: float) -> Floats:
    """Return places in the order of the centres, at least a gap apart and not after the last."""
    places = centres.copy()
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    for i in range(len(places) - 1, -1, -1):
        places[i] = min(places[i], last if i == len(places) - 1 else places[i + 1] - gap)
    return places


def _factors(axes: Axes, low: float, high: float) -> None:
    """Put factors on a logarithmic axis, in tenths where they differ by less than threefold."""
    low, high = max(min(low, 0.8), 1e-3) / 1.05, max(high, 1.25) * 1.05
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    if high < _NARROW * low:
        axes.yaxis.set_major_locator(FixedLocator([tenth / 10 for tenth in range(1, 100)]))
    else:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="y", labelsize=8)


def _days(first: str, count: int) -> Any:
    return np.datetime64(first, "D") + np.arange(count)


def _number(day: Any) -> Any:
    """Return dates as matplotlib's numbers, in days."""
    return date2num(day)  # type: ignore[no-untyped-call]


def _months(axes: Axes, days: Any) -> None:
    """Put months on the axis of dates, with weeks or days only where there are few months."""
    months = len(days) / _MONTH
    step = next((n for n in (1, 2, 3, 6) if months / n <= _MOST_TICKS), 12)
    locator = MonthLocator(range(1, 13, step)) if months >= 3 else AutoDateLocator(maxticks=10)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.tick_params(axis="x", labelsize=7)
    axes.set_xlim(days[0], days[-1] + np.timedelta64(1, "D"))
