"""A plan as a table for the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table


def plan_table(document: Mapping[str, Any]) -> Table:
    """Return a plan's campaigns as a table for the screen."""
    flight = document["flight"]
    title = f"{document['policy']} plan: {flight['days']} days from {flight['start']}"
    table = Table(title=title)
    journeys = ("by journeys", "for claims") if document["objective"] == "journeys" else ()
    heads = ("campaign", "budget", "share", "conversions", "90 % interval", *journeys, "note")
    for heading in heads:
        table.add_column(heading, justify="left" if heading in ("campaign", "note") else "right")
    for row in document["campaigns"]:
        table.add_row(_label(row), *_amounts(row), *_by_journeys(row), _remark(row))
    totals = document["totals"]
    table.add_section()
    cost = f"CPA ${totals['cpa'] or 0:,.2f}"
    table.add_row("total", *_amounts(totals | {"share": 1.0}), *_by_journeys(totals), cost)
    return table


def _amounts(row: Mapping[str, Any]) -> list[str]:
    conversions = row["conversions"]
    return [
        f"${row['budget']:,.2f}",
        f"{row['share']:.1%}",
        f"{conversions['mean']:,.1f}",
        f"{conversions['p05']:,.0f} to {conversions['p95']:,.0f}",
    ]


def _by_journeys(row: Mapping[str, Any]) -> list[str]:
    """Return what journeys credit, and what the campaign would get for claims instead."""
    if "journey_conversions" not in row:
        return []
    found, budget = row["journey_conversions"], row.get("budget_for_claims")
    credited = f"{found['mean']:,.1f} ({found['p05']:,.0f} to {found['p95']:,.0f})"
    return [credited, "" if budget is None else f"${budget:,.0f}"]


def _label(row: Mapping[str, Any]) -> str:
    kind = row["campaign_type"]
    return str(row["channel"]) if kind is None else f"{row['channel']}/{kind}"


def _remark(row: Mapping[str, Any]) -> str:
    parts = []
    if row["binding"]:
        parts.append(row["binding"]["bound"])
    if row["extrapolation"]:
        parts.append(f"extrapolated {row['extrapolation']['times_mean']:.1f}x its mean")
    return ", ".join(parts)
