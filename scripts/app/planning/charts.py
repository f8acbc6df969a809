"""Vega-Lite specifications of the planner's charts; colours are names of the stylesheet."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from mediagym.data.display import label
from mediagym.data.formats import name_of, sign_of
from mediagym.data.types import Floats

from .comparison import Compared
from .frontier import Frontier
from .pacing import Pacing

SERIES = tuple(f"var(--s{number})" for number in range(8))
_ROW = 26  # pixels of a campaign
_POINTS = 60  # of a line through the frontier
_MONEY = {"type": "quantitative", "axis": {"format": "$,~f", "tickCount": 6}}


def specification(currency: str | None, description: str, **parts: Any) -> dict[str, Any]:
    """Return the specification of a chart as wide as its place.

    Args:
        currency: of amounts; None: not known.
        description: what a screen reader says.
        parts: `height` of the plot in pixels, `data`, `mark`, `encoding`, `layer` and so on.
    """
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": description,
        "usermeta": {"currency": sign_of(currency)},
        **parts,
    }


def budgets_chart(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mean daily budget of each campaign, live now and planned."""
    left = plan["flight"]["days"] - plan["flight"]["actual_days"]
    rows = []
    for row in plan["campaigns"]:
        per_day = row["planned_rest"] / max(left, 1)
        for kind, amount in (("live now", row["live"] or 0.0), ("planned", per_day)):
            rows.append({"campaign": label(name_of(row)), "kind": kind, "amount": round(amount, 2)})
    order = [
        label(name_of(row)) for row in sorted(plan["campaigns"], key=lambda each: -each["budget"])
    ]
    return specification(
        plan["currency"],
        "Daily budget by campaign, live now and planned on average.",
        height=_ROW * len(order),
        data={"values": rows},
        mark={"type": "bar", "tooltip": True},
        encoding={
            "y": {
                "field": "campaign",
                "type": "nominal",
                "sort": order,
                "title": None,
                "axis": {"labelLimit": 260},
            },
            "yOffset": {"field": "kind", "sort": ["live now", "planned"]},
            "x": {**_MONEY, "field": "amount", "title": "per day"},
            "color": _colour("kind", ["live now", "planned"], ["var(--rest)", "var(--s0)"]),
        },
    )


def days_chart(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the budget of each day by channel; days that are over are paler."""
    channels = [row["channel"] for row in plan["channels"]]
    rows = []
    for day in plan["days"]:
        for channel in channels:
            amount = sum(c["budget"] for c in day["campaigns"] if c["channel"] == channel)
            rows.append(
                {"date": day["date"], "channel": channel, "amount": round(amount, 2),
                 "status": day["status"]}
            )  # fmt: skip
    return specification(plan["currency"],
        "Budget by day and channel.",
        height=240,
        data={"values": rows},
        mark={"type": "bar", "tooltip": True},
        encoding={
            "x": {"field": "date", "type": "temporal", "timeUnit": "utcyearmonthdate",
                  "title": None, "axis": {"format": "%-d %b"}},
            "y": {**_MONEY, "field": "amount", "title": "per day", "stack": True},
            "color": _colour("channel", channels, SERIES),
            "opacity": {"condition": {"test": "datum.status === 'actual'", "value": 0.45},
                        "value": 1},
        },
    )  # fmt: skip


def frontier_chart(frontier: Frontier, budget: float | None) -> dict[str, Any]:
    """Return conversions by budget with their band, and the budget that is asked about."""
    first, last = float(frontier.budgets[0]), float(frontier.budgets[-1])
    line = []
    for each in np.linspace(first, last, _POINTS):
        answer = frontier.at(float(min(max(each, first), last))).conversions
        line.append({"budget": float(each), "conversions": answer.mean,
                     "low": answer.p05, "high": answer.p95})  # fmt: skip
    x = {**_MONEY, "field": "budget", "title": "budget", "scale": {"zero": False}}
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "area", "opacity": 0.25, "color": "var(--s0)"},
         "encoding": {"x": x, "y": {"field": "low", "type": "quantitative",
                                    "title": "conversions"}, "y2": {"field": "high"}}},
        {"mark": {"type": "line", "color": "var(--s0)", "tooltip": True},
         "encoding": {"x": x, "y": {"field": "conversions", "type": "quantitative"}}},
    ]  # fmt: skip
    marks = [(frontier.content["planned_budget"], "the plan", "var(--s4)")]
    if budget is not None:
        marks.append((budget, "your budget", "var(--ink)"))
    for amount, name, colour in marks:
        if first <= amount <= last:
            layers.append(_rule({"budget": amount, "label": name}, x, colour))
    description = "Conversions by budget with their 90 % interval."
    rows = {"values": line}
    return specification(frontier.currency.code, description, height=240, data=rows, layer=layers)


def _rule(row: dict[str, Any], x: dict[str, Any], colour: str) -> dict[str, Any]:
    """Return the layer of a vertical line at a budget."""
    tooltip = [{"field": "label"}, {"field": "budget", "format": ",.0f"}]
    return {
        "data": {"values": [row]},
        "mark": {"type": "rule", "color": colour, "strokeWidth": 2},
        "encoding": {"x": {**x, "title": None}, "tooltip": tooltip},
    }


def comparison_chart(content: Compared) -> dict[str, Any]:
    """Return the conversions of each plan with their interval."""
    rows = [
        {"plan": label(plan.label), **plan.content["conversions"], "best": plan.is_best}
        for plan in content.plans
    ]
    y = {
        "field": "plan",
        "type": "nominal",
        "title": None,
        "sort": None,
        "axis": {"labelLimit": 260},
    }
    x = {"type": "quantitative", "title": "conversions", "scale": {"zero": False}}
    return specification(content.currency,
        "Expected conversions of each plan with their 90 % interval.",
        height=2 * _ROW * len(rows),
        data={"values": rows},
        encoding={"y": y},
        layer=[
            {"mark": {"type": "rule", "strokeWidth": 5, "opacity": 0.4, "color": "var(--s0)"},
             "encoding": {"x": {**x, "field": "p05"}, "x2": {"field": "p95"}}},
            {"mark": {"type": "point", "filled": True, "size": 130, "opacity": 1,
                      "color": "var(--s0)", "tooltip": True},
             "encoding": {"x": {**x, "field": "mean"},
                          "shape": {"condition": {"test": "datum.best", "value": "diamond"},
                                    "value": "circle"}}},
        ],
    )  # fmt: skip


def pacing_chart(state: Pacing) -> dict[str, Any]:
    """Return cumulated spend as planned and as it was, and where it ends at this rate."""
    planned, spent = np.cumsum(state.planned_by_day), np.cumsum(state.spent_by_day)
    start = state.start
    rows = _line(start, 0, planned, "planned") + _line(start, 0, spent, "spent")
    if len(spent) and state.days_over < state.days:
        rate = (state.total.projected - state.total.spent) / max(
            state.total.budget - float(planned[len(spent) - 1]), 0.01
        )
        rest = spent[-1] + rate * (planned[len(spent) :] - planned[len(spent) - 1])
        rows += _line(start, len(spent) - 1, np.concatenate([spent[-1:], rest]), "at this rate")
    kinds = ["planned", "spent", "at this rate"]
    return specification(state.currency,
        "Spend to date: planned, spent, and projected at the rate of the last week.",
        height=240,
        data={"values": rows},
        mark={"type": "line", "tooltip": True, "strokeWidth": 2.5},
        encoding={
            "x": {"field": "date", "type": "temporal", "title": None,
                  "axis": {"format": "%-d %b"}},
            "y": {**_MONEY, "field": "amount", "title": "spent by then"},
            "color": _colour("kind", kinds, ["var(--rest)", "var(--s0)", "var(--s4)"]),
            "strokeDash": {"field": "kind", "type": "nominal",
                           "scale": {"domain": kinds, "range": [[1, 0], [1, 0], [6, 4]]}},
        },
    )  # fmt: skip


def _line(start: date, skipped: int, values: Floats, kind: str) -> list[dict[str, Any]]:
    return [
        {"date": str(start + timedelta(skipped + t)), "amount": round(float(v), 2), "kind": kind}
        for t, v in enumerate(values)
    ]


def _colour(field: str, domain: Sequence[str], colours: Sequence[str]) -> dict[str, Any]:
    used = [colours[number % len(colours)] for number in range(len(domain))]
    return {"field": field, "type": "nominal", "scale": {"domain": list(domain), "range": used}}
