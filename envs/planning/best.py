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
from .gradient import SolverSettings
from .newton import Peak, climb
from .quadratic import QuadraticProgram
from .rhythm import Unsteadiness
from .runs import on_or_off
from .surfaces import Landscape, landscape, require_reachable

_PRECISE = 3e-6  # gain of a step, as a share of the value, at which a climb ends
_FAR = 60  # most steps of a climb from a start that may be far from the best plan
_ROUGH = 5e-5  # the same for what a rule costs
_PRICES = 12  # most prices of unsteadiness that are tried
_FIRST = 8.0  # first price, in multiples of the one at which all change costs what is allowed
_KEPT = 1e-6  # of the total, the margin of the guardrails: what they may lack
_CLOSE = 0.8  # of the loss that is allowed: a larger one ends the search, ...
_NARROW = 1.1  # ... and so does this ratio of the prices around the best one


class RuleCost(NamedTuple):
    """What a rule costs: the value of the best plan without it, less that with it."""

    rule: str
    value: float  # units of the objective, >= 0
    share: float  # of the value of the best plan with all rules


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
) -> Floats:
    """Return the best plan, (days, campaigns) dollars, without the rules of execution.

    The arguments are those of `executable_plan`.
    """
    progress("optimising the plan without ramps")
    scene = landscape(posterior, constraints, objective, days, solver)
    return _unrestricted(scene, posterior, constraints).plan


def executable_plan(
    posterior: Posterior,
    constraints: Constraints,
    objective: Objective,
    days: int,
    solver: SolverSettings,
    progress: Progress = lambda _: None,
    start: Floats | None = None,
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

    Raises:
        ConstraintError: if no plan satisfies all rules, or a guardrail is out of reach.
    """
    scene = landscape(posterior, constraints, objective, days, solver)
    progress("optimising the plan without ramps")
    free = _unrestricted(scene, posterior, constraints, start)
    progress("optimising the plan with ramps")
    constraints, best = _best(scene, constraints, free)
    progress("making the plan steady")
    steady = _steadied(scene, constraints, best)
    progress("what each rule costs")
    costs = [_cost("steadiness", best.value, steady.value, best.value)]
    for rule, without in _without(constraints):
        costs.append(_cost(rule, _value_of(scene, without, best), best.value, best.value))
    shown = tuple(cost for cost in costs if cost.rule != "steadiness" or constraints.steadiness)
    return ExecutablePlan(steady.plan, steady.value, free.plan, free.value, shown)


def _unrestricted(
    scene: Landscape, posterior: Posterior, constraints: Constraints, start: Floats | None = None
) -> Peak:
    if start is None:  # an interior one: of a campaign on its floor the gradient hides its return
        shares = posterior.spend / posterior.spend.sum() + 1 / len(posterior.spend)
        start = np.tile(
            shares / shares.sum() * constraints.total / constraints.days, (constraints.days, 1)
        )
    program = QuadraticProgram(unrestricted(constraints))
    return climb(scene.value, program, start, steps=_FAR, refreshes=_FAR, tolerance=_PRECISE)


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


def rules_in(constraints: Constraints) -> tuple[str, ...]:
    """Return the names of the rules whose costs `executable_plan` gives, in its order."""
    steadiness = ("steadiness",) if constraints.steadiness else ()
    return (*steadiness, *(rule for rule, _ in _without(constraints)))


def _without(constraints: Constraints) -> list[tuple[str, Constraints]]:
    """Return the rules that are set, by name, with the set that lacks each of them."""
    slow, fast = constraints.pacing
    rules: list[tuple[str, bool, dict[str, object]]] = [
        ("ramp", constraints.ramp is not None, {"ramp": None}),
        (
            "start",
            constraints.ramp is not None and constraints.live_cents is not None,
            {"live_cents": None},
        ),
        ("change_days", constraints.may_change is not None, {"may_change": None}),
        (
            "pacing",
            slow > 0 or fast < constraints.days,
            {"pacing": (0.0, float(constraints.days))},
        ),
        (
            "days",
            constraints.day_floor_cents is not None or constraints.day_cap_cents is not None,
            {"day_floor_cents": None, "day_cap_cents": None, "passed_over": None},
        ),
        ("change_limit", constraints.change_limit is not None, {"change_limit": None}),
        ("guardrails", bool(constraints.guardrails), {"guardrails": ()}),
    ]
    return [(name, replace(constraints, **change)) for name, on, change in rules if on]  # type: ignore[arg-type]


def _value_of(scene: Landscape, constraints: Constraints, best: Peak) -> float:
    """Return about the best value within a looser set: a few steps from the best plan.

    Ramps may need the days that they pass over; where no plan is found without, nothing is lost.
    """
    try:
        return climb(
            scene.value,
            QuadraticProgram(constraints),
            best.plan,
            guards=scene.guards(constraints.guardrails),
            steps=5,
            tolerance=_ROUGH,
            curvature=best.curvature,
            refreshes=2,
        ).value
    except ConstraintError:
        return best.value


def _cost(rule: str, without: float, value: float, whole: float) -> RuleCost:
    loss = max(without - value, 0.0)
    return RuleCost(rule, loss, loss / max(abs(whole), 1e-300))
