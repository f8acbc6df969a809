"""Best plans of known markets: by spectral projected gradient, or Newton steps under more rules.

A clairvoyant knows the parameters, the demand path and the outages of its market; count noise is
averaged out. It plans delivered dollars: it spends nothing where a platform is down and loses
nothing to delivery. The value of its daily plan is the perfect-information bound: no policy can do
better in expectation. torch is imported on first use only.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...data.types import Floats, Progress
from ..constraints import Constraints, Ledger, rest_of
from ..flight import Problem, credited_value
from ..market import Market, MarketState, Noise, simulate
from .gradient import objective_with_gradient, to_tensors
from .quadratic import QuadraticProgram
from .rows import climb_rows
from .spectral import (
    PlanObjective,
    PlanOptimum,
    maximise,
    project_constant_plan,
    project_daily_plan,
    project_remaining_plan,
)

if TYPE_CHECKING:
    import torch


class ClairvoyantValues(NamedTuple):
    """The best plans of known markets and their values."""

    daily: Floats  # (markets,) expected objective of the best daily plan
    constant: Floats  # (markets,) the same of the best constant plan, which cannot avoid outages
    plan: Floats  # (days, markets, campaigns) dollars: the best daily plan


def clairvoyant_values(
    problem: Problem,
    market: Market,
    state: MarketState,
    path: Noise,
    iterations: int = 600,
    progress: Progress = lambda _: None,
) -> ClairvoyantValues:
    """Optimise the daily and the constant plan of every market, each from several starts.

    Daily plans keep all rules of the set. In an outage a plan goes on, so that its ramp does, and
    is not spent. A constant plan knows total, floors and caps only.

    Args:
        problem: constraints, objective and the static plan.
        market: true markets, fields (markets, campaigns).
        state: states before the first day.
        path: demand paths and shocks, fields (days, markets, campaigns).
        iterations: maximum number of evaluations of the objective per optimisation.
        progress: receives a line per stage.
    """
    open_path, caps = _deliverable(market, path)
    objective = plan_objective(problem, market, state, open_path)
    count, days = len(market.elasticity), problem.days
    static = np.repeat(problem.static_plan[None], count, 0)
    constant = best_constant_plan(problem, market, state, path, iterations)
    progress("constant plans are optimised")
    if not one_tree(problem.constraints):
        starts = [static] if _concave(market) else [static, np.repeat(constant[0], days, 1)]
        daily = _under_rules(problem, market, state, path, starts)
        progress("daily plans are optimised")
        return ClairvoyantValues(daily.value, constant[1], np.moveaxis(daily.plan, 1, 0))
    projection = project_daily_plan(problem.constraints, caps)
    starts = [np.repeat(constant[0], days, 1), static]
    if not _concave(market):
        starts.append(np.repeat(_without_s_curves(market, static), days, 1))
    daily = _best_of_starts(objective, projection, starts, iterations)
    progress("daily plans are optimised")
    return ClairvoyantValues(daily[1], constant[1], np.moveaxis(daily[0], 1, 0))


def best_constant_plan(
    problem: Problem, market: Market, state: MarketState, path: Noise, iterations: int = 600
) -> PlanOptimum:
    """Return every market's best plan that is the same every day, (markets, 1, campaigns).

    The arguments are those of ``clairvoyant_values``; a constant plan cannot avoid outages.
    """
    objective = plan_objective(
        problem, market, state, path.without_count_noise()._replace(delivery=None)
    )
    static = np.repeat(problem.static_plan[None], len(market.elasticity), 0)
    projection = project_constant_plan(problem.constraints)
    return _best_of_starts(objective, projection, _constant_starts(market, static), iterations)


def best_shared_plan(
    problem: Problem,
    market: Market,
    state: MarketState,
    path: Noise,
    iterations: int = 150,
    daily_minimum: Floats | None = None,
) -> Floats:
    """Return the one plan, (days, campaigns) dollars, that is best on average over markets.

    Args:
        problem: constraints, objective, and the plan to start from.
        market: fields (markets, campaigns).
        state: states before the first day.
        path: demand paths, fields (days, markets, campaigns).
        iterations: maximum number of evaluations of the objective.
        daily_minimum: (campaigns,) minimum dollars per day; None: zero.
    """
    by_market = plan_objective(problem, market, state, path._replace(outage=None, delivery=None))
    count = len(market.elasticity)

    def mean_objective(plans: Floats) -> tuple[Floats, Floats]:
        value, gradient = by_market(np.repeat(plans, count, 0))
        return value.mean(keepdims=True), gradient.mean(0, keepdims=True)

    if problem.constraints.has_rules:
        programs = [QuadraticProgram(problem.constraints)]
        return np.asarray(climb_rows(mean_objective, programs, problem.static_plan[None]).plan[0])
    projection = project_daily_plan(problem.constraints, daily_minimum=daily_minimum)
    starts = [problem.static_plan[None]]
    if not _concave(market):
        starts.append(np.ones_like(starts[0]) * problem.constraints.total / starts[0].size)
    return np.asarray(_best_of_starts(mean_objective, projection, starts, iterations).plan[0])


def plan_objective(
    problem: Problem,
    market: Market,
    state: MarketState,
    path: Noise | None,
    days: int | None = None,
) -> PlanObjective:
    """Return the function from plans, one row per market, to expected value and gradient.

    Args:
        problem: constraints and objective.
        market: fields (markets, campaigns).
        state: states before the first day of the plans.
        path: demand paths of these days, fields (days, markets, campaigns); None: no change.
        days: last days of the flight that the plans are of; None: all of them.
    """
    import torch

    market, state = to_tensors(market), to_tensors(state)
    noise = None if path is None else to_tensors(path)
    days = problem.days if days is None else days
    days_left = range(days - 1, -1, -1)

    def value(plans: "torch.Tensor") -> "torch.Tensor":
        _, outcomes = simulate(market, state, plans, noise)
        days = [
            credited_value(problem, market, outcome, remaining)
            for outcome, remaining in zip(outcomes, days_left, strict=True)
        ]
        return torch.stack(days).sum((0, 2))

    return objective_with_gradient(value, days)


def best_remaining_plan(
    known: tuple[Problem, Market, MarketState],
    ledger: Ledger,
    path: Noise | None,
    initial_plan: Floats,
    iterations: int,
) -> Floats:
    """Return every market's best plan of the days that are left, (markets, days, campaigns).

    Args:
        known: the problem, the markets and their states this morning, fields (markets, campaigns).
        ledger: spend so far, one flight per market.
        path: expected demand path of the days left, fields (days, markets, campaigns); None: none.
        initial_plan: (markets, days, campaigns) dollars.
        iterations: maximum number of evaluations of the objective.
    """
    problem, market, state = known
    constraints, days = problem.constraints, problem.days - ledger.day
    objective = plan_objective(problem, market, state, path, days)
    if one_tree(constraints):
        projection = project_remaining_plan(constraints, ledger)
        return maximise(objective, projection, initial_plan, iterations).plan
    programs = [QuadraticProgram(rest) for rest in _rests(constraints, ledger)]
    return climb_rows(objective, programs, initial_plan).plan


def _rests(constraints: Constraints, ledger: Ledger) -> list[Constraints]:
    """Return the constraint set of the days left of every flight."""
    spent = np.rint(100 * ledger.spent).astype(np.int64)
    live = None if ledger.live is None else np.rint(100 * ledger.live).astype(np.int64)
    past = np.zeros((ledger.day, *spent.shape), np.int64)
    past[:1] = spent
    return [
        rest_of(constraints, past[:, i], None if live is None else live[i])
        for i in range(len(spent))
    ]


def one_tree(constraints: Constraints) -> bool:
    """Return True if total, floors, caps and daily caps are all that binds a whole plan."""
    slow, fast = constraints.pacing
    paced = (slow > 0 and constraints.spend_all) or fast < constraints.days
    limited = constraints.change_limit is not None
    return not (paced or limited or constraints.has_rules)


def _under_rules(
    problem: Problem, market: Market, state: MarketState, path: Noise, starts: Sequence[Floats]
) -> PlanOptimum:
    """Return the best daily plan of every market within all rules of its set."""
    count, constraints = len(market.elasticity), problem.constraints
    known = path.without_count_noise()._replace(delivery=None)
    programs = _programs(constraints, market, path)
    objective = plan_objective(problem, market, state, known)
    optima = [climb_rows(objective, programs, start) for start in starts]
    best = np.stack([optimum.value for optimum in optima]).argmax(0), np.arange(count)
    plans, values = (np.stack(part)[best] for part in zip(*optima, strict=True))
    return PlanOptimum(plans, values)


def _programs(constraints: Constraints, market: Market, path: Noise) -> list[QuadraticProgram]:
    """Return the rules of every market: outages are not spent, and platforms' caps bind days."""
    count = len(market.elasticity)
    ups = [None] * count if path.outage is None else [*(np.moveaxis(path.outage, 1, 0) > 0)]
    caps = [None] * count if market.delivery_cap is None else [*np.asarray(market.delivery_cap)]
    shared = QuadraticProgram(constraints)
    programs = []
    for up, cap in zip(ups, caps, strict=True):
        limited, share = constraints, None if up is None or up.all() else up.astype(np.float64)
        if cap is not None and (cap < constraints.daily_cap_cents / 100).any():
            daily = np.minimum(np.floor(100 * np.minimum(cap, 1e12)), constraints.daily_cap_cents)
            limited = replace(constraints, daily_cap_cents=daily.astype(np.int64))
        same = limited is constraints and share is None
        programs.append(shared if same else QuadraticProgram(limited, delivered=share))
    return programs


def _deliverable(market: Market, path: Noise) -> tuple[Noise, Floats | None]:
    """Return the path without delivery losses, and the caps on deliverable dollars instead.

    The caps are (markets, days, campaigns), or None where everything is delivered.
    """
    open_path = path.without_count_noise()._replace(outage=None, delivery=None)
    if path.outage is None and market.delivery_cap is None:
        return open_path, None
    days, shape = len(path.level), market.elasticity.shape
    cap = np.inf if market.delivery_cap is None else market.delivery_cap
    caps = np.broadcast_to(cap, (days, *shape))
    if path.outage is not None:
        caps = np.where(path.outage > 0, caps, 0.0)
    return open_path, np.moveaxis(caps, 0, 1)


def _best_of_starts(
    objective: PlanObjective,
    projection: Callable[[Floats], Floats],
    starts: Sequence[Floats],
    iterations: int,
) -> PlanOptimum:
    """Return each row's best plan: a short run from every start, a long one from the best."""
    if len(starts) > 1:
        optima = [maximise(objective, projection, start, iterations // 8) for start in starts]
        best = np.stack([optimum.value for optimum in optima]).argmax(0)
        plans = np.stack([optimum.plan for optimum in optima])
        starts = [plans[best, np.arange(len(best))]]
    return maximise(objective, projection, starts[0], iterations)


def is_concave(market: Market) -> bool:
    """Return True if the value of a plan is concave in it: a local optimum is then the best plan.

    S-curves are not, nor are campaigns that lift each other (halo) or wear out (fatigue): there
    the clairvoyant's value is the best known one, found from several starts.
    """
    effects = (market.halo, market.fatigue)
    return _concave(market) and not any(e is not None and bool((e > 0).any()) for e in effects)


def _concave(market: Market) -> bool:
    return bool((market.slope <= 1).all())


def _constant_starts(market: Market, static: Floats) -> list[Floats]:
    starts = [static.mean(1, keepdims=True)]
    if not _concave(market):
        starts += [np.full_like(starts[0], starts[0].mean()), _without_s_curves(market, static)]
    return starts


def _without_s_curves(market: Market, static: Floats) -> Floats:
    """Return constant plans that push S-curved campaigns down to their floors."""
    mean = static.mean(1, keepdims=True)
    return np.asarray(np.where(market.slope[:, None] > 1, -mean.sum(-1, keepdims=True), mean))
