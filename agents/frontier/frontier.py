"""`frontier_of`: value, marginal cost and bands over budgets."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ...data.errors import ConfigError
from ...data.types import Floats, Progress
from ..experiment import Experiment
from ..scoring import INTERVAL, Flight, flight_of
from .curve import Curve, Point

_BUDGETS = 9  # budgets between two ends
_APART = 0.01  # share by which neighbouring budgets differ at least, for a marginal cost


class Segment(NamedTuple):
    """What the money between two neighbouring budgets brings; the same draws for both."""

    low: float
    high: float
    conversions: Floats  # expected conversions more, (draws,)
    revenue: Floats  # the same of revenue


class Frontier(NamedTuple):
    """The best plan by budget, and where the range of budgets ends."""

    flight: Flight
    objective: str
    draws: int
    points: tuple[Point, ...]  # by budget
    segments: tuple[Segment, ...]
    planned: float  # budget of the plan
    live: float  # what today's daily budgets come to over the flight
    refused: tuple[tuple[float, str], ...]  # budgets without a plan, and why
    least: float | None  # smallest budget found to have a plan; None: the range does not end there
    most: float | None  # largest


def budgets_of(given: Sequence[float]) -> list[float]:
    """Return the budgets of a frontier: nine between two ends, or those that are given.

    Raises:
        ConfigError: if fewer than two different ones are given.
    """
    budgets = sorted(set(map(float, given)))
    if len(budgets) < 2:
        raise ConfigError(
            f"frontier: {list(given)} was given. Allowed: two ends, such as [100000,300000], or "
            "all budgets. To fix: name two budgets or more."
        )
    if len(budgets) > 2:
        return budgets
    return [float(round(budget)) for budget in np.linspace(budgets[0], budgets[1], _BUDGETS)]


def frontier_of(
    experiment: Experiment,
    budgets: Sequence[float],
    progress: Progress = lambda _: None,
    curve: Curve | None = None,
) -> Frontier:
    """Return the best executable plan of every budget, all on the same held-out draws.

    Where a budget has no plan, the end of the feasible range is looked for between it and its
    neighbour.

    Args:
        experiment: an advertiser's experiment; only the total of its constraints changes.
        budgets: two ends, or all budgets; in units of the currency.
        progress: called with every budget that is solved.
        curve: plans that are known already, and to which these are added; None: none.

    Raises:
        ConfigError: if fewer than two budgets are given, or none has a plan.
    """
    curve = curve or Curve(experiment, progress)
    wanted = budgets_of(budgets)
    for budget in wanted:
        curve.at(budget)
    inside = [p.budget for p in curve.points if wanted[0] <= p.budget <= wanted[-1]]
    if not inside:
        (first, reason), *_ = sorted(curve.refused.items())
        raise ConfigError(
            f"frontier: none of the budgets has a plan; the first, {first:,.0f}: {reason}. "
            "To fix: choose other budgets, or widen what the constraints name."
        )
    below = [b for b in wanted if b in curve.refused and b < inside[0]]
    above = [b for b in wanted if b in curve.refused and b > inside[-1]]
    least = curve.end(inside[0], max(below)).budget if below else None
    most = curve.end(inside[-1], min(above)).budget if above else None
    return gathered(curve, wanted[0], wanted[-1], least, most)


def gathered(
    curve: Curve, low: float, high: float, least: float | None = None, most: float | None = None
) -> Frontier:
    """Return the plans of a curve between two budgets as a frontier."""
    points = tuple(point for point in curve.points if low <= point.budget <= high)
    return Frontier(
        flight_of(curve.experiment),
        curve.experiment.problem.objective.name,
        len(curve.draws.market.elasticity),
        points,
        tuple(_segments(points)),
        curve.planned,
        curve.live,
        tuple(sorted((b, why) for b, why in curve.refused.items() if low <= b <= high)),
        least,
        most,
    )


def _segments(points: Sequence[Point]) -> list[Segment]:
    apart = list(points[:1])
    for point in points[1:]:
        if point.spent > (1 + _APART) * apart[-1].spent:
            apart.append(point)
    return [
        Segment(
            a.spent,
            b.spent,
            b.outcomes.conversions - a.outcomes.conversions,
            b.outcomes.revenue - a.outcomes.revenue,
        )
        for a, b in pairwise(apart)
    ]


def marginal_cost(segment: Segment) -> dict[str, float | None] | None:
    """Return money per further conversion, with the 90 % interval over markets.

    None where more money is not expected to bring more; an end is None where it is so in a draw
    at that quantile.
    """
    money, more = segment.high - segment.low, segment.conversions
    if more.mean() <= 0:
        return None
    low, high = np.quantile(more, INTERVAL)
    return {
        "mean": money / float(more.mean()),
        "p05": money / float(high) if high > 0 else None,
        "p95": money / float(low) if low > 0 else None,
    }


def marginal_return(segment: Segment) -> dict[str, float]:
    """Return further revenue per further unit of money, with the 90 % interval over markets."""
    ratios = segment.revenue / (segment.high - segment.low)
    low, high = np.quantile(ratios, INTERVAL)
    return {"mean": float(ratios.mean()), "p05": float(low), "p95": float(high)}
