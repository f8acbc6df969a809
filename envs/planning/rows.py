"""Newton steps for many markets at once, each with its own plan within rules that are no tree.

One evaluation serves all markets; each has its own curvature, quadratic program and step length.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats
from .executable import nearest
from .newton import bent, differences, model_slope
from .quadratic import QuadraticProgram
from .spectral import PlanObjective, PlanOptimum

_INCREASE = 1e-4  # share of the model's gain that a step must bring
_BACKTRACKING = 0.35
_HALVINGS = 7  # most times that a step is shortened
_MODEL_ERROR = 0.2  # of the model's gain: beyond it, the curvature is computed anew


def climb_rows(
    objective: PlanObjective,
    programs: Sequence[QuadraticProgram],
    initial_plan: Floats,
    steps: int = 15,
    tolerance: float = 1e-5,
) -> PlanOptimum:
    """Maximise every row within its rules; no row ends below the feasible plan nearest its start.

    Args:
        objective: value and gradient of plans.
        programs: one per row.
        initial_plan: (rows, days, campaigns) dollars.
        steps: most steps.
        tolerance: gain of a step, as a share of the value, below which a row ends.

    Raises:
        ConstraintError: if no plan is found that satisfies a row's rules.
    """
    plan = np.stack(
        [nearest(program, start) for program, start in zip(programs, initial_plan, strict=True)]
    )
    value, gradient = objective(plan)
    curvature = differences(lambda plans: objective(plans)[1], plan)
    active = np.ones(len(plan), bool)
    for _ in range(steps):
        move, gain = _moves(programs, plan, gradient, curvature, active)
        active &= gain > tolerance * np.abs(value)
        if not active.any():
            break
        before = value
        plan, value, gradient, moved = _searched(
            objective, (plan, value, gradient), move, np.where(active, gain, 0), active
        )
        stale = active & (np.abs(value - before - gain) > _MODEL_ERROR * gain)
        active &= moved
        if stale.any():
            fresh = differences(lambda plans: objective(plans)[1], plan)
            curvature = np.where(stale[:, None, None, None], fresh, curvature)
    return PlanOptimum(plan, value)


def _moves(
    programs: Sequence[QuadraticProgram],
    plan: Floats,
    gradient: Floats,
    curvature: Floats,
    active: NDArray[np.bool_],
) -> tuple[Floats, Floats]:
    """Return every active row's move to the best plan of its model, and the gain it promises."""
    move, gain = np.zeros_like(plan), np.zeros(len(plan))
    for i in map(int, np.flatnonzero(active)):
        program, slope = programs[i], model_slope(plan[i], gradient[i], curvature[i])
        best = program.solve(curvature[i], slope, program.pieces(plan[i]), exact=True)
        if best is not None:
            move[i] = best.plan - plan[i]
            gain[i] = (gradient[i] * move[i]).sum() - bent(curvature[i], move[i]) / 2
    return move, gain


def _searched(
    objective: PlanObjective,
    at: tuple[Floats, Floats, Floats],
    move: Floats,
    gain: Floats,
    active: NDArray[np.bool_],
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Return plans, values and gradients after steps that gain enough, and which rows moved."""
    plan, value, gradient = at
    share, waiting = 1.0, active.copy()
    for _ in range(_HALVINGS):
        candidate = np.where(waiting[:, None, None], at[0] + share * move, plan)
        new_value, new_gradient = objective(candidate)
        better = waiting & (new_value >= at[1] + _INCREASE * share * gain)
        rows = better[:, None, None]
        plan, gradient = np.where(rows, candidate, plan), np.where(rows, new_gradient, gradient)
        value, waiting = np.where(better, new_value, value), waiting & ~better
        if not waiting.any():
            break
        share *= _BACKTRACKING
    return plan, value, gradient, active & ~waiting
