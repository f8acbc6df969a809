"""Spectral projected gradient for whole plans, where the constraints do not couple days.

Without a pacing band or a change limit the feasible plans are one tree of sums (root, channels,
campaigns, days), onto which the projection is exact. Every row of a batch is a problem of its own
with its own step: Birgin, Martinez and Raydan, SIAM J. Optim. 10(4), 2000, with the step lengths of
Barzilai and Borwein, IMA J. Numer. Anal. 8(1), 1988. Gradients come through ``market.step``.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ..constraints import Constraints, Ledger, floor_remaining, remaining
from ..projection import Bounds, Tree, project

PlanObjective = Callable[[Floats], tuple[Floats, Floats]]
"""(rows, days, campaigns) dollars -> (rows,) value and its gradient."""
_SUFFICIENT_INCREASE = 1e-4  # share of the first-order gain that a step must bring
_MEMORY = 8  # a step must beat the lowest of this many values: not a monotone search
_BACKTRACKING = 0.3  # factor on a rejected step
_STEP_RANGE = (1e-9, 1e9)  # allowed step lengths, as multiples of the first one


class PlanOptimum(NamedTuple):
    """The best plans of a run and their values."""

    plan: Floats  # (rows, days, campaigns) dollars
    value: Floats  # (rows,)


def maximise(
    objective: PlanObjective,
    projection: Callable[[Floats], Floats],
    initial_plan: Floats,
    iterations: int,
    tolerance: float = 1e-6,
) -> PlanOptimum:
    """Maximise every row from its own start and return the best plans met on the way.

    Args:
        objective: value and gradient of plans.
        projection: projects plans onto the feasible ones.
        initial_plan: (rows, days, campaigns) dollars; need not be feasible.
        iterations: maximum number of evaluations of the objective.
        tolerance: relative gain of twenty evaluations below which the run ends.
    """
    plan = projection(initial_plan)
    value, gradient = objective(plan)
    mean_spend = np.abs(plan).sum((1, 2)) / plan[0].size
    length = first = mean_spend / np.maximum(np.abs(gradient).max((1, 2)), 1e-12)
    direction, shrink = _direction(projection, plan, gradient, length), np.ones(len(plan))
    best, recent = PlanOptimum(plan, value), np.repeat(value[None], _MEMORY, 0)
    checked = value
    for i in range(iterations):
        candidate = plan + shrink[:, None, None] * direction
        new_value, new_gradient = objective(candidate)
        first_order_gain = shrink * (gradient * direction).sum((1, 2))
        accepted = new_value >= recent.min(0) + _SUFFICIENT_INCREASE * first_order_gain
        new_length = _step_length(candidate - plan, gradient - new_gradient, length, first)
        length, rows = np.where(accepted, new_length, length), accepted[:, None, None]
        plan, gradient = np.where(rows, candidate, plan), np.where(rows, new_gradient, gradient)
        value = np.where(accepted, new_value, value)
        shrink = np.where(accepted, 1.0, _BACKTRACKING * shrink)
        recent[i % _MEMORY] = np.where(accepted, value, recent[i % _MEMORY])
        improved = (value > best.value)[:, None, None]
        best = PlanOptimum(np.where(improved, plan, best.plan), np.maximum(value, best.value))
        direction = np.where(rows, _direction(projection, plan, gradient, length), direction)
        if i % 20 == 19:
            if (best.value - checked <= tolerance * np.abs(checked)).all():
                break
            checked = best.value
    return best


def project_daily_plan(
    constraints: Constraints, caps: Floats | None = None, daily_minimum: Floats | None = None
) -> Callable[[Floats], Floats]:
    """Return the projection of whole plans, (rows, days, campaigns), onto the feasible ones.

    Args:
        constraints: constraint set without a pacing band or a change limit.
        caps: (rows, days, campaigns) dollars that can be delivered; None: no such limit.
        daily_minimum: (campaigns,) minimum dollars per day, such as ``daily_floors``; None: 0.
    """
    days, count = constraints.days, len(constraints.names)
    tree = Tree.of([*constraints.tree.parents, np.repeat(np.arange(count), days)])
    floors = [floor / 100 for floor in constraints.floor_cents]
    total = np.array([constraints.total])
    daily_caps = np.repeat(constraints.daily_cap_cents / 100, days)
    highest = daily_caps if caps is None else np.minimum(daily_caps, _leaves(caps))
    lowest = np.zeros(days * count) if daily_minimum is None else np.repeat(daily_minimum, days)
    bounds = Bounds(
        (total if constraints.spend_all else 0 * total, *floors, lowest),
        (total, *(cap / 100 for cap in constraints.cap_cents), highest),
    )

    return _onto(tree, bounds, days)


def project_remaining_plan(constraints: Constraints, ledger: Ledger) -> Callable[[Floats], Floats]:
    """Return the projection of plans of the days that are left onto what is still feasible.

    Args:
        constraints: constraint set without a pacing band or a change limit.
        ledger: spend so far of the flights, one per row of the plans.

    Returns:
        A function of plans, (rows, days left, campaigns).
    """
    days, arrays = constraints.days - ledger.day, constraints.arrays(ledger.spent)
    tree = Tree.of([*constraints.tree.parents, np.repeat(np.arange(len(constraints.names)), days)])
    left = np.maximum(remaining(constraints, ledger), 0.0)[:, None]
    channels = arrays.add_up(1, ledger.spent)
    _, *floors = floor_remaining(constraints, ledger)
    room = [
        np.maximum(cap - spent, 0.0)
        for cap, spent in zip(arrays.caps[1:], (channels, ledger.spent), strict=True)
    ]
    daily = np.repeat(arrays.daily_caps, days)
    lower = (left if constraints.spend_all else 0 * left, *floors, 0 * daily)
    return _onto(tree, Bounds(lower, (left, *room, daily)), days)


def project_constant_plan(constraints: Constraints) -> Callable[[Floats], Floats]:
    """Return the projection of plans that are the same every day, (rows, 1, campaigns)."""
    days = constraints.days
    total = np.array([constraints.total]) / days
    floors = [floor / 100 / days for floor in constraints.floor_cents]
    caps = [cap / 100 / days for cap in constraints.cap_cents]
    caps[-1] = np.minimum(caps[-1], constraints.daily_cap_cents / 100)
    lower = (total if constraints.spend_all else 0 * total, *floors)
    bounds = Bounds(lower, (total, *caps))
    return lambda plans: np.asarray(project(constraints.tree, plans, bounds))


def _step_length(
    plan_change: Floats, gradient_drop: Floats, length: Floats, first: Floats
) -> Floats:
    """Return the step length of Barzilai and Borwein, (rows,), kept in ``_STEP_RANGE``.

    Where the objective is not concave along the step, the length grows tenfold.
    """
    curvature = (plan_change * gradient_drop).sum((1, 2))
    new = (plan_change**2).sum((1, 2)) / np.where(curvature > 0, curvature, np.inf)
    new = np.where(curvature > 0, new, 10 * length)
    return np.asarray(np.clip(new, _STEP_RANGE[0] * first, _STEP_RANGE[1] * first))


def _direction(
    projection: Callable[[Floats], Floats], plan: Floats, gradient: Floats, length: Floats
) -> Floats:
    return np.asarray(projection(plan + length[:, None, None] * gradient) - plan)


def _onto(tree: Tree, bounds: Bounds, days: int) -> Callable[[Floats], Floats]:
    """Return the projection of (rows, days, campaigns) onto bounds of campaigns' days."""

    def projection(plans: Floats) -> Floats:
        spend: Floats = project(tree, _leaves(plans), bounds)
        return spend.reshape(len(plans), -1, days).swapaxes(1, 2)

    return projection


def _leaves(plans: Floats) -> Floats:
    """Return (rows, days, campaigns) as (rows, campaigns x days)."""
    return plans.swapaxes(1, 2).reshape(len(plans), -1)
