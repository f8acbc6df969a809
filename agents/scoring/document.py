"""Content of ``score.json``."""

from pathlib import Path
from typing import Any

from ...data.storage import write_json
from .entries import Entry
from .outcomes import cost_per, interval
from .own_plan import Cents
from .score import Comparison, Score, differences, probability_above

SCHEMA_VERSION = 1


def write_score(score: Score, path: Path) -> dict[str, Any]:
    """Write ``score.json``, whole or not at all, and return its content."""
    content = document(score)
    write_json(path, content)
    return content


def document(score: Score) -> dict[str, Any]:
    """Return the content of ``score.json``."""
    flight = score.flight
    return {
        "schema_version": SCHEMA_VERSION,
        "objective": score.objective,
        "currency": flight.currency,
        "flight": {
            "start": str(flight.first),
            "end": str(flight.last),
            "days": flight.days,
            "budget": flight.budget_cents / 100,
        },
        "made": {"markets": markets_sentence(score.draws)},
        "plans": [_plan(entry, score) for entry in score.entries],
        "comparisons": [_comparison(pair, score) for pair in score.comparisons],
        "notes": list(score.notes),
    }


def markets_sentence(draws: int) -> str:
    """Return on which markets the estimates are."""
    return f"{draws:,} held-out draws of the posterior, the same for every plan"


def _plan(entry: Entry, score: Score) -> dict[str, Any]:
    outcomes = entry.outcomes
    revenue = interval(outcomes.revenue, outcomes.counted_revenue)
    return {
        "name": entry.name,
        "kind": "own" if entry.own else "proposed",
        "source": entry.source,
        "budget": entry.budget,
        "conversions": interval(outcomes.conversions, outcomes.counted),
        "revenue": revenue if outcomes.has_revenue else None,
        "value": interval(outcomes.value, outcomes.value),
        "cpa": cost_per(entry.budget, outcomes.conversions, outcomes.counted),
        "roas": _roas(entry) if outcomes.has_revenue and entry.budget else None,
        "broken": [rule._asdict() for rule in entry.broken],
        "campaigns": _campaigns(entry.cents, score),
        "notes": list(entry.notes),
    }


def _roas(entry: Entry) -> dict[str, float]:
    outcomes, budget = entry.outcomes, entry.budget
    return interval(outcomes.revenue / budget, outcomes.counted_revenue / budget)


def _campaigns(cents: Cents, score: Score) -> list[dict[str, Any]]:
    total = max(int(cents.sum()), 1)
    return [
        {"name": name, "budget": int(spent) / 100, "share": int(spent) / total}
        for name, spent in zip(score.flight.names, cents.sum(0), strict=True)
    ]


def _comparison(pair: Comparison, score: Score) -> dict[str, Any]:
    has_revenue = any(entry.outcomes.has_revenue for entry in score.entries)
    content: dict[str, Any] = {"a": pair.a, "b": pair.b}
    for key in ("conversions", "revenue", "value"):
        values = getattr(pair, key)
        if key == "revenue" and not has_revenue:
            content[key] = None
            continue
        content[key] = {
            **differences(values),
            "probability_above": probability_above(values),
        }
    return content
