"""Content of ``frontier.json``: plans by budget, marginal costs, the range, and targets."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...data.storage import write_json
from ..scoring import cost_per, interval, markets_sentence
from .curve import Point
from .frontier import Frontier, Segment, marginal_cost, marginal_return
from .target import Answer, reached

SCHEMA_VERSION = 1


def write_frontier(frontier: Frontier, answers: Sequence[Answer], path: Path) -> dict[str, Any]:
    """Write ``frontier.json``, whole or not at all, and return its content."""
    content = document(frontier, answers)
    write_json(path, content)
    return content


def document(frontier: Frontier, answers: Sequence[Answer] = ()) -> dict[str, Any]:
    """Return the content of ``frontier.json``."""
    flight = frontier.flight
    has_revenue = any(point.outcomes.has_revenue for point in frontier.points)
    return {
        "schema_version": SCHEMA_VERSION,
        "objective": frontier.objective,
        "currency": flight.currency,
        "flight": {"start": str(flight.first), "end": str(flight.last), "days": flight.days},
        "made": {"markets": markets_sentence(frontier.draws)},
        "planned_budget": frontier.planned,
        "live_budget": frontier.live,
        "points": [_point(point, flight.names) for point in frontier.points],
        "marginal": [_segment(segment, has_revenue) for segment in frontier.segments],
        "feasible": {"least": frontier.least, "most": frontier.most},
        "refused": [{"budget": budget, "reason": why} for budget, why in frontier.refused],
        "targets": [_answer(answer) for answer in answers],
    }


def _point(point: Point, names: Sequence[str]) -> dict[str, Any]:
    outcomes, spent = point.outcomes, point.spent
    total = max(int(point.cents.sum()), 1)
    revenue = None
    if outcomes.has_revenue:
        revenue = interval(outcomes.revenue, outcomes.counted_revenue)
    return {
        "budget": point.budget,
        "spent": spent,
        "conversions": interval(outcomes.conversions, outcomes.counted),
        "revenue": revenue,
        "value": interval(outcomes.value, outcomes.value),
        "cpa": cost_per(spent, outcomes.conversions, outcomes.counted),
        "roas": revenue and {key: value / spent for key, value in revenue.items()},
        "campaigns": [
            {"name": name, "budget": int(cents) / 100, "share": int(cents) / total}
            for name, cents in zip(names, point.cents.sum(0), strict=True)
        ],
        "notes": list(point.notes),
    }


def _segment(segment: Segment, has_revenue: bool) -> dict[str, Any]:
    return {
        "from": segment.low,
        "to": segment.high,
        "conversions": float(segment.conversions.mean()),
        "cpa": marginal_cost(segment),
        "roas": marginal_return(segment) if has_revenue else None,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    target = answer.target

    def found(point: Point | None, sure: bool) -> dict[str, Any] | None:
        if point is None:
            return None
        return {
            "budget": point.budget,
            "reached": reached(target, point, sure),
            "conversions": float(point.outcomes.conversions.mean()),
        }

    return {
        "kind": target.kind,
        "amount": target.amount,
        "expected": found(answer.expected, False),
        "with_90_percent": found(answer.sure, True),
        "nearest": found(answer.nearest, False),
        "open_end": answer.open_end,
        "text": answer.sentence,
    }
