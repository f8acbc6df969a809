"""Estimates over the posterior: a policy's dated plan, its forecast and marginal returns."""

import numpy as np

from ...data.types import Floats
from ...envs.calibration import Forecast
from ...envs.flight import Problem, initial_state, rollout
from ...envs.market import Market, MarketState, simulate
from ..policy import PlanPolicy, Policy
from ..rollout import EvaluationSet

_RELATIVE_STEP = 0.01  # finite-difference step, as a share of a campaign's planned spend


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
