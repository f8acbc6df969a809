"""Plans side by side, from ``score.json``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mediagym.data.formats import Currency, count

MOST = 4  # scenarios that are compared at once
_SAME = 0.005  # share by which budgets may differ and still count as the same
LIVE = "live"  # name in a score of today's budgets going on


@dataclass(frozen=True)
class ScoredPlan:
    """One plan of a comparison."""

    label: str
    content: Mapping[str, Any]  # its row of ``plans`` in score.json
    is_best: bool  # it has the highest expected value


@dataclass(frozen=True)
class Pair:
    """Two plans in the same markets."""

    a: str
    b: str
    probability: float  # that A brings more than B, of what the objective counts
    difference: Mapping[str, float]  # of what is expected, with its paired 90 % interval


@dataclass(frozen=True)
class Compared:
    """Everything that the page of a comparison shows."""

    plans: tuple[ScoredPlan, ...]
    pairs: tuple[Pair, ...]
    campaigns: tuple[tuple[str, tuple[float, ...]], ...]  # name, budget in each plan
    objective: str  # conversions, revenue or profit: what the pairs count
    currency: str | None
    markets: str  # which markets all estimates are on
    sentence: str  # which plan brings most, and how surely
    caution: str  # that the plans do not spend the same; empty if they do


def compared(score: Mapping[str, Any], labels: Sequence[str]) -> Compared:
    """Return plans side by side.

    Args:
        score: content of ``score.json``.
        labels: names of the plans in its order; where there are fewer, the rest keep theirs.
    """
    rows = score["plans"]
    names = [*labels, *(_label(row["name"]) for row in rows[len(labels) :])]
    label_of = {row["name"]: label for row, label in zip(rows, names, strict=True)}
    best = max(rows, key=lambda row: row["value"]["mean"])
    plans = tuple(
        ScoredPlan(label, row, row is best) for label, row in zip(names, rows, strict=True)
    )
    counted = "conversions" if score["objective"] in ("conversions", "journeys") else "value"
    pairs = tuple(
        Pair(
            label_of[row["a"]],
            label_of[row["b"]],
            row[counted]["probability_above"],
            row[counted],
        )
        for row in score["comparisons"]
    )
    columns = [{each["name"]: each["budget"] for each in row["campaigns"]} for row in rows]
    campaigns = tuple(
        (name, tuple(column.get(name, 0.0) for column in columns)) for name in columns[0]
    )
    return Compared(
        plans=plans,
        pairs=pairs,
        campaigns=campaigns,
        objective=score["objective"],
        currency=score["currency"],
        markets=score["made"]["markets"],
        sentence=_sentence(label_of[best["name"]], plans, pairs, score),
        caution=_caution(rows, names, Currency(score["currency"])),
    )


def _label(name: str) -> str:
    return "Today’s budgets going on" if name == LIVE else name


def _sentence(
    best: str, plans: Sequence[ScoredPlan], pairs: Sequence[Pair], score: Mapping[str, Any]
) -> str:
    """Return how surely the best plan is better than the one that comes closest."""
    chances = [
        (pair.probability, pair.b) if pair.a == best else (1 - pair.probability, pair.a)
        for pair in pairs
        if best in (pair.a, pair.b)
    ]
    if not chances:
        return f"{best} is expected to bring most."
    chance, other = min(chances)
    rows = {plan.label: plan.content for plan in plans}
    if price := _price(rows[best], rows[other], score):
        return f"{best} brings more than {other} in {_in_ten(chance)} markets: {price}."
    return f"{best} is expected to bring most: it beats {other} in {_in_ten(chance)} markets."


def _price(best: Mapping[str, Any], other: Mapping[str, Any], score: Mapping[str, Any]) -> str:
    """Return what a plan brings for its further money; empty if it costs no more."""
    if score["objective"] not in ("conversions", "journeys"):
        return ""
    more = best["value"]["mean"] - other["value"]["mean"]
    money = best["budget"] - other["budget"]
    if more <= 0 or money <= _SAME * other["budget"]:
        return ""
    currency = Currency(score["currency"])
    each = currency.exact(money / more)
    return f"{currency.whole(money)} more, {count(more)} more conversions, each for {each}"


def _caution(rows: Sequence[Mapping[str, Any]], names: Sequence[str], currency: Currency) -> str:
    budgets = [row["budget"] for row in rows]
    if max(budgets) <= (1 + _SAME) * min(budgets):
        return ""
    each = [f"{name} {currency.whole(b)}" for name, b in zip(names, budgets, strict=True)]
    return (
        f"They do not spend the same ({', '.join(each)}): more money brings more, and its last "
        "conversions cost more."
    )


def _in_ten(chance: float) -> str:
    return f"{chance:.0%} of the" if 0.01 <= chance <= 0.99 else (
        "nearly all" if chance > 0.99 else "hardly any"
    )  # fmt: skip
