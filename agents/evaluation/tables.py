"""Tables of a comparison for the terminal and for documents."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from ...data.display import markdown_text, shortened, terminal

_LEGEND = (
    "Percent of the clairvoyant with 95 % intervals; gap closed: share of the gap between the "
    "static plan and the clairvoyant; of informed: percent of a policy that knows the market but "
    "not the future; IQM: mean of the middle half; p10: tenth percentile; CVaR: mean of the worst "
    "tenth; vs: paired difference, and how often it is better; ms per decision: for all flights of "
    "the batch."
)
BEST_KNOWN = (
    "The clairvoyant is the best plan known here, not a proven bound: the value of a plan is not "
    "concave."
)
_TITLE = 120  # characters
_TERMINAL = ("policy", "value", "mean", "closed")  # fits 140 characters with three references
_CELLS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "policy": lambda row: _called(row),
    "seeds": lambda row: str(row["seeds"]),
    "value": lambda row: f"{row['value']:,.1f}",
    "mean": lambda row: _within(row["mean"], row["ci"], ".2f"),
    "gap closed": lambda row: _share(row, "closed", ".1f"),
    "of informed": lambda row: _share(row, "informed", ".2f"),
    "IQM": lambda row: _within(row["iqm"], row["iqm_ci"], ".2f"),
    "p10": lambda row: f"{row['p10']:.2f}",
    "CVaR": lambda row: _within(row["cvar"], row["cvar_ci"], ".2f"),
    "violations": lambda row: str(row["violations"]),
    "cents off": lambda row: str(row["cents_off"]),
    "turnover": lambda row: f"{row['turnover']:.1%}",
    "ms per decision": lambda row: f"{1000 * row['seconds_per_decision']:.3g}",
}
_SHORT: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    **_CELLS,
    "closed": lambda row: "" if row.get("closed") is None else f"{row['closed']:.0f}%",
}


def policy_table(task: Mapping[str, Any]) -> Table:
    """Return the comparison on one task as a table for the terminal, best policy first."""
    title = f"{task['id']}: {task['markets']} held-out markets, same noise for all"
    broken = sum(row["violations"] for row in task["policies"])
    off = max(row["cents_off"] for row in task["policies"])
    caption = "\n".join(
        (
            "percent of the clairvoyant; closed: of the gap between static plan and clairvoyant; "
            f"{broken} constraints broken, {off} cents off the budget",
            *_remarks(task, shortened),
        )
    )
    table = Table(title=terminal(title, _TITLE), caption=Text(caption))
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
        parts.extend(_remarks(task, markdown_text))
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
        lines.append([*(_SHORT[heading](row) for heading in shown), *beside])
    return lines


def origins(row: Mapping[str, Any]) -> str:
    """Return what a learned policy's weights are, by training seed: ``3 apg, 2 ppo after apg``."""
    counts = row.get("origins") or {}
    return ", ".join(f"{counts[origin]} {origin}" for origin in sorted(counts))


def _called(row: Mapping[str, Any]) -> str:
    """Return a policy's name, with its origin where that is not what the name says."""
    name, kinds = str(row["name"]), list(row.get("origins") or {})
    if not kinds or kinds == [name]:
        return name
    return f"{name} ({kinds[0] if len(kinds) == 1 else 'mixed'})"


def _remarks(task: Mapping[str, Any], shown: Callable[[str], str]) -> list[str]:
    """Return the lines under a table: what learned policies are, and what the clairvoyant is."""
    learned = [row for row in task["policies"] if row.get("origins")]
    lines = [f"Weights of {shown(row['name'])} by seed: {shown(origins(row))}." for row in learned]
    return [*lines, BEST_KNOWN] if task.get("best_known") else lines


def _share(row: Mapping[str, Any], key: str, shape: str) -> str:
    value = row.get(key)
    return "" if value is None else _within(value, row[f"{key}_ci"], shape)


def _difference(pair: Mapping[str, Any] | None, probability: bool) -> str:
    if pair is None:
        return ""
    difference = _within(pair["difference"], pair["ci"], "+.2f")
    return f"{difference}, {pair['probability']:.0%}" if probability else difference


def _within(middle: float, ci: Sequence[float], shape: str) -> str:
    return f"{middle:{shape}} ({ci[0]:{shape}}..{ci[1]:{shape}})"
