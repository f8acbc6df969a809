"""What each rule of execution costs: the value of the best plan without it, less that with it."""

from dataclasses import replace
from typing import NamedTuple

from ...data.errors import ConstraintError
from ...data.types import Floats
from ..constraints import Constraints
from ..flight import Problem
from .newton import Peak, climb
from .quadratic import QuadraticProgram
from .surfaces import Landscape, Sample, landscape_on

_PRECISE = 3e-6  # gain of a step, as a share of the value, at which the climb to the best plan ends
_ROUGH = 5e-5  # the same for the best plan without a rule


class RuleCost(NamedTuple):
    """What a rule costs: the value of the best plan without it, less that with it."""

    rule: str
    value: float  # units of the objective, >= 0
    share: float  # of the value of the best plan with all rules


def rule_costs(problem: Problem, sample: Sample, plan: Floats) -> tuple[RuleCost, ...]:
    """Return what each rule costs the best plan on given markets, steadiness left out.

    Args:
        problem: its constraints are those of the sample's days, such as the days left of a flight.
        sample: markets at the first of these days, with their demand paths.
        plan: (days, campaigns) dollars, where the search for the best plan within all rules begins.

    Raises:
        ConstraintError: if no plan near it is found that keeps all rules at once.
    """
    constraints = problem.constraints
    scene = landscape_on((sample, sample.thinned()), problem)
    program, guards = QuadraticProgram(constraints), scene.guards(constraints.guardrails)
    best = climb(scene.value, program, plan, guards=guards, tolerance=_PRECISE)
    return costs_from(scene, constraints, best)


def costs_from(scene: Landscape, constraints: Constraints, best: Peak) -> tuple[RuleCost, ...]:
    """Return what each rule costs but steadiness, from the best plan within all of them."""
    return tuple(
        cost_of(rule, _value_of(scene, without, best), best.value, best.value)
        for rule, without in _without(constraints)
    )


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


def cost_of(rule: str, without: float, value: float, whole: float) -> RuleCost:
    """Return the cost of a rule.

    Args:
        rule: its name.
        without: value of the best plan without it.
        value: value of the best plan with it.
        whole: value that its share is of.
    """
    loss = max(without - value, 0.0)
    return RuleCost(rule, loss, loss / max(abs(whole), 1e-300))
