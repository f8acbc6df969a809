"""Pictures of a comparison, one panel per task: intervals, profiles, differences, regret.

All but the last are drawn from the content of ``evaluation.json`` alone.
"""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...data.plotting import blank, drawn, in_legend
from ...data.types import Floats
from .statistics import TIE

Tasks = Sequence[Mapping[str, Any]]  # the elements of ``tasks`` in ``evaluation.json``
_COLUMNS = 2  # panels per row
_ROW = 0.32  # inches per policy
_TITLE = 80  # characters of a title


def comparison(tasks: Tasks) -> Figure:
    """Return every policy's mean with its interval, its IQM and its tail, best on top."""
    most = max(len(_ranked(task)) for task in tasks)
    figure, panels = _panels(tasks, _ROW * most + 0.6)
    for axes, task in zip(panels, tasks, strict=False):
        rows = _ranked(task)
        for y, row in enumerate(reversed(rows)):
            axes.plot([row["cvar"], row["mean"]], [y, y], color="0.8", lw=1, zorder=0)
            axes.plot(row["cvar"], y, "|", color="0.4", ms=9)
            axes.plot(row["p10"], y, "|", color="0.6", ms=5)
            axes.plot(row["iqm"], y, "D", color="white", mec="tab:blue", ms=6)
            axes.errorbar(row["mean"], y, xerr=_arms(row["mean"], row["ci"]), fmt="o",
                          color="tab:red", ms=4, capsize=3)  # fmt: skip
        _label_rows(axes, [_name_with_seeds(row) for row in reversed(rows)], mark=100)
    figure.supxlabel(
        "percent of the clairvoyant; red: mean with 95 % interval; diamond: interquartile mean;\n"
        "short tick: 10th percentile; long tick: mean of the worst tenth",
        fontsize="small",
    )
    return figure


def profiles(tasks: Tasks) -> Figure:
    """Return the share of flights at or above each percent, with pointwise 95 % bands."""
    figure, panels = _panels(tasks, 3.2)
    for axes, task in zip(panels, tasks, strict=False):
        percent, shown = task["profile"]["percent"], task["profile"]["policies"]
        order = [row["name"] for row in _ranked(task) if row["name"] in shown]
        for name in order:
            curve, color = shown[name], _color(task, name)
            axes.fill_between(percent, curve["low"], curve["high"], color=color, alpha=0.2, lw=0)
            axes.plot(percent, curve["share"], color=color, label=in_legend(name), lw=1.5)
        axes.set_ylim(0, 1.02)
        axes.set_xlim(percent[0], percent[-1])
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small", loc="lower left")
    figure.supxlabel("percent of the clairvoyant", fontsize="small")
    figure.supylabel("share of flights that reach it", fontsize="small")
    return figure


def differences(tasks: Tasks) -> Figure:
    """Return the paired differences with their intervals and probabilities of improvement."""
    most = max(len(task["paired"]) for task in tasks)
    figure, panels = _panels(tasks, _ROW * most + 0.6)
    for axes, task in zip(panels, tasks, strict=False):
        pairs = sorted(task["paired"], key=lambda pair: (pair["b"], pair["difference"]))
        for y, pair in enumerate(pairs):
            low, high = pair["ci"]
            color = "tab:green" if low > TIE else "tab:red" if high < -TIE else "0.4"
            axes.errorbar(pair["difference"], y, xerr=_arms(pair["difference"], pair["ci"]),
                          fmt="o", color=color, ms=4, capsize=3)  # fmt: skip
        _label_rows(
            axes,
            [f"{drawn(p['a'])} – {drawn(p['b'])}  ({p['probability']:.0%})" for p in pairs],
            mark=0,
        )
    figure.supxlabel(
        "difference in points of the clairvoyant, flight by flight, with 95 % interval; "
        "in brackets how often the first does better",
        fontsize="small",
    )
    return figure


def regret(behind: Mapping[str, Floats], title: str) -> Figure:
    """Return the regret of policies over the days of a flight.

    Args:
        behind: percentage points behind the clairvoyant so far, (days, flights), by policy.
        title: title of the figure.
    """
    figure = blank(9, 5)
    axes = figure.subplots()
    for number, (name, lost) in enumerate(behind.items()):
        days, color = range(1, len(lost) + 1), _palette(number)
        low, high = np.quantile(lost, [0.1, 0.9], axis=1)
        axes.fill_between(days, low, high, color=color, alpha=0.15, lw=0)
        axes.plot(days, lost.mean(1), color=color, label=in_legend(name))
    axes.axhline(0, color="black", lw=0.8)
    axes.set_title("\n".join(wrap(drawn(title, _TITLE), 60)), fontsize="medium")
    axes.set_xlim(1, max(len(lost) for lost in behind.values()))
    axes.set_xlabel("day; line: mean; band: 80 % of the flights")
    axes.set_ylabel("points behind the clairvoyant")
    figure.legend(fontsize="small", loc="outside right upper")  # never over the curves
    axes.grid(alpha=0.3)
    return figure


def _label_rows(axes: Axes, names: Sequence[str], mark: float) -> None:
    """Name the rows of a panel from below, and draw the line that they are read against."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.6, max(len(names), 1) - 0.4)
    axes.axvline(mark, color="black", lw=0.8)
    axes.grid(axis="x", alpha=0.3)


def _panels(tasks: Tasks, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure with a titled panel per task; panels left over stay empty."""
    columns = min(_COLUMNS, len(tasks))
    rows = -(-len(tasks) // columns)
    figure = blank(6.8 * columns if columns > 1 else 8, rows * (height + 0.4) + 0.7)
    panels = list(np.atleast_1d(figure.subplots(rows, columns)).ravel())
    for axes, task in zip(panels, tasks, strict=False):
        axes.set_title(f"{drawn(task['id'])}, {task['markets']} markets", fontsize="medium")
    for axes in panels[len(tasks) :]:
        axes.axis("off")
    return figure, panels


def _ranked(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return sorted(task["policies"], key=lambda row: -row["mean"])


def _name_with_seeds(row: Mapping[str, Any]) -> str:
    name = drawn(row["name"])
    return name if row["seeds"] == 1 else f"{name} ({row['seeds']} seeds)"


def _arms(middle: float, ci: Sequence[float]) -> list[list[float]]:
    """Return the lengths of an error bar, clipped at 0: a percentile interval may miss the mean."""
    return [[max(middle - ci[0], 0)], [max(ci[1] - middle, 0)]]


def _color(task: Mapping[str, Any], name: str) -> Any:
    return _palette([row["name"] for row in task["policies"]].index(name))


def _palette(number: int) -> Any:
    return colormaps["tab20"]((2 * number) % 20 + (2 * number // 20) % 2)
