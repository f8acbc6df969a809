"""Figures of the insights document: history, changes, and forecast."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..attribution import Document
from ..attribution.figures import attribution_figures
from ..formats import unit_of
from ..plotting import blank, drawn, in_legend
from .document import ALL_CAMPAIGNS, total_wape

_MAX_COLOURED = 5  # campaigns with a colour of their own
_COLOURS = ("#3b6fb6", "#c8553d", "#5b8e7d", "#e0a458", "#7d5ba6")
_OTHERS = "#b9b2a5"
_DARK, _LIGHT = "0.2", "0.85"
_PAST_DAYS = 56  # days shown before a forecast
_MIN_WEEKS = 4  # weeks with an efficiency that a panel needs


def insights_figures(document: Document) -> dict[str, Figure]:
    """All figures by name; those of attribution only with site landings."""
    figures = {
        "weeks": weeks_figure(document),
        "efficiency": efficiency_figure(document),
        "forecast": forecast_figure(document),
        "comparison": comparison_figure(document),
    }
    if document["changed"]["effects"]:
        figures["effects"] = effects_figure(document)
    if document["expected"]["importances"]:
        figures["importances"] = importance_figure(document)
    if document["attribution"] is not None:
        figures |= attribution_figures(document["attribution"])
    return figures


def weeks_figure(document: Document) -> Figure:
    """Weekly spend and conversions, stacked by campaign."""
    figure = blank(10, 5)
    rows = figure.subplots(2, 1, sharex=True)
    unit = unit_of(document["currency"])
    weeks, colours = _dates(document["weekly"]["weeks"]), _campaign_colours(document)
    for axes, key, label in zip(
        rows, ("spend", "conversions"), (f"{unit} per week", "conversions per week"), strict=True
    ):
        bottom = np.zeros(len(weeks))
        for name, colour in colours.items():
            values = _weekly(document, name, key, list(colours))
            axes.bar(
                weeks, values, width=6, bottom=bottom, color=colour, label=in_legend(name),
                align="edge",
            )  # fmt: skip
            bottom = bottom + values
        axes.set_ylabel(label, fontsize=11)
        axes.yaxis.set_major_formatter("{x:,.0f}")
        _without_frame(axes)
    handles, labels = rows[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False, fontsize=10)
    _date_axis(rows[-1])
    return figure


def efficiency_figure(document: Document) -> Figure:
    """Weekly conversions over their expected number, with lasting changes and anomalies."""
    names = [
        name
        for name, series in document["weekly"]["campaigns"].items()
        if _count_defined(series["efficiency"]) >= _MIN_WEEKS
    ]
    figure = blank(10, 1.25 * max(len(names), 1) + 0.8)
    rows = figure.subplots(max(len(names), 1), 1, sharex=True, squeeze=False)[:, 0]
    middle = _dates(document["weekly"]["weeks"]) + np.timedelta64(3, "D")
    changed = document["changed"]
    for axes, name in zip(rows, names, strict=False):
        values = _floats(document["weekly"]["campaigns"][name]["efficiency"])
        axes.axhline(1, color=_LIGHT, linewidth=1)
        axes.plot(middle, values, color=_COLOURS[0], marker="o", markersize=3, linewidth=1.2)
        for change in changed["changes"]:
            if change["campaign"] == name:
                axes.axvline(np.datetime64(change["day"]), color=_COLOURS[1], linewidth=1.5)
                label = f" {change['ratio'] - 1:+.0%}"
                place = (np.datetime64(change["day"]), 0.97)
                axes.text(
                    *place, label, transform=axes.get_xaxis_transform(), va="top", fontsize=10
                )
        for anomaly in changed["anomalies"]:
            if anomaly["campaign"] == name:
                ends = np.datetime64(anomaly["first"]), np.datetime64(anomaly["last"]) + 1
                axes.axvspan(*ends, color=_COLOURS[3], alpha=0.5, linewidth=0)
        axes.set_title(drawn(name), fontsize=11, loc="left", pad=2)
        axes.set_ylim(0, max(1.5, 1.1 * float(np.nanmax(values))))
        axes.yaxis.set_major_formatter("{x:.1f}")
        _without_frame(axes)
    _date_axis(rows[-1])
    figure.supylabel("conversions / expected", fontsize=11)
    return figure


def effects_figure(document: Document) -> Figure:
    """Each lasting change beside its synthetic control."""
    effects = document["changed"]["effects"]
    columns = min(len(effects), 3)
    rows = -(-len(effects) // columns)
    figure = blank(10, 2.6 * rows)
    cells = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, effect in zip(cells, effects, strict=False):
        before, after = effect["weeks"]
        weeks = np.arange(-before, after)
        axes.plot(weeks, effect["actual"], color=_COLOURS[1], label="campaign", marker="o", ms=3)
        axes.plot(
            weeks, effect["synthetic"], color=_DARK, linestyle="--", label="synthetic control"
        )
        axes.axvline(-0.5, color=_LIGHT)
        axes.set_title(f"{drawn(effect['campaign'])}\nfrom {effect['day']}", fontsize=11)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("weeks", fontsize=10)
        axes.set_ylim(bottom=0)
        _without_frame(axes)
    for axes in cells[len(effects) :]:
        axes.set_axis_off()
    cells[0].set_ylabel("conversions, mean before = 1", fontsize=10)
    cells[0].legend(frameon=False, fontsize=10)
    return figure


def forecast_figure(document: Document) -> Figure:
    """Forecast of daily conversions with intervals: in total and for the largest campaigns."""
    expected = document["expected"]
    campaigns = expected["metrics"]["conversions"]["campaigns"]
    names = [ALL_CAMPAIGNS, *list(_campaign_colours(document))[:3]]
    figure = blank(10, 6)
    cells = figure.subplots(2, 2).ravel()
    days = _dates(expected["days"])
    past_days = _dates(document["daily"]["days"])[-_PAST_DAYS:]
    for axes, name in zip(cells, names, strict=False):
        forecast = campaigns[name]
        past = _floats(document["daily"]["conversions"][name])[-_PAST_DAYS:]
        axes.plot(past_days, past, color=_DARK, linewidth=1, label="reported")
        low, high, mean = (_floats(forecast[key]) for key in ("low", "high", "expected"))
        axes.fill_between(
            days, low, high, color=_COLOURS[0], alpha=0.2, linewidth=0,
            label=f"{expected['coverage']:.0%} interval",
        )  # fmt: skip
        axes.plot(days, mean, color=_COLOURS[0], linewidth=1.4, label="expected")
        axes.set_title(drawn(name), fontsize=11, loc="left")
        axes.set_ylim(bottom=0)
        _without_frame(axes)
        _date_axis(axes)
    for axes in cells[len(names) :]:
        axes.set_axis_off()
    handles, labels = cells[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=3, frameon=False, fontsize=10)
    figure.supylabel("conversions per day", fontsize=11)
    return figure


def comparison_figure(document: Document) -> Figure:
    """Cross-validation error of every forecaster."""
    expected = document["expected"]
    scores = expected["comparison"]["forecasters"]
    order = sorted(scores, key=lambda name: -total_wape(scores[name]))
    figure = blank(10, 0.32 * len(order) + 1.2)
    cells = figure.subplots(1, 2, sharey=True)
    for axes, metric in zip(cells, ("conversions", "revenue"), strict=True):
        values = [scores[name][metric][ALL_CAMPAIGNS]["wape"] or 0.0 for name in order]
        colours = [_COLOURS[0] if name == expected["forecaster"] else _OTHERS for name in order]
        bars = axes.barh([name.replace("_", " ") for name in order], values, color=colours)
        axes.bar_label(bars, fmt="{:.1%}", fontsize=10, padding=2)
        axes.set_title(f"{metric}: absolute error over actual", fontsize=11, loc="left")
        axes.set_xlim(0, 1.15 * max([*values, 0.01]))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        _without_frame(axes)
    return figure


def importance_figure(document: Document) -> Figure:
    """Importance of the features to each learner."""
    importances = document["expected"]["importances"]
    names = list(next(iter(importances.values())))
    figure = blank(10, 0.26 * len(names) + 1.2)
    cells = figure.subplots(1, len(importances), sharey=True, squeeze=False)[0]
    order = sorted(names, key=lambda name: max(values[name] for values in importances.values()))
    for axes, (learner, values) in zip(cells, importances.items(), strict=True):
        contributions = learner.endswith("contributions")
        axes.barh(
            [name.replace("_", " ") for name in order],
            [values[name] for name in order],
            color=_COLOURS[2] if contributions else _COLOURS[0],
        )
        axes.set_title(learner.replace("_", " "), fontsize=11)
        label = "mean absolute change of the log" if contributions else "increase of the error"
        axes.set_xlabel(label, fontsize=10)
        _without_frame(axes)
    return figure


def _campaign_colours(document: Document) -> dict[str, str]:
    """Colours of the campaigns with most conversions, and one for all others together."""
    campaigns = document["happened"]["campaigns"]
    names = sorted(campaigns, key=lambda name: -campaigns[name]["conversions"])
    colours = dict(zip(names[:_MAX_COLOURED], _COLOURS, strict=False))
    return colours | ({"others": _OTHERS} if len(names) > _MAX_COLOURED else {})


def _weekly(document: Document, name: str, key: str, coloured: list[str]) -> np.ndarray[Any, Any]:
    campaigns = document["weekly"]["campaigns"]
    if name in campaigns:
        return _floats(campaigns[name][key])
    others = [_floats(series[key]) for other, series in campaigns.items() if other not in coloured]
    return np.asarray(np.sum(others, axis=0))


def _dates(days: list[str]) -> np.ndarray[Any, Any]:
    return np.array(days, dtype="datetime64[D]")


def _floats(values: list[float | None]) -> np.ndarray[Any, Any]:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _count_defined(values: list[float | None]) -> int:
    return sum(value is not None for value in values)


def _without_frame(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def _date_axis(axes: Axes) -> None:
    locator = AutoDateLocator(maxticks=8)  # type: ignore[no-untyped-call]
    formatter = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
