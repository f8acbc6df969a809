"""What a policy's flights are expected to bring, over the posterior."""

from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ...envs.flight import Problem, initial_state, rollout
from ...envs.market import Market, MarketState, Outcome, simulate
from ..policy import PlanPolicy, Policy
from ..rollout import EvaluationSet

_NUDGE = 0.01  # relative change of a campaign's plan behind its marginal return


class Forecast(NamedTuple):
    """Draws of what will be counted, (draws, days, campaigns)."""

    conversions: Floats  # expected within a market: their mean is the estimate
    counted: Floats  # conversions with count noise: their spread is the interval
    revenue: Floats  # dollars, expected within a market
    counted_revenue: Floats  # dollars, with count and order noise


def expected_flight(problem: Problem, policy: Policy) -> Floats:
    """Return a policy's dated plan, (days, campaigns) dollars.

    It is the flight in which every report is what the posterior mean expects.
    """
    begin = initial_state(problem, problem.state, ())
    _, days = rollout(problem, problem.market, begin, None, policy.act)
    return np.stack([day.spend for day in days])


def forecast(problem: Problem, policy: Policy, plan: Floats, trial: EvaluationSet) -> Forecast:
    """Fly over posterior draws: the plan as it stands, or the policy where it reacts.

    Args:
        problem: what is planned.
        policy: a ``PlanPolicy`` is flown as its plan, in cents; any other acts for itself.
        plan: (days, campaigns) dollars.
        trial: posterior draws and their noise.
    """
    flown = PlanPolicy(policy.name, plan) if policy.open_loop else policy
    begin = initial_state(problem, trial.state, (len(trial.market.elasticity),))
    _, days = rollout(problem, trial.market, begin, trial.noise, flown.act)
    return _collect([day.outcome for day in days])


def marginal_returns(problem: Problem, plan: Floats, market: Market, state: MarketState) -> Floats:
    """Return what one more dollar on each campaign brings, in the objective, (campaigns,).

    A finite difference of the posterior-expected objective, the campaign's days raised alike.
    """

    def worth(days: Floats) -> float:
        _, outcomes = simulate(market, state, days[:, None], None)
        values = [problem.objective.expected(o, days[t]) for t, o in enumerate(outcomes)]
        return float(np.sum(values, axis=0).sum(-1).mean())

    base, returns = worth(plan), np.zeros(plan.shape[1])
    for k in range(plan.shape[1]):
        raised = plan.copy()
        more = _NUDGE * np.maximum(plan[:, k], 1.0)  # a campaign that is off has a return too
        raised[:, k] += more
        returns[k] = (worth(raised) - base) / more.sum()
    return returns


def _collect(outcomes: list[Outcome]) -> Forecast:
    names = ("expected", "conversions", "expected_revenue", "revenue")
    expected, counted, revenue, counted_revenue = (
        np.stack([getattr(o, name) for o in outcomes], axis=1) for name in names
    )
    return Forecast(expected, counted, revenue, counted_revenue)
