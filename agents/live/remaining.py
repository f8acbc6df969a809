"""Constraints of the days that are left, and plans that keep them to the cent."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConstraintError
from ...data.types import Floats
from ...envs.constraints import Constraints, Ledger, rest_of, spend_day, to_cents, violations
from ...envs.flight import SMOOTHING, Observable, Problem, update_belief
from ...envs.market import Outcome, step
from ...envs.planning import paced_plan, project_executable, rule_costs
from ..networks import LearnedPolicy
from ..plans import ConstraintCost, constraint_costs, levels_set
from ..policy import Policy, decision
from .replay import Standing
from .updated import Outlook

_SMALLEST = 1e-3  # of an even day: amounts below it count as this much in the distance
Cents = NDArray[np.int64]


def money_left(constraints: Constraints, spent: Cents) -> int:
    """Return the cents that are left of the total, >= 0."""
    return max(constraints.total_cents - int(spent.sum()), 0)


def left_of(constraints: Constraints, spent: Cents, planned: Cents) -> Constraints:
    """Return the constraints of the days left; ramps go on from the budgets that were set.

    Args:
        constraints: of the whole flight.
        spent: cents on the days that are over, (days so far, campaigns).
        planned: cents that were set for them, (days so far or more, campaigns).
    """
    return rest_of(constraints, spent, levels_set(constraints, planned[: len(spent)]))


def carried_on(rest: Constraints, plan: Cents) -> Cents:
    """Return a plan of the days left made feasible: as it is if it is, else scaled to the money.

    Args:
        rest: constraints of the days left.
        plan: cents, (days left, campaigns).
    """
    if not violations(rest, plan):
        return plan
    wanted = plan / 100
    if rest.spend_all or wanted.sum() > rest.total:
        wanted = wanted * (rest.total / max(float(wanted.sum()), 1e-9))
    if not wanted.any():
        wanted = np.full_like(wanted, rest.total / wanted.size)
    return executable(rest, paced_plan(rest, wanted))


def executable(rest: Constraints, plan: Floats) -> Cents:
    """Return a plan, (days left, campaigns), in cents that keep every rule.

    Day by day a flight keeps its ramps and its money; where it leaves the band of day totals, the
    whole plan is moved to the nearest one within it, in relative amounts.

    Raises:
        ConstraintError: if no plan keeps all rules at once.
    """
    if rest.is_continued and violations(rest, plan):
        near = np.maximum(plan, _SMALLEST * rest.total / plan.size)
        plan = project_executable(rest)(plan[None], 1 / near[None])[0]
    return to_cents(plan, rest)


def within_reach(rest: Constraints, plan: Cents) -> tuple[Constraints, Cents]:
    """Return the set and the plan carried on within it.

    Where no plan keeps ramps and the band of day totals at once, the set is without the band.

    Args:
        rest: constraints of the days left.
        plan: cents, (days left, campaigns), as planned before.
    """
    try:
        return rest, carried_on(rest, plan)
    except ConstraintError as error:
        if not rest.is_continued:
            raise
        note = f"The band of day totals (pacing) gives way: {error}"
    rest = replace(rest, pacing=(0.0, float(rest.days)), notes=(*rest.notes, note))
    return rest, carried_on(rest, plan)


def decided(problem: Problem, policy: Policy, standing: Standing, rest: Constraints) -> Cents:
    """Return what a policy plans for the days left, if every report is as the belief expects.

    Args:
        problem: what was known before the flight, with the constraints of the whole flight.
        policy: the policy.
        standing: where the flight stands.
        rest: constraints of the days left.
    """
    view, memory, _ = standing
    market = problem.market._replace(elasticity=view.belief.elasticity)
    state, ledger, days = view.belief.state, Ledger.start(rest, (1,)), []
    for t in range(rest.days):
        # reports of the days so far are in the memory already
        acted = policy.act(view, memory) if t else decision(policy, view, memory)
        requested, total, memory = acted
        planned, ledger = spend_day(rest, ledger, requested, total)
        state, outcome = step(market, state, planned, None)
        view = _after(problem, view, ledger, planned, outcome)
        days.append(planned[0])
    return executable(rest, np.stack(days))


def _after(
    problem: Problem, view: Observable, ledger: Ledger, planned: Any, outcome: Outcome
) -> Observable:
    return view._replace(
        ledger=view.ledger.advance(planned, outcome.delivered, ledger.live),
        belief=update_belief(problem, view.belief, outcome.delivered, outcome.claimed),
        smooth=SMOOTHING * view.smooth + (1 - SMOOTHING) * outcome.delivered,
    )


def mean_level(plan: Cents, days: int) -> Floats:
    """Return each campaign's mean daily budget over the next days, (campaigns,), in units."""
    return np.asarray(plan[:days].mean(0) / 100)


class Costs(NamedTuple):
    """What the rules of the days left cost, and of what that is, or why it is not known."""

    costs: tuple[ConstraintCost, ...] | None
    note: str


def costs_ahead(
    problem: Problem, policy: Policy, rest: Constraints | None, plan: Cents, outlook: Outlook
) -> Costs:
    """Return what each rule costs the best plan of the days left.

    Args:
        problem: constraints and objective of the whole flight.
        policy: who planned the days left; known where it plans on what the reports say.
        rest: constraints of the days left; None: no day is left.
        plan: cents, (days left, campaigns).
        outlook: updated draws.
    """
    if rest is None or not rest.total_cents:
        return Costs(None, "nothing is left to plan.")
    if policy.open_loop:
        return Costs(None, f"{policy.name} keeps the plan that it was given and makes none.")
    if isinstance(policy, LearnedPolicy):
        return Costs(None, "the plan is a trained policy's, not the planner's.")
    ahead = replace(problem, constraints=rest, static_plan=plan / 100)
    try:
        costs = rule_costs(ahead, outlook.sample(), plan / 100)
    except ConstraintError as error:
        return Costs(None, f"{error}.")
    of_rest = "over the days left"
    name, currency = problem.objective.name, problem.constraints.currency
    note = f"Of the best plan of the {rest.days} days left, on markets updated by the reports."
    return Costs(constraint_costs(costs, name, currency, of_rest), note)
