"""Pictures of the insights document: what happened, what changed, what to expect."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..attribution.figures import attribution_figures
from ..plotting import blank
from .document import ALL, error_in

Document = dict[str, Any]
_SHOWN = 5  # campaigns with a colour of their own
_COLOURS = ("#3b6fb6", "#c8553d", "#5b8e7d", "#e0a458", "#7d5ba6")
_OTHERS = "#b9b2a5"
_INK, _SOFT = "0.2", "0.85"
_BEFORE = 56  # days shown before a forecast


def insights_figures(document: Document) -> dict[str, Figure]:
    """All pictures by name; those of attribution only where there are journeys."""
    pictures = {
        "weeks": weeks_figure(document),
        "efficiency": efficiency_figure(document),
        "forecast": forecast_figure(document),
        "comparison": comparison_figure(document),
    }
    if document["changed"]["effects"]:
        pictures["effects"] = effects_figure(document)
    if document["expected"]["importances"]:
        pictures["importances"] = importance_figure(document)
    if document["attribution"] is not None:
        pictures |= attribution_figures(document["attribution"])
    return pictures


def weeks_figure(document: Document) -> Figure:
    """Spend and conversions of every week, stacked by campaign."""
    figure = blank(10, 5)
    rows = figure.subplots(2, 1, sharex=True)
    weeks, parts = _dates(document["weekly"]["weeks"]), _largest(document)
    for axes, key, label in zip(
        rows, ("spend", "conversions"), ("dollars a week", "conversions a week"), strict=True
    ):
        bottom = np.zeros(len(weeks))
        for name, colour in parts.items():
            values = _weekly(document, name, key, list(parts))
            axes.bar(weeks, values, width=6, bottom=bottom, color=colour, label=name, align="edge")
            bottom = bottom + values
        axes.set_ylabel(label, fontsize=9)
        axes.yaxis.set_major_formatter("{x:,.0f}")
        _plain(axes)
    handles, labels = rows[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False, fontsize=8)
    _calendar(rows[-1])
    return figure


def efficiency_figure(document: Document) -> Figure:
    """Weekly conversions over what spend and weekday say, with changes and odd days."""
    names = [
        name
        for name, own in document["weekly"]["campaigns"].items()
        if _told(own["efficiency"]) > 3
    ]
    figure = blank(10, 1.25 * max(len(names), 1) + 0.8)
    rows = figure.subplots(max(len(names), 1), 1, sharex=True, squeeze=False)[:, 0]
    middle = _dates(document["weekly"]["weeks"]) + np.timedelta64(3, "D")
    changed = document["changed"]
    for axes, name in zip(rows, names, strict=False):
        values = _floats(document["weekly"]["campaigns"][name]["efficiency"])
        axes.axhline(1, color=_SOFT, linewidth=1)
        axes.plot(middle, values, color=_COLOURS[0], marker="o", markersize=3, linewidth=1.2)
        for change in changed["changes"]:
            if change["campaign"] == name:
                axes.axvline(np.datetime64(change["day"]), color=_COLOURS[1], linewidth=1.5)
                label = f" {change['ratio'] - 1:+.0%}"
                place = (np.datetime64(change["day"]), 0.97)
                axes.text(*place, label, transform=axes.get_xaxis_transform(), va="top", fontsize=8)
        for odd in changed["anomalies"]:
            if odd["campaign"] == name:
                ends = np.datetime64(odd["first"]), np.datetime64(odd["last"]) + 1
                axes.axvspan(*ends, color=_COLOURS[3], alpha=0.5, linewidth=0)
        axes.set_title(name, fontsize=9, loc="left", pad=2)
        axes.set_ylim(0, max(1.5, 1.1 * float(np.nanmax(values))))
        axes.yaxis.set_major_formatter("{x:.1f}")
        _plain(axes)
    _calendar(rows[-1])
    figure.supylabel("conversions over what spend and weekday say", fontsize=9)
    return figure


def effects_figure(document: Document) -> Figure:
    """Each lasting change beside its synthetic control."""
    effects = document["changed"]["effects"]
    columns = min(len(effects), 3)
    lines = -(-len(effects) // columns)
    figure = blank(10, 2.6 * lines)
    cells = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes, effect in zip(cells, effects, strict=False):
        before, after = effect["weeks"]
        weeks = np.arange(-before, after)
        axes.plot(weeks, effect["actual"], color=_COLOURS[1], label="campaign", marker="o", ms=3)
        axes.plot(weeks, effect["synthetic"], color=_INK, linestyle="--", label="others, weighted")
        axes.axvline(-0.5, color=_SOFT)
        axes.set_title(f"{effect['campaign']}\nfrom {effect['day']}", fontsize=9)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("weeks", fontsize=8)
        axes.set_ylim(bottom=0)
        _plain(axes)
    for axes in cells[len(effects) :]:
        axes.set_axis_off()
    cells[0].set_ylabel("conversions, mean before = 1", fontsize=8)
    cells[0].legend(frameon=False, fontsize=8)
    return figure


def forecast_figure(document: Document) -> Figure:
    """Daily conversions ahead with intervals: all together and the largest campaigns."""
    expected = document["expected"]
    campaigns = expected["metrics"]["conversions"]["campaigns"]
    names = [ALL, *list(_largest(document))[:3]]
    figure = blank(10, 6)
    cells = figure.subplots(2, 2).ravel()
    days = _dates(expected["days"])
    past_days = _dates(document["daily"]["days"])[-_BEFORE:]
    for axes, name in zip(cells, names, strict=False):
        own = campaigns[name]
        past = _floats(document["daily"]["conversions"][name])[-_BEFORE:]
        axes.plot(past_days, past, color=_INK, linewidth=1, label="counted")
        low, high, mean = (_floats(own[key]) for key in ("low", "high", "expected"))
        axes.fill_between(
            days, low, high, color=_COLOURS[0], alpha=0.2, linewidth=0,
            label=f"{expected['coverage']:.0%} interval",
        )  # fmt: skip
        axes.plot(days, mean, color=_COLOURS[0], linewidth=1.4, label="expected")
        axes.set_title(name, fontsize=9, loc="left")
        axes.set_ylim(bottom=0)
        _plain(axes)
        _calendar(axes)
    for axes in cells[len(names) :]:
        axes.set_axis_off()
    handles, labels = cells[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=3, frameon=False, fontsize=8)
    figure.supylabel("conversions a day", fontsize=9)
    return figure


def comparison_figure(document: Document) -> Figure:
    """How far every forecaster was off in the cross-validation."""
    expected = document["expected"]
    found = expected["comparison"]["forecasters"]
    order = sorted(found, key=lambda name: -error_in(found[name]))
    figure = blank(10, 0.32 * len(order) + 1.2)
    cells = figure.subplots(1, 2, sharey=True)
    for axes, metric in zip(cells, ("conversions", "revenue"), strict=True):
        values = [found[name][metric][ALL]["wape"] or 0.0 for name in order]
        colours = [_COLOURS[0] if name == expected["forecaster"] else _OTHERS for name in order]
        bars = axes.barh([name.replace("_", " ") for name in order], values, color=colours)
        axes.bar_label(bars, fmt="{:.1%}", fontsize=8, padding=2)
        axes.set_title(f"{metric}: absolute error over what came", fontsize=9, loc="left")
        axes.set_xlim(0, 1.15 * max([*values, 0.01]))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        _plain(axes)
    return figure


def importance_figure(document: Document) -> Figure:
    """What the learners make use of."""
    found = document["expected"]["importances"]
    names = list(next(iter(found.values())))
    figure = blank(10, 0.26 * len(names) + 1.2)
    cells = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    order = sorted(names, key=lambda name: max(values[name] for values in found.values()))
    for axes, (learner, values) in zip(cells, found.items(), strict=True):
        exact = learner.endswith("contributions")
        axes.barh(
            [name.replace("_", " ") for name in order],
            [values[name] for name in order],
            color=_COLOURS[2] if exact else _COLOURS[0],
        )
        axes.set_title(learner.replace("_", " "), fontsize=9)
        axes.set_xlabel("mean change of the log" if exact else "growth of the error", fontsize=8)
        _plain(axes)
    return figure


def _largest(document: Document) -> dict[str, str]:
    """Campaigns with most conversions and their colours; the rest as one."""
    totals = {name: own["conversions"] for name, own in document["happened"]["campaigns"].items()}
    names = sorted(totals, key=lambda name: -totals[name])
    shown = dict(zip(names[:_SHOWN], _COLOURS, strict=False))
    return shown | ({"others": _OTHERS} if len(names) > _SHOWN else {})


def _weekly(document: Document, name: str, key: str, shown: list[str]) -> np.ndarray[Any, Any]:
    campaigns = document["weekly"]["campaigns"]
    if name in campaigns:
        return _floats(campaigns[name][key])
    rest = [_floats(own[key]) for each, own in campaigns.items() if each not in shown]
    return np.asarray(np.sum(rest, axis=0))


def _dates(days: list[str]) -> np.ndarray[Any, Any]:
    return np.array(days, dtype="datetime64[D]")


def _floats(values: list[float | None]) -> np.ndarray[Any, Any]:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _told(values: list[float | None]) -> int:
    return sum(value is not None for value in values)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def _calendar(axes: Axes) -> None:
    locator = AutoDateLocator(maxticks=8)  # type: ignore[no-untyped-call]
    short = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(short)
