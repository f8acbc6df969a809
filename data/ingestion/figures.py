"""Figures of the records: daily spend and outcome of each campaign, with days without a row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from ..exports import Records
from ..formats import format_amount
from ..plotting import blank
from ..types import Floats
from .document import Document
from .labels import font_families, picture_labels
from .panel import panel_of

MAX_PANELS = 10  # campaigns with a panel of their own; more are rows of a heat map
MAX_ROWS = 200  # campaigns in a heat map, those with most spend
MAX_COLUMNS = 800  # columns in a heat map; those of a longer period are of several days
_MONEY = ("spend", "revenue")
_COLOURS = {"spend": "#3b6fb6", "conversions": "#5b8e7d", "revenue": "#5b8e7d"}
_NO_ROW, _OUTSIDE, _ZERO = "#eea68c", "#e4e4e4", "#ffffff"
_EXPONENT = 0.7  # of the colour scale, so that small amounts differ from none


@dataclass(frozen=True, eq=False)
class _Daily:
    """A metric of the campaigns of a figure."""

    metric: str
    days: NDArray[np.datetime64]  # (columns,) first day of each column
    width: int  # days in a column
    values: Floats  # (columns, campaigns) mean per day; NaN: no row, or the metric is unknown
    observed: NDArray[np.bool_]  # (columns, campaigns) True where there is a row
    labels: tuple[str, ...]  # (campaigns,)
    families: tuple[str, ...]  # fonts of the labels
    currency: str | None
    left_out: int  # campaigns that are not shown


def ingest_figures(records: Records, document: Document) -> dict[str, Figure]:
    """Figures by the names `spend` and `outcome`.

    The outcome is conversions, or revenue where there are no conversions; without either there is
    no such figure. Names are drawn in the fonts that are installed.

    Args:
        records: result of reading a folder.
        document: their `ingest_document`.
    """
    metrics = {"spend": "spend", "outcome": outcome_of(document)}
    return {
        name: daily_figure(records, document, metric)
        for name, metric in metrics.items()
        if metric is not None
    }


def outcome_of(document: Document) -> str | None:
    """Metric that stands for the outcome: conversions, else revenue; None if both are 0."""
    merged = document["totals"]["merged"]
    return next((metric for metric in ("conversions", "revenue") if merged[metric]), None)


def daily_figure(records: Records, document: Document, metric: str) -> Figure:
    """A metric by day and campaign: panels of up to `MAX_PANELS` campaigns, else a heat map."""
    daily = _daily(records, document, metric)
    with rc_context({"font.family": list(daily.families)}):
        if len(daily.labels) <= MAX_PANELS and not daily.left_out:
            return _panels(daily)
        return _heat_map(daily)


def _daily(records: Records, document: Document, metric: str) -> _Daily:
    """Values of the campaigns that are shown, by platform and first day with spend."""
    panel, entries = panel_of(records), document["campaigns"]
    largest = sorted(range(len(entries)), key=lambda at: -(entries[at]["sums"]["spend"] or 0.0))
    shown = sorted(
        largest[:MAX_ROWS],
        key=lambda at: (entries[at]["platform"], entries[at]["first"] or "9999", at),
    )
    values, observed, days = panel.values(metric)[:, shown], panel.observed[:, shown], panel.days
    width = 1 if len(entries) <= MAX_PANELS else -(-len(days) // MAX_COLUMNS)
    names = [entries[at]["name"] for at in shown]
    families = font_families(names)
    return _Daily(
        metric=metric,
        days=days[::width],
        width=width,
        values=_means(values, width),
        observed=_means(np.where(observed, 1.0, np.nan), width) > 0,
        labels=picture_labels(names, [entries[at]["id"] for at in shown], families),
        families=tuple(families),
        currency=document["currency"],
        left_out=len(entries) - len(shown),
    )


def _means(values: Floats, width: int) -> Floats:
    """(columns, campaigns) mean over those of `width` days that have a value; NaN if none has."""
    padding = np.full((-len(values) % width, values.shape[1]), np.nan)
    columns = np.concatenate([values, padding]).reshape(-1, width, values.shape[1])
    counts = (~np.isnan(columns)).sum(axis=1)
    means = np.full(counts.shape, np.nan)
    np.divide(np.nansum(columns, axis=1), counts, out=means, where=counts > 0)
    return means


def _panels(daily: _Daily) -> Figure:
    """One panel per campaign; days without a row have a background of their own."""
    size = len(daily.labels)
    figure = blank(10, 0.95 * size + 0.9)
    rows = figure.subplots(size, 1, sharex=True, squeeze=False)[:, 0]
    edges = np.append(date2num(daily.days), date2num(daily.days[-1]) + 1)  # type: ignore[no-untyped-call]
    for axes, label, values in zip(rows, daily.labels, daily.values.T, strict=True):
        axes.stairs(np.nan_to_num(values), edges, fill=True, color=_COLOURS[daily.metric])
        for colour, days in zip((_OUTSIDE, _NO_ROW), _blank(values), strict=True):
            for first, stop in _spans(days):
                axes.axvspan(edges[first], edges[stop], color=colour, linewidth=0)
        axes.set_title(label, fontsize=9, loc="left", pad=2, parse_math=False)
        peak = float(np.nan_to_num(values).max())
        axes.set_ylim(0, 1.05 * peak or 1)
        axes.set_yticks([0, peak] if peak else [0])
        axes.set_yticklabels(["0", _amount(peak, daily)][: 2 if peak else 1], parse_math=False)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        axes.set_xlim(edges[0], edges[-1])
    _finish(figure, rows[-1], daily)
    return figure


def _heat_map(daily: _Daily) -> Figure:
    """One row per campaign, whose colours range from 0 to its own highest value."""
    size = len(daily.labels)
    figure = blank(10, 0.135 * size + 1.3)
    axes = figure.subplots()
    peaks = np.nan_to_num(daily.values).max(axis=0)
    shares = np.divide(daily.values, peaks, out=np.zeros_like(daily.values), where=peaks > 0)
    colours = _colour_map(daily.metric)(shares.T**_EXPONENT)
    colours[shares.T == 0] = _rgba(_ZERO)
    for row, values in zip(colours, daily.values.T, strict=True):
        outside, gaps = _blank(values)
        row[outside], row[gaps] = _rgba(_OUTSIDE), _rgba(_NO_ROW)
    first, last = date2num(daily.days[0]), date2num(daily.days[-1]) + daily.width  # type: ignore[no-untyped-call]
    extent = (first, last, size - 0.5, -0.5)
    axes.imshow(colours, aspect="auto", interpolation="nearest", extent=extent)
    axes.set_yticks(range(size), daily.labels, fontsize=6.5, parse_math=False)
    right = axes.secondary_yaxis("right")
    texts = [_amount(peak, daily) if peak else "-" for peak in peaks]
    right.set_yticks(range(size), texts, fontsize=6.5, parse_math=False)
    axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
    axes.grid(which="minor", axis="y", color="white", linewidth=0.6)
    for side in (axes, right):
        side.tick_params(axis="y", which="both", length=0)
        side.spines[:].set_visible(False)
    axes.tick_params(axis="x", labelsize=8)
    _finish(figure, axes, daily)
    return figure


def _finish(figure: Figure, axes: Axes, daily: _Daily) -> None:
    """Dates below, and a legend of the colours above."""
    axes.xaxis_date()
    locator = AutoDateLocator(maxticks=10)  # type: ignore[no-untyped-call]
    formatter = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
    period = "day" if daily.width == 1 else f"{daily.width} days"
    unknown = ", or not exported" if np.isnan(daily.values[daily.observed]).any() else ""
    patches = [
        Patch(facecolor=_COLOURS[daily.metric], label=f"{daily.metric} per day"),
        Patch(facecolor=_ZERO, edgecolor="0.8", label=f"{period} of 0"),
        Patch(facecolor=_NO_ROW, label=f"{period} without a row{unknown}"),
        Patch(facecolor=_OUTSIDE, label="before the first row or after the last"),
    ]
    figure.legend(handles=patches, loc="outside upper center", ncols=4, frameon=False, fontsize=8)


def _blank(values: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Days of one campaign without a value, outside its first and last, and between them."""
    known = ~np.isnan(values)
    begun, goes_on = np.logical_or.accumulate(known), np.logical_or.accumulate(known[::-1])[::-1]
    return ~(begun & goes_on), begun & goes_on & ~known


def _spans(mask: NDArray[np.bool_]) -> Sequence[tuple[int, int]]:
    """First index and the one after the last of each stretch of True."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in steps.reshape(-1, 2)]


def _amount(value: float, daily: _Daily) -> str:
    """Highest value of a campaign as text."""
    if daily.metric not in _MONEY:
        return f"{value:,.3g}" if value < 100 else f"{value:,.0f}"
    decimals = 0 if value >= 100 else None
    return format_amount(value, daily.currency, decimals)


def _colour_map(metric: str) -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list(metric, ["#dfe7f1", _COLOURS[metric], "#14304f"])


def _rgba(colour: str) -> tuple[float, float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue, 1.0
