"""The best plan that can be carried out, and what each of its rules costs.

In order: the best plan within total, floors, caps, bounds of days and pacing (`unrestricted_plan`);
the best within all rules; campaigns that would be on and off (`min_run`) are settled; and among the
plans within `steadiness` of the best value, the one whose levels change least.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ...data.errors import ConstraintError
from ...data.types import Floats, Progress
from ..calibration import Posterior
from ..constraints import Constraints
from ..market import Objective
from .costs import RuleCost, cost_of, costs_from
from .gradient import SolverSettings
from .newton import Peak, climb
from .quadratic import QuadraticProgram
from .rhythm import Unsteadiness
from .runs import on_or_off
from .surfaces import Landscape, landscape, require_reachable

_PRECISE = 3e-6  # gain of a step, as a share of the value, at which a climb ends
_FAR = 60  # most steps of a climb from a start that may be far from the best plan
_ROUGH = 5e-5  # the same while the plan is made steady
_PRICES = 12  # most prices of unsteadiness that are tried
_FIRST = 8.0  # first price, in multiples of the one at which all change costs what is allowed
_KEPT = 1e-6  # of the total, the margin of the guardrails: what they may lack
_CLOSE = 0.8  # of the loss that is allowed: a larger one ends the search, ...
_NARROW = 1.1  # ... and so does this ratio of the prices around the best one
_INSIDE = 0.01  # of a start near a known plan, the share that is an interior plan's


class ExecutablePlan(NamedTuple):
    """A plan that satisfies every rule of its set, and what the rules cost."""

    plan: Floats  # (days, campaigns) dollars
    value: float  # expected objective
    unrestricted_plan: Floats  # best within total, floors, caps, bounds of days and pacing alone
    unrestricted_value: float
    costs: tuple[RuleCost, ...]  # of each rule that is set; they need not add up


def unrestricted(constraints: Constraints) -> Constraints:
    """Return the set without the rules of execution: total, floors, caps, day bounds, pacing."""
    return replace(
        constraints,
        ramp=None,
        may_change=None,
        min_run=None,
        steadiness=0.0,
        guardrails=(),
        course=None,
    )


def unrestricted_plan(
    posterior: Posterior,
    constraints: Constraints,
    objective: Objective,
    days: int,
    solver: SolverSettings,
    progress: Progress = lambda _: None,
    near: Floats | None = None,
) -> Floats:
    """Return the best plan, (days, campaigns) dollars, without the rules of execution.

    The arguments are those of `executable_plan`, and ``near``: a plan that is likely to be close,
    such as that of another budget; its sum is free.
    """
    progress("optimising the plan without ramps")
    scene = landscape(posterior, constraints, objective, days, solver)
    start = (
        None if near is None else begun_near(near, constraints, _interior(posterior, constraints))
    )
    return _unrestricted(scene, posterior, constraints, start).plan


def begun_near(near: Floats, constraints: Constraints, interior: Floats) -> Floats:
    """Return where a climb begins that knows a near plan: that one scaled to the total.

    A part of it is moved inside: at nothing spent, or on a floor, the gradient hides a campaign's
    return.

    Args:
        near: (days, campaigns) dollars, of any sum > 0.
        constraints: the set that the climb is within.
        interior: (days, campaigns) dollars, a plan of its total that gives money to every campaign.
    """
    scaled = near * (constraints.total / near.sum())
    return np.asarray((1 - _INSIDE) * scaled + _INSIDE * interior)


def executable_plan(
    posterior: Posterior,
    constraints: Constraints,
    objective: Objective,
    days: int,
    solver: SolverSettings,
    progress: Progress = lambda _: None,
    start: Floats | None = None,
    quick: bool = False,
) -> ExecutablePlan:
    """Return the plan that is best on average over the posterior and keeps every rule.

    Args:
        posterior: posterior whose training draws are used.
        constraints: constraints of the flight, with rhythm and live budgets.
        objective: objective to maximise.
        days: length of the flight.
        solver: number of draws, and seed.
        progress: called with one line per stage.
        start: the unrestricted plan, if it is known; (days, campaigns) dollars.
        quick: True if the start counts as the best unrestricted plan, and what rules cost is left
            out.

    Raises:
        ConstraintError: if no plan satisfies all rules, or a guardrail is out of reach.
    """
    scene = landscape(posterior, constraints, objective, days, solver)
    progress("optimising the plan without ramps")
    if start is not None and quick:
        free = _as_it_is(scene, start)
    else:
        free = _unrestricted(scene, posterior, constraints, start)
    progress("optimising the plan with ramps")
    constraints, best = _best(scene, constraints, free)
    progress("making the plan steady")
    steady = _steadied(scene, constraints, best)
    if quick:
        return ExecutablePlan(steady.plan, steady.value, free.plan, free.value, ())
    progress("what each rule costs")
    costs = costs_from(scene, constraints, best)
    if constraints.steadiness:
        costs = (cost_of("steadiness", best.value, steady.value, best.value), *costs)
    return ExecutablePlan(steady.plan, steady.value, free.plan, free.value, costs)


def _unrestricted(
    scene: Landscape, posterior: Posterior, constraints: Constraints, start: Floats | None = None
) -> Peak:
    if start is None:  # an interior one: of a campaign on its floor the gradient hides its return
        start = _interior(posterior, constraints)
    program = QuadraticProgram(unrestricted(constraints))
    return climb(scene.value, program, start, steps=_FAR, refreshes=_FAR, tolerance=_PRECISE)


def _as_it_is(scene: Landscape, plan: Floats) -> Peak:
    """Return a plan as the best one, without its curvature."""
    days, count = plan.shape
    return Peak(plan, scene.value.value(plan)[0], np.zeros((count, days, days)), np.zeros(0))


def _interior(posterior: Posterior, constraints: Constraints) -> Floats:
    """Return a plan that gives money to every campaign, (days, campaigns) dollars."""
    shares = posterior.spend / posterior.spend.sum() + 1 / len(posterior.spend)
    day = shares / shares.sum() * constraints.total / constraints.days
    return np.tile(day, (constraints.days, 1))


def _best(scene: Landscape, constraints: Constraints, free: Peak) -> tuple[Constraints, Peak]:
    """Return the best plan within all rules, and the set with `min_run` settled."""
    program = QuadraticProgram(constraints)
    guards = scene.guards(constraints.guardrails)
    best = climb(scene.value, program, free.plan, guards=guards, tolerance=_PRECISE)
    if (best.slack < -_KEPT * constraints.total).any():
        require_reachable(scene, program, constraints.guardrails, best.plan)
        raise ConstraintError(
            "the guardrails are out of reach together: each is reached by some plan, but not all "
            "by the same; loosen one of them"
        )
    if constraints.min_run is None:
        return constraints, best
    settled = on_or_off(constraints, best.plan)
    if settled is constraints:
        return constraints, best
    again = climb(
        scene.value,
        QuadraticProgram(settled),
        best.plan,
        guards=guards,
        tolerance=_PRECISE,
        curvature=best.curvature,
    )
    return settled, again


def _steadied(scene: Landscape, constraints: Constraints, best: Peak) -> Peak:
    """Return the plan of least change among those within `steadiness` of the best value.

    Less change has a price in value; the loss grows with the price, which a search on its logarithm
    brings close to the loss that is allowed.
    """
    allowed = constraints.steadiness * abs(best.value)
    if not allowed:
        return best
    program, guards = QuadraticProgram(constraints), scene.guards(constraints.guardrails)
    unsteadiness = Unsteadiness(constraints, best.plan)
    price = _FIRST * allowed / max(unsteadiness(best.plan)[0], 1e-9)
    at, low, high = best, 0.0, np.inf
    kept = best
    for _ in range(_PRICES):
        surface = unsteadiness.taken_from(scene.value, price)
        bend = at.curvature + price * unsteadiness.curvature
        at = climb(
            surface,
            program,
            at.plan,
            guards=guards,
            steps=6 if guards else 3,
            tolerance=_ROUGH,
            curvature=bend,
            refreshes=0,
        )
        value = at.value + price * unsteadiness(at.plan)[0]
        at = at._replace(value=value, curvature=at.curvature - price * unsteadiness.curvature)
        loss = best.value - value
        fits = loss <= allowed and (at.slack >= -_KEPT * constraints.total).all()
        if fits:
            kept, low = at, price
        else:
            high = price
        if (fits and loss >= _CLOSE * allowed) or high < _NARROW * low:
            break
        price = _next_price(price, low, high, loss / allowed)
    return kept


def _next_price(price: float, low: float, high: float, share: float) -> float:
    """Return the next price of unsteadiness; the loss grows about as its square, then slower."""
    guess = price * np.clip(np.sqrt(0.93 / max(share, 1e-3)), 0.1, 10)
    if low < guess < high:
        return float(guess)
    return float(np.sqrt(max(low, 1e-12) * high)) if np.isfinite(high) else 4 * low
