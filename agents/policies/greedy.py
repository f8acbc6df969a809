"""Greedy: every day, equal marginal return on the posterior mean."""

from typing import Any

import numpy as np

from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.flight import Observable, Problem, prior_level
from ...envs.market import weekday_of
from .marginal import Returns, allocate


class Greedy:
    """Spends, every day, where and as long as the next dollar returns most.

    The return of a campaign is that of a steady spend (the stock normalised to it) in the market
    of mean parameters, at the day's weekday; nothing is learnt in flight.
    """

    name = "greedy"
    open_loop = True

    def __init__(self, problem: Problem) -> None:
        """Args: problem, what is known before the flight."""
        self.problem = problem

    def act(self, view: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the allocation with equal marginal returns among what is not bound."""
        problem, ledger = self.problem, view.ledger
        market, first = problem.market, problem.state.day
        left = range(first + ledger.day, first + problem.days)
        worth = np.stack([_worth(problem, day) for day in left])
        worth = worth.reshape(len(left), *(1,) * (ledger.spent.ndim - 1), -1)
        returns = Returns(market.reference_spend, market.elasticity, worth)
        made = allocate(problem, ledger, returns)
        return made.target, made.total, None


def _worth(problem: Problem, day: int) -> Floats:
    """Return what a reference day of each campaign is worth on that day, (campaigns,)."""
    market = problem.market
    demand = np.exp(prior_level(problem, day) + market.weekday[weekday_of(day)])
    worth = market.reference_conversions * demand
    return np.asarray(worth * problem.objective.per_conversion(market.order_value))
