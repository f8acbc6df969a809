"""Chart of a frontier: conversions with their band, and what one more conversion costs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from ...data.formats import money
from ...data.plotting import blank, png_of
from ...data.storage import write_bytes

_BLUE, _ORANGE, _GREEN = "#0072B2", "#D55E00", "#009E73"  # of Okabe and Ito


def frontier_figure(document: Mapping[str, Any]) -> Figure:
    """Return conversions by budget with a 90 % band above, average and marginal CPA below.

    Args:
        document: content of ``frontier.json``.
    """
    figure = blank(9, 7)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    points, currency = document["points"], document["currency"]
    budgets = [point["budget"] for point in points]
    conversions = [point["conversions"] for point in points]
    low, high = ([row[key] for row in conversions] for key in ("p05", "p95"))
    top.fill_between(budgets, low, high, color=_BLUE, alpha=0.2, lw=0, label="90 % of the draws")
    mean = [row["mean"] for row in conversions]
    top.plot(budgets, mean, "o-", color=_BLUE, label="expected conversions")
    for answer in document["targets"]:
        if answer["expected"] is not None:
            found = answer["expected"]
            top.plot(
                found["budget"], found["conversions"], "D", color=_ORANGE, ms=8, label="target"
            )
    top.set_ylabel("conversions")
    top.set_ylim(0, None)
    _cost_lines(bottom, document)
    for axes in (top, bottom):
        _marks(axes, document)
        axes.grid(alpha=0.25)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        handles, labels = axes.get_legend_handles_labels()
        unique = dict(zip(labels, handles, strict=True))
        if axes is bottom:  # the lines of both charts are named above
            unique = {k: v for k, v in unique.items() if k.endswith("conversion")}
        axes.legend(unique.values(), unique.keys(), frameon=False, fontsize="small")
    bottom.xaxis.set_major_formatter(FuncFormatter(lambda x, _: money(x, currency, 0)))
    bottom.yaxis.set_major_formatter(FuncFormatter(lambda y, _: money(y, currency, 0)))
    flight = document["flight"]
    bottom.set_xlabel(f"budget from {flight['start']} to {flight['end']}")
    top.set_title(f"Best plan of every budget, on {document['made']['markets']}", size=9)
    return figure


def draw_frontier(document: Mapping[str, Any], path: Path) -> None:
    """Write the chart as PNG."""
    write_bytes(path, png_of(frontier_figure(document), dpi=120))


def _cost_lines(axes: Axes, document: Mapping[str, Any]) -> None:
    rows = [row for row in document["marginal"] if row["cpa"] is not None]
    highest = max((row["cpa"]["mean"] for row in rows), default=1.0)
    for row in rows:
        cost, span = row["cpa"], [row["from"], row["to"]]
        top = cost["p95"] if cost["p95"] is not None else 10 * highest
        axes.fill_between(span, cost["p05"] or 0, top, color=_ORANGE, alpha=0.2, lw=0)
        axes.plot(span, [cost["mean"]] * 2, color=_ORANGE, lw=2.5, label="one more conversion")
    points = [point for point in document["points"] if point["cpa"] is not None]
    average = [point["cpa"]["mean"] for point in points]
    budgets = [point["budget"] for point in points]
    axes.plot(budgets, average, "--", color=_GREEN, label="average conversion")
    axes.set_ylim(0, 1.8 * max([highest, *average]))
    axes.set_ylabel("cost per conversion")


def _marks(axes: Axes, document: Mapping[str, Any]) -> None:
    """Mark the planned budget, and today's budgets if they lie near."""
    axes.axvline(document["planned_budget"], color="0.3", lw=1.2, ls="-", label="the plan's budget")
    budgets = [point["budget"] for point in document["points"]]
    if 0.5 * budgets[0] <= document["live_budget"] <= 1.5 * budgets[-1]:
        axes.axvline(
            document["live_budget"], color="0.3", lw=1.2, ls=":", label="today's budgets going on"
        )
