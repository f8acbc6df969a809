"""Tables of a comparison for the terminal and for documents."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.table import Table

from ...data.display import markdown_text, terminal

_LEGEND = (
    "Percent of the clairvoyant with 95 % intervals; IQM: mean of the middle half; p10: tenth "
    "percentile; CVaR: mean of the worst tenth; vs: paired difference, and how often it is better; "
    "ms per decision: for all flights of the batch."
)
_TITLE = 120  # characters
_TERMINAL = ("policy", "value", "mean", "p10")  # fits 140 characters with three references
_CELLS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "policy": lambda row: str(row["name"]),
    "seeds": lambda row: str(row["seeds"]),
    "value": lambda row: f"{row['value']:,.1f}",
    "mean": lambda row: _within(row["mean"], row["ci"], ".2f"),
    "IQM": lambda row: _within(row["iqm"], row["iqm_ci"], ".2f"),
    "p10": lambda row: f"{row['p10']:.2f}",
    "CVaR": lambda row: _within(row["cvar"], row["cvar_ci"], ".2f"),
    "violations": lambda row: str(row["violations"]),
    "cents off": lambda row: str(row["cents_off"]),
    "turnover": lambda row: f"{row['turnover']:.1%}",
    "ms per decision": lambda row: f"{1000 * row['seconds_per_decision']:.3g}",
}


def policy_table(task: Mapping[str, Any]) -> Table:
    """Return the comparison on one task as a table for the terminal, best policy first."""
    title = f"{task['id']}: {task['markets']} held-out markets, same noise for all"
    broken = sum(row["violations"] for row in task["policies"])
    off = max(row["cents_off"] for row in task["policies"])
    caption = f"percent of the clairvoyant; {broken} constraints broken, {off} cents off the budget"
    table = Table(title=terminal(title, _TITLE), caption=caption)
    heads, *rows = _lines(task, _TERMINAL, probability=False)
    for heading in heads:
        table.add_column(terminal(heading), justify="left" if heading == "policy" else "right")
    for cells in rows:
        table.add_row(*map(terminal, cells))
    return table


def markdown(tasks: Sequence[Mapping[str, Any]]) -> str:
    """Return comparisons as Markdown tables, one per task, best policy first."""
    parts = []
    for task in tasks:
        heads, *rows = _lines(task, tuple(_CELLS), probability=True)
        lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
        table = "\n".join("| " + " | ".join(map(markdown_text, line)) + " |" for line in lines)
        parts.append(f"### {markdown_text(task['id'])}, {task['markets']} markets\n\n{table}")
    return "\n\n".join([*parts, _LEGEND])


def _lines(task: Mapping[str, Any], shown: Sequence[str], *, probability: bool) -> list[list[str]]:
    """Return the headings and a row per policy: the columns shown, then one per reference.

    Args:
        task: an element of ``tasks`` in ``evaluation.json``.
        shown: headings of ``_CELLS``.
        probability: whether differences are followed by the probability of improvement.
    """
    pairs = {(pair["a"], pair["b"]): pair for pair in task["paired"]}
    references = list(dict.fromkeys(pair["b"] for pair in task["paired"]))
    lines = [[*shown, *(f"vs {name}" for name in references)]]
    for row in sorted(task["policies"], key=lambda row: -row["mean"]):
        beside = (_difference(pairs.get((row["name"], name)), probability) for name in references)
        lines.append([*(_CELLS[heading](row) for heading in shown), *beside])
    return lines


def _difference(pair: Mapping[str, Any] | None, probability: bool) -> str:
    if pair is None:
        return ""
    difference = _within(pair["difference"], pair["ci"], "+.2f")
    return f"{difference}, {pair['probability']:.0%}" if probability else difference


def _within(middle: float, ci: Sequence[float], shape: str) -> str:
    return f"{middle:{shape}} ({ci[0]:{shape}}..{ci[1]:{shape}})"
