"""Vega-Lite specifications that pages share; `static/charts.js` adds colours, fonts and locale.

A colour is written as `var(--name)` of the stylesheet, so that it follows the theme. Areas of the
layer `hatched` are hatched: what lies there is extrapolated.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ..planning import SERIES

Spec = dict[str, Any]
REST = "var(--rest)"
OTHERS = "others"
_SMALL, _LARGE = 8.0, 2e5  # ends of the amounts that axes write in whole units


def money_form(top: float) -> str:
    """Format of an axis of amounts up to a highest one; $ stands for the currency's sign."""
    return "$,.2f" if top < _SMALL else "$,.0f" if top < _LARGE else "$.3~s"


def count_form(top: float) -> str:
    """Format of an axis of counts up to a highest one."""
    return "~g" if top < _SMALL else ",.0f" if top < _LARGE else ".3~s"


def rows(**columns: Iterable[Any]) -> Spec:
    """Data of a chart from its columns."""
    names = tuple(columns)
    return {
        "values": [
            dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ]
    }


def colours_of(groups: Sequence[str]) -> Spec:
    """Scale of groups in their order; `OTHERS` is grey."""
    named = [group for group in groups if group != OTHERS]
    scale = dict(zip(named, SERIES, strict=False)) | {OTHERS: REST}
    return {"domain": list(groups), "range": [scale.get(group, REST) for group in groups]}


def number(field: str, title: str | None = None, form: str | None = None, **more: Any) -> Spec:
    """Channel of a number.

    Args:
        field: of the data.
        title: of its axis.
        form: format of the axis, such as that of `money_form`.
        more: further keys of the channel.
    """
    axis = {"title": title, **({"format": form} if form else {})}
    return {"field": field, "type": "quantitative", "axis": axis, **more}


def named(field: str) -> Spec:
    """Channel of names, one below the other in the order of the data."""
    axis = {"title": None, "grid": True}
    return {"field": field, "type": "nominal", "sort": None, "axis": axis}


def layer(kind: str, encoding: Spec, **mark: Any) -> Spec:
    """A layer of a chart: a mark of a kind with its look, and its channels."""
    about = {"aria": False} if kind == "rule" else {}  # its points say as much
    return {"mark": {"type": kind, **about, **mark}, "encoding": encoding}


def hatched(encoding: Spec, condition: str) -> Spec:
    """An area that is hatched where a condition on the data holds: there it is extrapolated."""
    return {"name": "hatched", "transform": [{"filter": condition}], **layer("area", encoding)}


def time_axis(unit: str) -> Spec:
    """Horizontal axis of days, weeks or months."""
    formats = {"day": "%-d %b", "week": "%-d %b", "month": "%b %Y"}
    return {"title": None, "format": formats[unit], "labelOverlap": "greedy", "labelSeparation": 10}


def bars_by_time(data: Spec, groups: Sequence[str], unit: str, axis: Spec) -> Spec:
    """Mark and encoding of stacked bars.

    Args:
        data: rows with `date`, `until`, `group`, its position `order`, `value`, and the texts
            `label` of the date and `shown` of the value.
        groups: in the order of the stack.
        unit: of the bars: day, week or month.
        axis: the vertical one.
    """
    return {
        "data": data,
        "mark": {"type": "bar", "stroke": "var(--page)", "strokeWidth": 0.5},
        "encoding": {
            "x": {"field": "date", "type": "temporal", "axis": time_axis(unit)},
            "x2": {"field": "until"},
            "y": {"field": "value", "type": "quantitative", "aggregate": "sum", "axis": axis},
            "color": {"field": "group", "type": "nominal", "scale": colours_of(groups)},
            "order": {"field": "order", "type": "quantitative"},
            "tooltip": [
                {"field": "label", "title": unit},
                {"field": "group", "title": " "},
                {"field": "shown", "title": "value"},
            ],
        },
    }


def line_by_time(data: Spec, unit: str, axis: Spec) -> Spec:
    """Mark and encoding of one line; rows have `date`, `value`, `label` and `shown`."""
    return {
        "data": data,
        "mark": {
            "type": "line",
            "color": "var(--accent)",
            "point": {"filled": True, "size": 24, "color": "var(--accent)"},
        },
        "encoding": {
            "x": {"field": "date", "type": "temporal", "axis": time_axis(unit)},
            "y": {"field": "value", "type": "quantitative", "axis": axis},
            "tooltip": [
                {"field": "label", "title": unit},
                {"field": "shown", "title": "value"},
            ],
        },
    }
