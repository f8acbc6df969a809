"""Greedy: every day, equal marginal returns on the posterior's mean market."""

from typing import Any

import numpy as np

from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.flight import Observable, Problem, prior_level
from ...envs.market import weekday_of
from .marginal import Returns, allocate


class Greedy:
    """Spends every day's budget at equal marginal returns.

    A campaign's return is that of a constant spend (its stock normalised to that spend) in the
    mean market, with the demand of the day's weekday; nothing is learnt in flight.
    """

    name = "greedy"
    open_loop = True

    def __init__(self, problem: Problem) -> None:
        """Args: problem: constraints, objective and mean market of the flight."""
        self.problem = problem

    def act(self, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the spend of equal marginal returns and its total."""
        problem, ledger = self.problem, observable.ledger
        market, first = problem.market, problem.state.day
        days_left = range(first + ledger.day, first + problem.days)
        value = np.stack([_reference_value(problem, day) for day in days_left])
        value = value.reshape(len(days_left), *(1,) * (ledger.spent.ndim - 1), -1)
        returns = Returns(market.reference_spend, market.elasticity, value)
        allocation = allocate(problem, ledger, returns)
        return allocation.requested_spend, allocation.requested_total, None


def _reference_value(problem: Problem, day: int) -> Floats:
    """Return the objective of each campaign's reference spend on a day, (campaigns,)."""
    market = problem.market
    demand = np.exp(prior_level(problem, day) + market.weekday[weekday_of(day)])
    conversions = market.reference_conversions * demand
    return np.asarray(conversions * problem.objective.per_conversion(market.order_value))
