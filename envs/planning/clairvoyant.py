"""What a market is worth to somebody who knows it: the best daily and the best steady plan.

The clairvoyant knows the parameters and the demand path, count noise averaged out, and plans
dollars that are delivered: where a platform is out it spends nothing, and nothing is lost on the
way. So no policy can do better in expectation. torch is imported on first use only.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...data.types import Floats
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
    """The best plans of known markets and what they are worth."""

    daily: Floats  # (markets,) expected objective of the best daily plan
    steady: Floats  # (markets,) of the best plan that is the same every day, outages and all
    plan: Floats  # (days, markets, campaigns) dollars: the best daily plan


def clairvoyant_values(
    problem: Problem,
    market: Market,
    state: MarketState,
    path: Noise,
    iterations: int = 600,
    progress: Callable[[str], None] = lambda _: None,
) -> ClairvoyantValues:
    """Climb from several starts to every market's own best plan.

    The set of daily plans must be one tree of sums: no pacing band, no change limit.

    Args:
        problem: constraints, objective and the static plan.
        market: true markets, fields (markets, campaigns).
        state: on the eve.
        path: demand paths and shocks, fields (days, markets, campaigns).
        iterations: evaluations of a climb at most.
        progress: called with a line now and then.
    """
    open_path, caps = _deliverable(market, path)
    worth = plan_objective(problem, market, state, open_path)
    count, days = len(market.elasticity), problem.days
    base = np.repeat(problem.static_plan[None], count, 0)
    steady = best_constant_plan(problem, market, state, path, iterations)
    progress("steady plans found")
    feasible = project_daily_plan(problem.constraints, caps)
    starts = [np.repeat(steady[0], days, 1), base]
    if not _concave(market):
        starts.append(np.repeat(_without_curves(market, base), days, 1))
    daily = _best(worth, feasible, starts, iterations)
    progress("daily plans found")
    return ClairvoyantValues(daily[1], steady[1], np.moveaxis(daily[0], 1, 0))


def best_constant_plan(
    problem: Problem, market: Market, state: MarketState, path: Noise, iterations: int = 600
) -> PlanOptimum:
    """Climb to every market's best plan that is the same every day, (markets, 1, campaigns).

    The arguments are those of ``clairvoyant_values``; what is out is out for these plans too.
    """
    rigid = plan_objective(
        problem, market, state, path.without_count_noise()._replace(delivery=None)
    )
    base = np.repeat(problem.static_plan[None], len(market.elasticity), 0)
    every_day = project_constant_plan(problem.constraints)
    return _best(rigid, every_day, _steady_starts(market, base), iterations)


def best_shared_plan(
    problem: Problem,
    market: Market,
    state: MarketState,
    path: Noise,
    iterations: int = 150,
    least: Floats | None = None,
) -> Floats:
    """Return the one plan, (days, campaigns) dollars, that is best on average over markets.

    Args:
        problem: constraints, objective, and the plan to begin with.
        market: fields (markets, campaigns).
        state: on the eve.
        path: demand paths, fields (days, markets, campaigns).
        iterations: evaluations at most.
        least: (campaigns,) dollars every day, if any.
    """
    one = plan_objective(problem, market, state, path._replace(outage=None, delivery=None))
    count = len(market.elasticity)

    def worth(plans: Floats) -> tuple[Floats, Floats]:
        value, slope = one(np.repeat(plans, count, 0))
        return value.mean(keepdims=True), slope.mean(0, keepdims=True)

    feasible = project_daily_plan(problem.constraints, least=least)
    starts = [problem.static_plan[None]]
    if not _concave(market):
        starts.append(np.ones_like(starts[0]) * problem.constraints.total / starts[0].size)
    return np.asarray(_best(worth, feasible, starts, iterations).plan[0])


def plan_objective(
    problem: Problem, market: Market, state: MarketState, path: Noise | None
) -> PlanObjective:
    """Return the function from plans, a row a market, to expected value and gradient."""
    import torch

    known, eve = to_tensors(market), to_tensors(state)
    noise = None if path is None else to_tensors(path)
    left = range(problem.days - 1, -1, -1)

    def value(daily: "torch.Tensor") -> "torch.Tensor":
        _, outcomes = simulate(known, eve, daily, noise)
        days = [credited_value(problem, known, o, n) for o, n in zip(outcomes, left, strict=True)]
        return torch.stack(days).sum((0, 2))

    return objective_with_gradient(value, problem.days)


def _deliverable(market: Market, path: Noise) -> tuple[Noise, Floats | None]:
    """Return the path without losses on the way, and the dollars that can be delivered."""
    known = path.without_count_noise()._replace(outage=None, delivery=None)
    if path.outage is None and market.delivery_cap is None:
        return known, None
    days, shape = len(path.level), market.elasticity.shape
    cap = np.inf if market.delivery_cap is None else market.delivery_cap
    caps = np.broadcast_to(cap, (days, *shape))
    if path.outage is not None:
        caps = np.where(path.outage > 0, caps, 0.0)
    return known, np.moveaxis(caps, 0, 1)


def _best(
    worth: PlanObjective,
    feasible: Callable[[Floats], Floats],
    starts: Sequence[Floats],
    iterations: int,
) -> PlanOptimum:
    """Return each row's best plan and value: a short climb from all starts, a long one after."""
    if len(starts) > 1:
        summits = [maximise(worth, feasible, start, iterations // 8) for start in starts]
        pick = np.stack([optimum.value for optimum in summits]).argmax(0)
        plans = np.stack([optimum.plan for optimum in summits])
        starts = [plans[pick, np.arange(len(pick))]]
    return maximise(worth, feasible, starts[0], iterations)


def _concave(market: Market) -> bool:
    return bool((market.slope <= 1).all())


def _steady_starts(market: Market, base: Floats) -> list[Floats]:
    starts = [base.mean(1, keepdims=True)]
    if not _concave(market):
        starts += [np.full_like(starts[0], starts[0].mean()), _without_curves(market, base)]
    return starts


def _without_curves(market: Market, base: Floats) -> Floats:
    """Return steady plans that leave the S-curved campaigns to their floors."""
    steady = base.mean(1, keepdims=True)
    return np.asarray(np.where(market.slope[:, None] > 1, -steady.sum(-1, keepdims=True), steady))
