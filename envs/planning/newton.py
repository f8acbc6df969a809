"""Best plans by Newton steps within the rules: sequential quadratic programming.

Each step maximises the value's quadratic model over the feasible plans, by `QuadraticProgram`. A
campaign's days are coupled by its carry-over, so the curvature is one matrix (days, days) per
campaign, from differences of gradients; what campaigns do to each other (a halo) is left to the
gradient, which is exact. With concave curves a handful of steps suffices. Guardrails are linear in
the model; a step is judged by the value less a price for what they lack (an exact penalty: Nocedal
and Wright, Numerical Optimization, 2006, chapter 18).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from .executable import nearest
from .quadratic import Cut, QuadraticProgram, Solution

_DIFFERENCE = 0.02  # step of the differences of gradients, as a share of the campaign's mean spend
_LEAST_CURVATURE = 1e-5  # of the largest one of the campaign: keeps the model strictly concave
_INCREASE = 1e-4  # share of the model's gain that a step must bring
_BACKTRACKING = 0.35
_MODEL_ERROR = 0.2  # of the model's gain: beyond it, the curvature is computed anew
_SHORTEST = 1e-3  # shortest share of a step that is tried
_FEASIBLE = 1e-9  # share of the total by which a start may break the rules
_LACKING = 1e-7  # of the total, or the value: what a guardrail may lack at the end of a climb
_PENALTY = 3.0  # price of what a guardrail lacks, in multiples of its largest multiplier so far


class Surface(NamedTuple):
    """A concave function of a plan, as the solver sees it."""

    value: Callable[[Floats], tuple[float, Floats]]  # (days, campaigns) -> value and gradient
    curvature: Callable[[Floats], Floats]  # -> (campaigns, days, days): minus d2 value, >= 0


class Peak(NamedTuple):
    """The best plan, its value, and the curvature there or close by."""

    plan: Floats  # (days, campaigns) dollars
    value: float
    curvature: Floats  # (campaigns, days, days)
    slack: Floats  # (guardrails,) >= 0 where they hold


class _Point(NamedTuple):
    """A plan with the values and gradients of the objective and the guardrails."""

    plan: Floats
    value: float
    gradient: Floats
    slack: Floats  # (guardrails,)
    slopes: tuple[Floats, ...]  # (days, campaigns) each

    def merit(self, price: float) -> float:
        """Return the value less the price of what guardrails lack."""
        return self.value + price * float(np.minimum(self.slack, 0).sum())


def climb(
    surface: Surface,
    program: QuadraticProgram,
    start: Floats,
    *,
    guards: tuple[Surface, ...] = (),
    steps: int = 20,
    tolerance: float = 1e-5,
    curvature: Floats | None = None,
    refreshes: int = 7,
) -> Peak:
    """Return the best feasible plan that Newton steps reach; without guardrails, never a worse one.

    Args:
        surface: the value to maximise.
        program: quadratic programs over the feasible plans.
        start: (days, campaigns) dollars; the nearest feasible plan is where it begins.
        guards: guardrails: functions of a plan, concave, that must not be negative.
        steps: most steps.
        tolerance: gain of a step, as a share of the value, below which the climb ends.
        curvature: of the start, if it is known.
        refreshes: most times that the curvature is computed anew.

    Raises:
        ConstraintError: if no plan is found that satisfies all rules but the guardrails.
    """
    feasible = program.excess(start) <= _FEASIBLE * program.constraints.total
    at = _point(surface, guards, start if feasible else nearest(program, start))
    bends = [guard.curvature(at.plan) for guard in guards]
    stale, price, multipliers = False, 0.0, np.zeros(len(guards))
    if curvature is None:
        curvature = surface.curvature(at.plan)
    for _ in range(steps):
        if stale and refreshes > 0:
            curvature, refreshes = surface.curvature(at.plan), refreshes - 1
            bends = [guard.curvature(at.plan) for guard in guards]
        bend = curvature + sum(m * b for m, b in zip(multipliers, bends, strict=True))
        best = best_of_model(program, at, bend)
        if best is None:
            break
        multipliers = best.prices
        price = max(price, _PENALTY * float(multipliers.max(initial=0.0)))
        move = best.plan - at.plan
        gain = float((at.gradient * move).sum()) - bent(curvature, move) / 2
        gain -= price * float(np.minimum(at.slack, 0).sum())
        kept = (at.slack >= -_LACKING * program.constraints.total).all()
        if gain <= (tolerance if kept else _LACKING) * abs(at.value):
            break
        after = _searched(surface, guards, at, move, gain, price)
        if after is None:
            break
        stale = abs(after.merit(price) - at.merit(price) - gain) > _MODEL_ERROR * gain
        at = after
    return Peak(at.plan, at.value, curvature, at.slack)


def best_of_model(program: QuadraticProgram, at: _Point, curvature: Floats) -> Solution | None:
    """Return the feasible plan that maximises the model; None if its guardrails leave none."""
    linear = model_slope(at.plan, at.gradient, curvature)
    cuts = tuple(
        Cut(-slope, slack - float((slope * at.plan).sum()))
        for slack, slope in zip(at.slack, at.slopes, strict=True)
    )
    return program.solve(curvature, linear, program.pieces(at.plan), cuts, exact=True)


def model_slope(plan: Floats, gradient: Floats, curvature: Floats) -> Floats:
    """Return the linear term, (days, campaigns), of minus the quadratic model at a plan."""
    return np.asarray(-gradient - np.einsum("kts,sk->tk", curvature, plan))


def bent(curvature: Floats, move: Floats) -> float:
    """Return move' H move for a move, (days, campaigns)."""
    return float(np.einsum("tk,kts,sk->", move, curvature, move, optimize=True))


def _point(surface: Surface, guards: tuple[Surface, ...], plan: Floats) -> _Point:
    values = [guard.value(plan) for guard in guards]
    slack = np.array([value for value, _ in values])
    return _Point(plan, *surface.value(plan), slack, tuple(slope for _, slope in values))


def _searched(
    surface: Surface,
    guards: tuple[Surface, ...],
    at: _Point,
    move: Floats,
    gain: float,
    price: float,
) -> _Point | None:
    """Return the first point on the way back from a full move that gains enough; None: none."""
    share, merit = 1.0, at.merit(price)
    while share >= _SHORTEST:
        after = _point(surface, guards, at.plan + share * move)
        if after.merit(price) >= merit + _INCREASE * share * gain:
            return after
        share *= _BACKTRACKING
    return None


def differences(gradient: Callable[[Floats], Floats], plan: Floats) -> Floats:
    """Return the campaigns' curvature matrices from differences of gradients, day by day.

    Args:
        gradient: of plans (..., days, campaigns).
        plan: (..., days, campaigns) dollars.

    Returns:
        (..., campaigns, days, days), positive semidefinite: directions in which the value is not
        concave count as almost flat.
    """
    step = _DIFFERENCE * np.maximum(plan.mean(-2), 1e-3 * plan.mean() + 1e-9)
    base, rows = gradient(plan), []
    for day in range(plan.shape[-2]):
        moved = np.array(plan)
        moved[..., day, :] += step
        rows.append((base - gradient(moved)) / step[..., None, :])
    matrix = np.moveaxis(np.stack(rows, -2), -1, -3)  # (..., campaigns, days, days)
    matrix = (matrix + np.swapaxes(matrix, -1, -2)) / 2
    values, vectors = np.linalg.eigh(matrix)
    largest = np.maximum(np.abs(values).max(-1, keepdims=True), 1e-300)
    values = np.maximum(values, _LEAST_CURVATURE * largest)
    return np.asarray((vectors * values[..., None, :]) @ np.swapaxes(vectors, -1, -2))
