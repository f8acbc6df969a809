"""A plan as a table in the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from ...data.display import MAX_MESSAGE, shortened, terminal
from ...data.formats import money
from .records import campaign_name

_WARNING = "WARNING"  # first word of a verdict against the model


def plan_table(document: Mapping[str, Any]) -> Table:
    """Return a plan's campaigns and totals as a table.

    Args:
        document: content of ``plan.json``.
    """
    flight, currency = document["flight"], document.get("currency")
    policy = shortened(document["policy"])
    title = f"{policy} plan: {flight['days']} days from {flight['start']}"
    made = f"Estimates on {document['made']['markets']}."
    table = Table(title=terminal(title, MAX_MESSAGE), caption=terminal(made, MAX_MESSAGE))
    journeys = ("by journeys", "for claims") if document["objective"] == "journeys" else ()
    headings = ("campaign", "budget", "share", "conversions", "90 % interval", *journeys, "note")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("campaign", "note") else "right")
    for row in document["campaigns"]:
        amounts = (*_amount_cells(row, currency), *_journey_cells(row, currency))
        table.add_row(terminal(campaign_name(row)), *amounts, _note(row))
    totals = document["totals"]
    table.add_section()
    cost = f"CPA {money(totals['cpa'] or 0, currency)}"
    if totals.get("extrapolated_share"):
        cost += f", {totals['extrapolated_share']:.1%} of the money extrapolated"
    whole = totals | {"share": 1.0}
    table.add_row("total", *_amount_cells(whole, currency), *_journey_cells(totals, currency), cost)
    return table


def forecast_notes(document: Mapping[str, Any]) -> list[str]:
    """Return the line to print above a plan's table: that a naive forecast of the past was better.

    Args:
        document: content of ``plan.json``.
    """
    verdict = document["forecast_verdict"]
    return [verdict] if verdict and verdict.startswith(_WARNING) else []


def _amount_cells(row: Mapping[str, Any], currency: str | None) -> list[str]:
    conversions = row["conversions"]
    return [
        money(row["budget"], currency),
        f"{row['share']:.1%}",
        f"{conversions['mean']:,.1f}",
        f"{conversions['p05']:,.0f} to {conversions['p95']:,.0f}",
    ]


def _journey_cells(row: Mapping[str, Any], currency: str | None) -> list[str]:
    """Return the conversions that journeys credit, and the budget in the plan for claims."""
    if "journey_conversions" not in row:
        return []
    conversions, budget = row["journey_conversions"], row.get("budget_for_claims")
    interval = f"{conversions['p05']:,.0f} to {conversions['p95']:,.0f}"
    credited = f"{conversions['mean']:,.1f} ({interval})"
    return [credited, "" if budget is None else money(budget, currency, 0)]


def _note(row: Mapping[str, Any]) -> str:
    """Return the restart, the binding bound and the extrapolation."""
    notes = []
    if row.get("restart"):
        notes.append(f"restarted after {row['days_without_spend']} days")
    if row["binding"]:
        notes.append(row["binding"]["bound"])
    if row["extrapolation"]:
        times = row.get("times_recent_max")
        notes.append("extrapolated" if times is None else f"extrapolated {times:.1f}x its most")
    return ", ".join(notes)
