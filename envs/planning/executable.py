"""Projection of whole plans onto every rule of a constraint set, ramps and change days included.

Every rule but one is linear in a plan. A ramp with a least amount is not convex: a level may rise
to the larger of two lines. The convex-concave procedure (Lipp and Boyd, Optim. Eng. 17, 2016)
replaces each pair by the line that holds at a feasible plan: a convex set inside the ramp's, which
contains that plan, so that every further plan is feasible as well.
"""

from collections.abc import Callable

import numpy as np

from ...data.errors import ConstraintError
from ...data.types import Floats
from ..constraints import Constraints, Ledger, spend_day, violations
from .quadratic import QuadraticProgram
from .rules import previous_days, rhythm_of

_ROUNDS = 20  # most choices of the ramps' lines
_SETTLED = 1e-7  # share of the total within which a plan is feasible, or no longer moves
_FEASIBLE = 1e-10  # share of the total by which a plan that is returned as it is may break rules
_PRICE = 1e3  # cost of breaking a ramp, against the largest distance to the plan that is projected


def project_executable(
    constraints: Constraints, steady_floors: bool = False
) -> Callable[[Floats, Floats | None], Floats]:
    """Return the projection of plans, (rows, days, campaigns), onto all rules of a set.

    Args:
        constraints: the set.
        steady_floors: True if every day must spend an even share of what its floors still owe.

    Returns:
        A function of plans and of a diagonal metric > 0, (rows, days, campaigns) or None for 1:
        the nearest plans, feasible to 1e-9 of the total. Where ramps have a least amount, which
        makes the set non-convex, the nearest within the lines that hold at the result.

    Raises:
        ConstraintError: if no plan is found that satisfies all rules at once.
    """
    program = QuadraticProgram(constraints, steady_floors)

    def projection(plans: Floats, metric: Floats | None = None) -> Floats:
        weights = np.ones_like(plans) if metric is None else metric
        return np.stack([nearest(program, *row) for row in zip(plans, weights, strict=True)])

    return projection


def nearest(program: QuadraticProgram, plan: Floats, metric: Floats | None = None) -> Floats:
    """Return the nearest feasible plan, (days, campaigns) dollars.

    Args:
        program: of the constraint set.
        plan: (days, campaigns) dollars.
        metric: (days, campaigns) weights of the squared distances; None: 1.

    Raises:
        ConstraintError: if no plan is found that satisfies all rules at once.
    """
    if program.excess(plan) <= _FEASIBLE * program.constraints.total:
        return plan
    weights = np.ones_like(plan) if metric is None else metric
    curvature = np.einsum("tk,ts->kts", weights, np.eye(len(plan)))
    tolerance = _SETTLED * program.constraints.total
    at = followed(program.constraints, plan)
    for i in range(_ROUNDS):
        solution = program.solve(curvature, -weights * plan, program.pieces(at), exact=True)
        found = feasible(program, at) if solution is None else solution.plan
        settled = i > 0 and np.abs(found - at).max() <= tolerance
        at = found
        if settled or program.ramps is None:
            break
    return at


def feasible(program: QuadraticProgram, plan: Floats) -> Floats:
    """Return a feasible plan near another one: ramps are broken at a price, less and less.

    Raises:
        ConstraintError: if no plan is found that satisfies all rules at once.
    """
    tolerance = _SETTLED * program.constraints.total
    curvature = np.repeat(np.eye(len(plan))[None], plan.shape[1], 0)
    day_by_day = _day_by_day(program.constraints, plan)
    if not violations(program.constraints, day_by_day, tolerance):
        exact = program.solve(curvature, -plan, program.pieces(day_by_day), exact=True)
        return day_by_day if exact is None else exact.plan
    distance = program.constraints.total / len(plan)
    for at in (plan, np.zeros_like(plan), np.full_like(plan, distance)):
        pieces, broken = program.pieces(at), np.inf
        for _ in range(_ROUNDS):
            loose = program.solve(curvature, -plan, pieces, elastic=_PRICE * distance)
            if loose is None:
                raise _none(program)
            found = loose.plan
            pieces, before, broken = program.pieces(found), broken, program.ramp_excess(found)
            if broken <= tolerance or broken > 0.999 * before:
                break
        if broken <= tolerance:
            exact = program.solve(curvature, -plan, pieces, exact=True)
            if exact is not None:
                return exact.plan
    raise _none(program)


def _day_by_day(constraints: Constraints, plan: Floats) -> Floats:
    """Return a plan with each day projected onto what the rest of the flight allows.

    It satisfies everything but a band of day totals.
    """
    ledger, days = Ledger.start(constraints), []
    for requested in plan:
        spend, ledger = spend_day(constraints, ledger, requested, requested.sum())
        days.append(spend)
    return np.stack(days)


def followed(constraints: Constraints, plan: Floats) -> Floats:
    """Return a plan held within its ramps day by day, whatever its sums: where to begin."""
    ramp = constraints.ramp
    if ramp is None:
        return np.asarray(plan)
    rhythm, before = rhythm_of(constraints), previous_days(constraints)
    level, result = constraints.live_cents, np.array(plan, np.float64)
    last = plan[0] / rhythm[0] if level is None else level / 100
    up = np.where(np.isinf(ramp.up), 1e9, ramp.up)
    for day, wanted in enumerate(plan / rhythm):
        low = np.minimum((1 - np.asarray(ramp.down)) * last, last - ramp.least)
        high = np.maximum((1 + up) * last, last + ramp.least)
        now = np.where(before[day] == -2, wanted, np.clip(wanted, np.maximum(low, 0), high))
        last = np.where(before[day] == -2, last, now)
        result[day] = now * rhythm[day]
    return result


def _banded(constraints: Constraints) -> bool:
    slow, fast = constraints.pacing
    return (slow > 0 and constraints.spend_all) or fast < constraints.days


def _none(program: QuadraticProgram) -> ConstraintError:
    constraints = program.constraints
    rules = [
        name
        for name, on in (
            ("floors and caps", True),
            (f"pacing {list(constraints.pacing)}", _banded(constraints)),
            ("ramps from the live budgets", constraints.ramp is not None),
            ("change days", constraints.may_change is not None),
            ("bounds of single days", constraints.day_floor_cents is not None),
            ("change_limit", constraints.change_limit is not None),
        )
        if on
    ]
    return ConstraintError(
        f"no plan satisfies {', '.join(rules)} at the same time; widen the pacing band or the "
        "ramps, or lower the floors"
    )
