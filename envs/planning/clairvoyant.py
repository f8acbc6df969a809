"""Best plans of known markets, by spectral projected gradient.

A clairvoyant knows the parameters, the demand path and the outages of its market; count noise is
averaged out. It plans delivered dollars: it spends nothing where a platform is down and loses
nothing to delivery. The value of its daily plan is the perfect-information bound: no policy can do
better in expectation. torch is imported on first use only.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...data.types import Floats, Progress
from ..flight import Problem, credited_value
from ..market import Market, MarketState, Noise, simulate
from .gradient import objective_with_gradient, to_tensors
from .spectral import (
    PlanObjective,
    PlanOptimum,
    maximise,
    project_constant_plan,
    project_daily_plan,
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

    The set of daily plans must be one tree of sums: no pacing band, no change limit.

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

    projection = project_daily_plan(problem.constraints, daily_minimum=daily_minimum)
    starts = [problem.static_plan[None]]
    if not _concave(market):
        starts.append(np.ones_like(starts[0]) * problem.constraints.total / starts[0].size)
    return np.asarray(_best_of_starts(mean_objective, projection, starts, iterations).plan[0])


def plan_objective(
    problem: Problem, market: Market, state: MarketState, path: Noise | None
) -> PlanObjective:
    """Return the function from plans, one row per market, to expected value and gradient."""
    import torch

    market, state = to_tensors(market), to_tensors(state)
    noise = None if path is None else to_tensors(path)
    days_left = range(problem.days - 1, -1, -1)

    def value(plans: "torch.Tensor") -> "torch.Tensor":
        _, outcomes = simulate(market, state, plans, noise)
        days = [
            credited_value(problem, market, outcome, remaining)
            for outcome, remaining in zip(outcomes, days_left, strict=True)
        ]
        return torch.stack(days).sum((0, 2))

    return objective_with_gradient(value, problem.days)


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
