"""Tables for the screen and for documents."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table


def policy_table(summary: Mapping[str, Any]) -> Table:
    """Return the comparison as a table for the screen."""
    table = Table(title=f"{summary['markets']} held-out markets, same noise for all")
    for heading in ("policy", "value", "% of clairvoyant", "95 % interval", "p10"):
        table.add_column(heading, justify="left" if heading == "policy" else "right")
    for heading in ("violations", "cents off", "vs greedy", "vs static"):
        table.add_column(heading, justify="right")
    for cells in _rows(summary):
        table.add_row(*cells)
    return table


def markdown(summary: Mapping[str, Any]) -> str:
    """Return the comparison as a Markdown table."""
    heads = [
        "policy", "value", "% of clairvoyant", "95 % interval", "p10", "violations", "cents off",
        "vs greedy", "vs static",
    ]  # fmt: skip
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *_rows(summary)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


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


def learning_table(report: Mapping[str, Any]) -> Table:
    """Return what the calibration learnt, parameter by parameter."""
    table = Table(title="posterior mean (share learnt from data; the rest is prior)")
    table.add_column("campaign")
    names: list[str] = []
    for k, (campaign, found) in enumerate(report["campaigns"].items()):
        if k == 0:
            names = [name for name in found["parameters"] if name != "weekday"]
            for name in names:
                table.add_column(name.replace("_", " "), justify="right")
        cells = [found["parameters"][name] for name in names]
        table.add_row(campaign, *(f"{c['mean']:.3g} ({c['learnt']:.0%})" for c in cells))
    return table


def _rows(summary: Mapping[str, Any]) -> list[list[str]]:
    pairs = {(p["policy"], p["against"]): p for p in summary["paired"]}
    rows = []
    for row in summary["policies"]:
        low, high = row["interval"]
        rows.append(
            [
                row["policy"],
                f"{row['value']:,.1f}",
                f"{row['percent_of_clairvoyant']:.2f}",
                f"{low:.2f} to {high:.2f}",
                f"{row['p10']:.2f}",
                str(row["violations"]),
                str(row["cents_off"]),
                _difference(pairs.get((row["policy"], "greedy"))),
                _difference(pairs.get((row["policy"], "static"))),
            ]
        )
    return rows


def _difference(pair: Mapping[str, Any] | None) -> str:
    if pair is None:
        return ""
    low, high = pair["interval"]
    return f"{pair['difference']:+.2f} ({low:+.2f} to {high:+.2f})"


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
