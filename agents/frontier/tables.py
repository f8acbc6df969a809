"""A frontier as a table in the terminal, and what it says about its ends and targets."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from ...data.display import MAX_MESSAGE, terminal
from ...data.formats import money


def frontier_table(document: Mapping[str, Any]) -> Table:
    """Return budgets with conversions, interval, CPA and what the next conversions cost.

    Args:
        document: content of ``frontier.json``.
    """
    flight, currency = document["flight"], document["currency"]
    has_revenue = any(point["revenue"] for point in document["points"])
    table = Table(
        title=f"Best plans by budget, {flight['start']} to {flight['end']}",
        caption=terminal(document["made"]["markets"], MAX_MESSAGE),
    )
    headings = ("budget", "conversions", "90 % interval", "CPA", "next conversion costs")
    for heading in (*headings, *(("ROAS",) if has_revenue else ()), ""):
        table.add_column(heading, justify="right" if heading else "left")
    next_cost = {segment["from"]: segment["cpa"] for segment in document["marginal"]}
    for point in document["points"]:
        conversions = point["conversions"]
        marginal = next_cost.get(point["spent"])
        table.add_row(
            money(point["budget"], currency, 0),
            f"{conversions['mean']:,.0f}",
            f"{conversions['p05']:,.0f} to {conversions['p95']:,.0f}",
            "-" if point["cpa"] is None else money(point["cpa"]["mean"], currency),
            "" if marginal is None else money(marginal["mean"], currency),
            *((f"{point['roas']['mean']:.2f}",) if has_revenue else ()),
            "the plan" if point["budget"] == document["planned_budget"] else "",
        )
    return table


def frontier_lines(document: Mapping[str, Any]) -> list[str]:
    """Return sentences on targets, on where the range of budgets ends, and on refused budgets.

    Args:
        document: content of ``frontier.json``.
    """
    currency, ends = document["currency"], document["feasible"]
    lines = [answer["text"] for answer in document["targets"]]
    for key, word in (("least", "below"), ("most", "above")):
        if ends[key] is not None:
            lines.append(f"No plan keeps every rule {word} about {money(ends[key], currency, 0)}.")
    lines += [
        f"{money(row['budget'], currency, 0)}: {row['reason']}" for row in document["refused"][:2]
    ]
    return lines
