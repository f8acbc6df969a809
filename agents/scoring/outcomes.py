"""What plans bring over a flight, on the same draws of the market for every plan."""

from typing import Any, NamedTuple, Self

import numpy as np

from ...data.types import Floats
from ...envs.calibration import Posterior
from ...envs.flight import Problem, credited_value, initial_state, rollout
from ...envs.market import Outcome, Stream, simulate
from ..policy import Policy
from ..rollout import EvaluationSet, draw_evaluation_set

INTERVAL = (0.05, 0.95)  # quantiles between which the interval of 90 % lies


class Outcomes(NamedTuple):
    """Sums over a flight's days and campaigns, (draws,) each; draw i is the same market for all."""

    conversions: Floats  # expected in that market, without count noise
    counted: Floats  # conversions with count noise
    revenue: Floats  # expected, units of the currency; 0 where the exports hold none
    counted_revenue: Floats  # with count and order-value noise
    value: Floats  # the objective that is planned for, expected

    @classmethod
    def of_days(cls, days: list[Outcome], values: list[Floats]) -> Self:
        """Add up the days: outcomes with fields (draws, campaigns), and values of that shape."""
        fields = ("expected", "conversions", "expected_revenue", "revenue")
        sums = [np.sum([getattr(day, field) for day in days], axis=0).sum(-1) for field in fields]
        sums.append(np.sum(values, axis=0).sum(-1))
        return cls(*sums)

    @property
    def has_revenue(self) -> bool:
        """Whether the market has revenue at all."""
        return bool(self.revenue.any())


def common_draws(posterior: Posterior, days: int) -> EvaluationSet:
    """Return the held-out draws, with the noise behind the intervals of ``plan.json``."""
    return draw_evaluation_set(*posterior.held(posterior.held_out), days, Stream.FORECAST)


def outcomes_of(problem: Problem, spend: Floats, draws: EvaluationSet) -> Outcomes:
    """Return what a dated plan brings, as it is: it is not projected onto the constraints.

    Args:
        problem: objective and length of the flight.
        spend: (days, campaigns) in units of the currency.
        draws: markets and noise.
    """
    _, days = simulate(draws.market, draws.state, spend[:, None], draws.noise)
    values = [
        credited_value(problem, draws.market, day, problem.days - 1 - t)
        for t, day in enumerate(days)
    ]
    return Outcomes.of_days(days, values)


def outcomes_of_policy(problem: Problem, policy: Policy, draws: EvaluationSet) -> Outcomes:
    """Return what a policy brings that decides every day from the reports so far."""
    start = initial_state(problem, draws.state, (len(draws.market.elasticity),))
    _, days = rollout(problem, draws.market, start, draws.noise, policy.act)
    return Outcomes.of_days([day.outcome for day in days], [day.value for day in days])


def expected_plan(problem: Problem, policy: Policy) -> Floats:
    """Return what a policy spends if every report is as expected, (days, campaigns)."""
    start = initial_state(problem, problem.state, ())
    _, days = rollout(problem, problem.market, start, None, policy.act)
    return np.stack([day.spend for day in days])


def interval(expected: Floats, spread: Floats) -> dict[str, float]:
    """Return the mean of (draws,) values and the 90 % interval of others."""
    low, high = np.quantile(spread, INTERVAL)
    return {"mean": float(expected.mean()), "p05": float(low), "p95": float(high)}


def cost_per(budget: float, results: Floats, spread: Floats) -> dict[str, Any] | None:
    """Return money per result and its 90 % interval; None without money or results.

    An end of the interval is None where a draw has no result at all.
    """
    mean = float(results.mean())
    if budget <= 0 or mean <= 0:
        return None
    low, high = np.quantile(spread, INTERVAL)
    ends = {"p05": high, "p95": low}
    return {
        "mean": budget / mean,
        **{key: budget / float(end) if end > 0 else None for key, end in ends.items()},
    }
