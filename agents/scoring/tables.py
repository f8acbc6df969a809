"""Scores as tables in the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from ...data.display import MAX_MESSAGE, shortened, terminal
from ...data.formats import money

_MAX_BROKEN = {"own": 8, "proposed": 1}  # broken rules of a plan that are printed
_PERCENT = 100


def score_table(document: Mapping[str, Any]) -> Table:
    """Return every plan's money, results, cost per result and broken rules.

    Args:
        document: content of ``score.json``.
    """
    flight, currency = document["flight"], document["currency"]
    has_revenue = any(plan["revenue"] for plan in document["plans"])
    table = Table(
        title=f"Plans for {flight['start']} to {flight['end']}",
        caption=terminal(document["made"]["markets"], MAX_MESSAGE),
    )
    headings = ["plan", "budget", "conversions", "90 % interval", "CPA"]
    headings += ["revenue", "ROAS"] if has_revenue else []
    for heading in (*headings, "broken rules"):
        table.add_column(heading, justify="left" if heading == "plan" else "right")
    for plan in document["plans"]:
        name = shortened(plan["name"]) + (" (yours)" if plan["kind"] == "own" else "")
        table.add_row(
            terminal(name),
            money(plan["budget"], currency),
            f"{plan['conversions']['mean']:,.1f}",
            _range(plan["conversions"], "{:,.0f}"),
            "-" if plan["cpa"] is None else money(plan["cpa"]["mean"], currency),
            *(_revenue_cells(plan, currency) if has_revenue else ()),
            str(len(plan["broken"]) or "none"),
        )
    return table


def difference_table(document: Mapping[str, Any]) -> Table:
    """Return the differences of the user's plans from the others, with paired intervals.

    Args:
        document: content of ``score.json``.
    """
    key, title = _unit(document)
    currency = document["currency"] if key == "value" else None
    table = Table(title=f"Differences in {title}, plan by plan in the same markets")
    for heading in ("A", "B", "A - B", "90 % interval", "P(A > B)"):
        table.add_column(heading, justify="left" if heading in "AB" else "right")
    for pair in document["comparisons"]:
        values = pair[key]
        shown = {
            part: _signed(values[part], key == "value", currency) for part in ("mean", "p05", "p95")
        }
        table.add_row(
            terminal(pair["a"]),
            terminal(pair["b"]),
            shown["mean"],
            f"{shown['p05']} to {shown['p95']}",
            _share(values["probability_above"]),
        )
    return table


def broken_lines(document: Mapping[str, Any]) -> list[str]:
    """Return a line per rule that one of the plans breaks; of many, the first and how many more.

    Args:
        document: content of ``score.json``.
    """
    lines = []
    for plan in document["plans"]:
        broken, most = plan["broken"], _MAX_BROKEN[plan["kind"]]
        lines += [f"{plan['name']} breaks a rule: {_broken(rule)}" for rule in broken[:most]]
        if len(broken) > most:
            lines.append(f"{plan['name']} breaks {len(broken) - most} more (score.json).")
    return lines


def _broken(rule: Mapping[str, Any]) -> str:
    """Return a broken rule: its first violation, and on how many days it is broken."""
    days = f" (and on {rule['times'] - 1} more days)" if rule["times"] > 1 else ""
    return f"{rule['example']}{days}"


def _unit(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return which difference is shown, and what it is called."""
    if document["objective"] in ("revenue", "profit"):
        return "value", f"expected {document['objective']}"
    return "conversions", "expected conversions"


def _revenue_cells(plan: Mapping[str, Any], currency: str | None) -> list[str]:
    if plan["revenue"] is None:
        return ["-", "-"]
    roas = "-" if plan["roas"] is None else f"{plan['roas']['mean']:.2f}"
    return [money(plan["revenue"]["mean"], currency, 0), roas]


def _range(values: Mapping[str, float], form: str) -> str:
    return f"{form.format(values['p05'])} to {form.format(values['p95'])}"


def _signed(value: float, is_money: bool, currency: str | None) -> str:
    sign = "+" if value >= 0 else "-"
    return sign + (money(abs(value), currency, 0) if is_money else f"{abs(value):,.1f}")


def _share(probability: float) -> str:
    """Return a probability in percent; never 0 or 100 from draws alone."""
    percent = _PERCENT * probability
    return "< 1 %" if percent < 1 else "> 99 %" if percent > _PERCENT - 1 else f"{percent:.0f} %"
