"""Estimates over the posterior: forecast, means with intervals, and marginal returns."""

from typing import TYPE_CHECKING

import numpy as np

from ...data.types import Floats
from ...envs.calibration import Forecast
from ...envs.flight import Problem, initial_state, rollout
from ...envs.market import Market, MarketState, simulate
from ..policy import PlanPolicy, Policy
from ..rollout import EvaluationSet

if TYPE_CHECKING:
    from .records import Actuals

_RELATIVE_STEP = 0.01  # finite-difference step, as a share of a campaign's planned spend
_INTERVAL = (0.05, 0.95)  # quantiles


def mean_and_interval(expected: Floats, counted: Floats) -> dict[str, float]:
    """Return mean and 90 % interval of sums over days and campaigns.

    Args:
        expected: (draws, days, campaigns) without count noise, for the mean.
        counted: (draws, days, campaigns) with count noise, for the interval.
    """
    return spreads(expected.sum((1, 2)), counted.sum((1, 2)))[0]


def known_spread(expected: Floats, counted: Floats) -> dict[str, float] | None:
    """Return the same, or None where a part of it is not known (NaN)."""
    return None if np.isnan(expected).any() else mean_and_interval(expected, counted)


def spreads(expected: Floats, counted: Floats) -> list[dict[str, float]]:
    """Return mean and 90 % interval of every column.

    Args:
        expected: (draws, ...) without count noise, for the mean.
        counted: the same shape with count noise, for the interval.

    Returns:
        One mapping per column, those of the last axis next to each other.
    """
    flat = counted.reshape(len(counted), -1)
    columns = (expected.reshape(len(expected), -1).mean(0), *np.quantile(flat, _INTERVAL, axis=0))
    return [
        {"mean": mean, "p05": low, "p95": high}
        for mean, low, high in zip(*(column.tolist() for column in columns), strict=True)
    ]


def known_spreads(expected: Floats, counted: Floats) -> list[dict[str, float] | None]:
    """Return the same, with None for columns of which a draw is not known (NaN)."""
    unknown = np.isnan(expected).any(0).ravel()
    rows = spreads(np.nan_to_num(expected), np.nan_to_num(counted))
    return [None if gone else row for gone, row in zip(unknown, rows, strict=True)]


def joined(actuals: "Actuals", rest: Forecast) -> Forecast:
    """Return the forecast of a whole flight: what happened, the same in all draws, then the rest.

    Args:
        actuals: first days of the flight.
        rest: forecast of its other days, (draws, other days, campaigns).
    """
    draws = len(rest.expected)
    so_far = (*[actuals.conversions] * 2, *[actuals.revenue] * 2)
    return Forecast(
        *(
            np.concatenate([np.broadcast_to(days, (draws, *days.shape)), field], axis=1)
            for days, field in zip(so_far, rest, strict=True)
        )
    )


def expected_flight(problem: Problem, policy: Policy) -> Floats:
    """Return a policy's dated plan, (days, campaigns) dollars.

    The policy is rolled out in the market of the posterior mean, without noise.
    """
    start = initial_state(problem, problem.state, ())
    _, days = rollout(problem, problem.market, start, None, policy.act)
    return np.stack([day.spend for day in days])


def forecast(
    problem: Problem, policy: Policy, plan: Floats, evaluation_set: EvaluationSet
) -> Forecast:
    """Roll out over posterior draws: the plan of an open-loop policy, or else the policy itself.

    Args:
        problem: constraints, objective and start of the flight.
        policy: if it is open-loop, ``plan`` is followed in its place.
        plan: (days, campaigns) dollars.
        evaluation_set: posterior draws and their noise.
    """
    actor = PlanPolicy(policy.name, plan) if policy.open_loop else policy
    draws = len(evaluation_set.market.elasticity)
    start = initial_state(problem, evaluation_set.state, (draws,))
    _, days = rollout(problem, evaluation_set.market, start, evaluation_set.noise, actor.act)
    return Forecast.from_outcomes([day.outcome for day in days])


def marginal_returns(problem: Problem, plan: Floats, market: Market, state: MarketState) -> Floats:
    """Return the objective gained per additional dollar on each campaign, (campaigns,).

    A finite difference of the posterior mean of the objective; all days of a campaign are raised
    by the same share.
    """

    def expected_value(spend: Floats) -> float:
        _, outcomes = simulate(market, state, spend[:, None], None)
        values = [problem.objective.expected(o, spend[t]) for t, o in enumerate(outcomes)]
        return float(np.sum(values, axis=0).sum(-1).mean())

    base, returns = expected_value(plan), np.zeros(plan.shape[1])
    for k in range(plan.shape[1]):
        raised = plan.copy()
        increase = _RELATIVE_STEP * np.maximum(plan[:, k], 1.0)  # days without spend rise too
        raised[:, k] += increase
        returns[k] = (expected_value(raised) - base) / increase.sum()
    return returns
