"""Best plans by Newton steps within the rules: sequential quadratic programming.

Each step maximises the value's quadratic model over the feasible plans, by `QuadraticProgram`. A
campaign's days are coupled by its carry-over, so the curvature is one matrix (days, days) per
campaign, from differences of gradients; what campaigns do to each other (a halo) is left to the
gradient, which is exact. With concave curves a handful of steps suffices.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from .executable import nearest
from .quadratic import Cut, Pieces, QuadraticProgram
from .spectral import PlanObjective

Curvature = Callable[[Floats], Floats]
"""(days, campaigns) dollars -> (campaigns, days, days): minus the second derivatives, >= 0."""
_DIFFERENCE = 0.02  # step of the differences of gradients, as a share of the campaign's mean spend
_LEAST_CURVATURE = 1e-5  # of the largest one of the campaign: keeps the model strictly concave
_INCREASE = 1e-4  # share of the model's gain that a step must bring
_BACKTRACKING = 0.35
_MODEL_ERROR = 0.2  # of the model's gain: beyond it, the curvature is computed anew
_SHORTEST = 1e-3  # shortest share of a step that is tried


class Surface(NamedTuple):
    """The value of a plan, as the solver sees it."""

    value: Callable[[Floats], tuple[float, Floats]]  # (days, campaigns) -> value and gradient
    curvature: Curvature


class Peak(NamedTuple):
    """The best plan, its value, and what the last step knew."""

    plan: Floats  # (days, campaigns) dollars
    value: float
    gradient: Floats  # (days, campaigns)
    curvature: Floats  # (campaigns, days, days)


def climb(
    surface: Surface,
    program: QuadraticProgram,
    start: Floats,
    steps: int = 12,
    tolerance: float = 1e-5,
    curvature: Floats | None = None,
    refreshed: int = 8,
) -> Peak:
    """Return the best feasible plan that Newton steps from a start reach; never a worse one.

    Args:
        surface: the value to maximise.
        program: quadratic programs over the feasible plans.
        start: (days, campaigns) dollars; the nearest feasible plan is where it begins.
        steps: most steps.
        tolerance: gain of a step, as a share of the value, below which the climb ends.
        curvature: of the start, if it is known.
        refreshed: most times that the curvature is computed.
    """
    plan = start if program.excess(start) <= 1e-9 * start.sum() else nearest(program, start)
    value, gradient = surface.value(plan)
    stale = curvature is None
    for _ in range(steps):
        if (stale and refreshed > 0) or curvature is None:
            curvature, refreshed = surface.curvature(plan), refreshed - 1
        target = best_of_model(program, plan, gradient, curvature, program.pieces(plan))
        move = target - plan
        bend = float(np.einsum("tk,kts,sk->", move, curvature, move))
        gain = float((gradient * move).sum()) - bend / 2
        if gain <= tolerance * abs(value):
            break
        share = 1.0
        while share >= _SHORTEST:
            new_value, new_gradient = surface.value(plan + share * move)
            if new_value >= value + _INCREASE * share * gain:
                break
            share *= _BACKTRACKING
        else:
            break
        stale = abs(new_value - value - gain) > _MODEL_ERROR * gain
        plan, value, gradient = plan + share * move, new_value, new_gradient
    assert curvature is not None
    return Peak(plan, value, gradient, curvature)


def best_of_model(
    program: QuadraticProgram,
    plan: Floats,
    gradient: Floats,
    curvature: Floats,
    pieces: Pieces,
    cuts: tuple[Cut, ...] = (),
) -> Floats:
    """Return the feasible plan that maximises the quadratic model at a plan; else the plan."""
    linear = -gradient - np.einsum("kts,sk->tk", curvature, plan)
    best = program.solve(curvature, linear, pieces, cuts, exact=True)
    return plan if best is None else best


def shared_surface(by_market: PlanObjective, markets: int, few: PlanObjective, some: int) -> Surface:
    """Return the mean value over markets that share a plan.

    Args:
        by_market: value and gradient of plans, one row per market.
        markets: number of those markets.
        few: the same for the fewer markets that the curvature is taken from.
        some: their number.
    """

    def mean(objective: PlanObjective, count: int, plan: Floats) -> tuple[float, Floats]:
        value, gradient = objective(np.broadcast_to(plan, (count, *plan.shape)))
        return float(value.mean()), np.asarray(gradient.mean(0))

    return Surface(
        lambda plan: mean(by_market, markets, plan),
        lambda plan: bend(lambda one: mean(few, some, one)[1], plan),
    )


def bend(gradient: Callable[[Floats], Floats], plan: Floats) -> Floats:
    """Return a campaign's curvature matrices from differences of gradients, day by day.

    Args:
        gradient: of plans (..., days, campaigns).
        plan: (..., days, campaigns) dollars.

    Returns:
        (..., campaigns, days, days), positive semidefinite: directions in which the value is not
        concave count as almost flat.
    """
    days = plan.shape[-2]
    step = _DIFFERENCE * np.maximum(plan.mean(-2), 1e-3 * plan.mean() + 1e-9)
    base = gradient(plan)
    rows = []
    for day in range(days):
        moved = np.array(plan)
        moved[..., day, :] += step
        rows.append((base - gradient(moved)) / step[..., None, :])
    matrix = np.moveaxis(np.stack(rows, -2), -1, -3)  # (..., campaigns, days, days)
    matrix = (matrix + np.swapaxes(matrix, -1, -2)) / 2
    values, vectors = np.linalg.eigh(matrix)
    largest = np.maximum(np.abs(values).max(-1, keepdims=True), 1e-300)
    values = np.maximum(values, _LEAST_CURVATURE * largest)
    return np.asarray((vectors * values[..., None, :]) @ np.swapaxes(vectors, -1, -2))
