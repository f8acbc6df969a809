"""`budget_for`: the least budget that reaches a volume, the most that keeps a CPA or a ROAS.

On the curve of best plans by budget, conversions rise with the budget and their cost rises too. The
budget is found by regula falsi in logarithms, and every step is a plan that is solved and looked up
on the held-out draws, so that the answer is a plan's and no interpolation.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from ...data.errors import ConfigError
from ...data.formats import money
from ...data.types import Progress
from ..experiment import Experiment
from .curve import Curve, Point, rounded

Kind = Literal["conversions", "cpa", "roas"]
SURE = 0.9  # share of the draws in which a target holds "with 90 %"
_STEPS = 6  # plans that are solved within a bracket at most
_CLOSE = 5e-4  # relative distance from the target that is close enough
_GROWTH = 1.5  # factor by which a bracket is widened
_RANGE = 10.0  # multiple of the planned budget, and part of it, that is searched


class Target(NamedTuple):
    """A volume to reach, or a cost or return to keep."""

    kind: Kind
    amount: float  # conversions, money per conversion, or revenue per unit of money; > 0


class Answer(NamedTuple):
    """The budget of a target and its plan; None where no budget meets it."""

    target: Target
    expected: Point | None  # met in expectation
    sure: Point | None  # met with 90 %, as counted
    nearest: Point  # the plan that comes closest where none meets it; else `expected`
    open_end: bool  # whether the target still holds at the last budget that was tried or fits
    sentence: str


Margin = Callable[[Point], float]
"""Relative surplus over a target at a plan: 0 or more where it is met."""


def budget_for(
    experiment: Experiment,
    target: Target,
    progress: Progress = lambda _: None,
    curve: Curve | None = None,
) -> Answer:
    """Return the budget of a target: in expectation, and with 90 %.

    Args:
        experiment: an advertiser's experiment; only the total of its constraints changes.
        target: what to reach or to keep.
        progress: called with every budget that is solved.
        curve: plans that are known already, and to which these are added; None: none.

    Raises:
        ConfigError: if a ROAS is asked for and the exports hold no revenue.
    """
    curve = curve or Curve(experiment, progress)
    if target.kind == "roas" and not curve.points[0].outcomes.has_revenue:
        raise ConfigError(
            "target.roas: the exports hold no revenue. Allowed: conversions and cpa. To fix: "
            "choose one of these, or export revenue."
        )
    rising = target.kind == "conversions"
    expected, nearest, is_open = _search(curve, lambda p: _margin(target, p, False), rising)
    sure, _, _ = _search(curve, lambda p: _margin(target, p, True), rising)
    answer = Answer(target, expected, sure, expected or nearest, is_open, "")
    currency = experiment.problem.constraints.currency
    return answer._replace(sentence=_sentence(answer, currency))


def reached(target: Target, point: Point, sure: bool = False) -> float:
    """Return what a plan reaches of a target's kind: in expectation, or with 90 %, as counted."""
    outcomes = point.outcomes
    expected, counted = outcomes.conversions, outcomes.counted
    if target.kind == "roas":
        expected, counted = outcomes.revenue, outcomes.counted_revenue
    result = float(np.quantile(counted, 1 - SURE) if sure else expected.mean())
    if target.kind == "conversions":
        return result
    if target.kind == "roas":
        return result / point.spent
    return point.spent / result if result > 0 else np.inf


def _margin(target: Target, point: Point, sure: bool) -> float:
    value = reached(target, point, sure)
    if target.kind == "cpa":
        return target.amount / value - 1
    return value / target.amount - 1


def _search(curve: Curve, margin: Margin, rising: bool) -> tuple[Point | None, Point, bool]:
    """Return the least (rising) or largest plan that meets a target, the nearest, and an open end.

    The end is open if the range of budgets ends before the target does.
    """
    met, unmet = _bracket(curve, margin, rising)
    if met is None:
        return None, max(curve.points, key=margin), False
    if unmet is None:
        return met, met, True
    return _refined(curve, margin, met, unmet), met, False


def _bracket(curve: Curve, margin: Margin, rising: bool) -> tuple[Point | None, Point | None]:
    """Return neighbouring plans that meet and miss a target; None for what is not in the range."""
    points = curve.points
    met = [point for point in points if margin(point) >= 0]
    if met:
        edge = met[0] if rising else met[-1]
        beyond = [p for p in points if (p.budget < edge.budget) == rising and p is not edge]
        if beyond:
            return edge, beyond[-1] if rising else beyond[0]
        return _walked(curve, margin, edge, up=not rising, until=False)
    edge = points[-1] if rising else points[0]
    other, last = _walked(curve, margin, edge, up=rising, until=True)
    return last, other


def _walked(
    curve: Curve, margin: Margin, edge: Point, up: bool, until: bool
) -> tuple[Point, Point | None]:
    """Widen the range from its edge until a plan meets (or misses) the target.

    Returns:
        The last plan before that, and the one that does; None if the range ends before.
    """
    limit = curve.planned * (_RANGE if up else 1 / _RANGE)
    while (edge.budget < limit) if up else (edge.budget > limit):
        factor = _GROWTH if up else 1 / _GROWTH
        budget = rounded(edge.budget * factor, up)
        point = curve.at(budget)
        ends = point is None
        if point is None:
            point = curve.end(edge.budget, budget)
        if point is not edge and (margin(point) >= 0) == until:
            return edge, point
        edge = point
        if ends:
            break
    return edge, None


def _refined(curve: Curve, margin: Margin, met: Point, unmet: Point) -> Point:
    """Return the plan that meets the target closest to where it is just met."""
    up = unmet.budget < met.budget  # rounding keeps a candidate on the side that meets it
    for _ in range(_STEPS):
        a, b = margin(met), margin(unmet)
        if a <= _CLOSE:
            break
        share = min(max(a / (a - b), 0.05), 0.95)
        log = (1 - share) * np.log(met.budget) + share * np.log(unmet.budget)
        budget = rounded(float(np.exp(log)), up)
        if budget in (met.budget, unmet.budget):
            break
        point = curve.at(budget)
        if point is None:
            break
        if margin(point) >= 0:
            met = point
        else:
            unmet = point
    return met


def _sentence(answer: Answer, currency: str | None) -> str:
    target = answer.target
    goal = {
        "conversions": f"{target.amount:,.6g} conversions",
        "cpa": f"a CPA of {money(target.amount, currency)}",
        "roas": f"a ROAS of {target.amount:g}",
    }[target.kind]
    if answer.expected is None:
        point = answer.nearest
        return (
            f"{goal}: out of reach. The closest is "
            f"{_text(target, reached(target, point), currency)} in expectation, at "
            f"{money(point.budget, currency, 0)}."
        )
    point, rising = answer.expected, target.kind == "conversions"
    budget = money(point.budget, currency, 0)
    if answer.open_end:
        what = (
            f"reached even with {budget}, the least budget that fits or was tried"
            if rising
            else f"kept up to {budget}, the largest budget that fits or was tried"
        )
    else:
        what = f"{'at least' if rising else 'at most'} {budget} in expectation"
    got = f"{point.outcomes.conversions.mean():,.0f} conversions"
    cost = Target("cpa", 1) if rising else target
    got += f", {_text(cost, reached(cost, point), currency)}"
    sure = (
        "no budget in the range meets it with 90 %"
        if answer.sure is None
        else f"{money(answer.sure.budget, currency, 0)} to meet it with 90 %"
    )
    return f"{goal}: {what} ({got}); {sure}."


def _text(target: Target, value: float, currency: str | None) -> str:
    if target.kind == "conversions":
        return f"{value:,.0f} conversions"
    return f"CPA {money(value, currency)}" if target.kind == "cpa" else f"ROAS {value:.2f}"
