"""The best whole plans by spectral projected gradient, where days do not bind each other.

Without a pacing band or a change limit all that is allowed of a whole plan is one tree of sums,
root, channels, campaigns, days, onto which the projection is exact. Every row of a batch is its
own problem with its own step: Birgin, Martinez and Raydan, SIAM J. Optim. 10(4), 2000, with the
steps of Barzilai and Borwein. Gradients come through ``market.step``.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ..constraints import Constraints
from ..projection import Bounds, Tree, project

PlanObjective = Callable[[Floats], tuple[Floats, Floats]]
"""(rows, days, campaigns) dollars -> (rows,) value and its gradient."""
_ENOUGH = 1e-4  # share of the promised gain that a step must bring
_MEMORY = 8  # values, the least of which a step must beat: not every step goes up
_RETREAT = 0.3  # factor of a step that did not
_STEPS = (1e-9, 1e9)  # least and most dollars a unit of gradient, times the first step


class PlanOptimum(NamedTuple):
    """The best plans that were met."""

    plan: Floats  # (rows, days, campaigns) dollars
    value: Floats  # (rows,)


def maximise(
    worth: PlanObjective,
    feasible: Callable[[Floats], Floats],
    begin: Floats,
    iterations: int,
    tolerance: float = 1e-6,
) -> PlanOptimum:
    """Climb every row from its own beginning.

    Args:
        worth: value and gradient of plans.
        feasible: the projection onto what is allowed.
        begin: (rows, days, campaigns) dollars; need not be feasible.
        iterations: evaluations at most.
        tolerance: relative gain of twenty evaluations below which the climb ends.
    """
    plan = feasible(begin)
    value, slope = worth(plan)
    reach = np.abs(plan).sum((1, 2)) / plan[0].size
    size = first = reach / np.maximum(np.abs(slope).max((1, 2)), 1e-12)
    way, shrink, earlier = _way(feasible, plan, slope, size), np.ones(len(plan)), value
    best, recent = PlanOptimum(plan, value), np.repeat(value[None], _MEMORY, 0)
    for i in range(iterations):
        ahead = plan + shrink[:, None, None] * way
        new_value, new_slope = worth(ahead)
        promised = shrink * (slope * way).sum((1, 2))
        good = new_value >= recent.min(0) + _ENOUGH * promised
        moved, bent = ahead - plan, slope - new_slope
        curved = (moved * bent).sum((1, 2))
        guess = (moved**2).sum((1, 2)) / np.where(curved > 0, curved, np.inf)
        guess = np.where(curved > 0, guess, 10 * size)
        size = np.where(good, np.clip(guess, _STEPS[0] * first, _STEPS[1] * first), size)
        pick = good[:, None, None]
        plan, slope = np.where(pick, ahead, plan), np.where(pick, new_slope, slope)
        value, shrink = np.where(good, new_value, value), np.where(good, 1.0, _RETREAT * shrink)
        recent[i % _MEMORY] = np.where(good, value, recent[i % _MEMORY])
        ahead_of_all = value > best.value
        best = PlanOptimum(
            np.where(ahead_of_all[:, None, None], plan, best.plan), np.maximum(value, best.value)
        )
        way = np.where(pick, _way(feasible, plan, slope, size), way)
        if i % 20 == 19:
            if (best.value - earlier <= tolerance * np.abs(earlier)).all():
                break
            earlier = best.value
    return best


def project_daily_plan(
    constraints: Constraints, caps: Floats | None = None, least: Floats | None = None
) -> Callable[[Floats], Floats]:
    """Return the projection of whole plans, (rows, days, campaigns), onto all that is allowed.

    Args:
        constraints: without a pacing band or a change limit.
        caps: (rows, days, campaigns) dollars that can be delivered, if the market sets a bound.
        least: (campaigns,) dollars every day, if any; see ``even_floors``.
    """
    days, count = constraints.days, len(constraints.names)
    tree = Tree.of([*constraints.tree.parents, np.repeat(np.arange(count), days)])
    floors = [floor / 100 for floor in constraints.floor_cents]
    total = np.array([constraints.total])
    daily = np.repeat(constraints.daily_cap_cents / 100, days)
    most = daily if caps is None else np.minimum(daily, _leaves(caps))
    lowest = np.zeros(days * count) if least is None else np.repeat(least, days)
    bounds = Bounds(
        (total if constraints.spend_all else 0 * total, *floors, lowest),
        (total, *(cap / 100 for cap in constraints.cap_cents), most),
    )

    def feasible(plans: Floats) -> Floats:
        spend: Floats = project(tree, _leaves(plans), bounds)
        return spend.reshape(len(plans), count, days).swapaxes(1, 2)

    return feasible


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


def _leaves(plans: Floats) -> Floats:
    """Return (rows, days, campaigns) as (rows, campaigns x days)."""
    return plans.swapaxes(1, 2).reshape(len(plans), -1)


def _way(feasible: Callable[[Floats], Floats], plan: Floats, slope: Floats, size: Floats) -> Floats:
    return np.asarray(feasible(plan + size[:, None, None] * slope) - plan)
