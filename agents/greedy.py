"""Greedy: every day, equal marginal return on the posterior mean."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..envs.arrays import Array
from ..envs.curves import inverse_marginal
from ..envs.flight import Problem, View, prior_level
from ..envs.ledger import day_bounds, remaining
from ..envs.market import weekday_of
from ..envs.objective import Objective

Floats = NDArray[np.float64]
_BISECTIONS = 60  # halvings of the log price: exact to double precision


class Greedy:
    """Spends evenly over the days and, within a day, where the next dollar returns most.

    The return of a campaign is that of a steady spend (the stock normalised to it) in the market
    of mean parameters, at the day's weekday; nothing is learnt in flight.
    """

    name = "greedy"
    open_loop = True

    def __init__(self, problem: Problem) -> None:
        """Args: problem, what is known before the flight."""
        self.problem = problem

    def act(self, view: View, memory: Any) -> tuple[Array, Array, Any]:
        """Return the allocation with equal marginal returns among what is not bound."""
        problem, ledger = self.problem, view.ledger
        days_left = problem.days - ledger.day
        bounds = day_bounds(problem.constraints, ledger)
        even = remaining(problem.constraints, ledger) / days_left
        total = np.clip(even, bounds.lower[0][..., 0], bounds.upper[0][..., 0])
        worth = _worth(problem, view.belief.state.day)
        return _equal_marginal(problem, worth, bounds, total), total, None


def _worth(problem: Problem, day: int) -> Floats:
    """Return what a reference day of each campaign is worth on that day, (campaigns,)."""
    market = problem.market
    demand = np.exp(prior_level(problem, day) + market.weekday[weekday_of(day)])
    per_conversion = _per_conversion(problem.objective, market.order_value)
    return np.asarray(market.reference_conversions * demand * per_conversion)


def _per_conversion(objective: Objective, order_value: Floats) -> Floats:
    if objective.name == "conversions":
        return np.ones_like(order_value)
    return order_value * (objective.margin if objective.name == "profit" else 1.0)


def _equal_marginal(problem: Problem, worth: Floats, bounds: Any, total: Floats) -> Floats:
    """Solve max sum of returns on the day's tree by nested prices.

    A campaign answers a price with the spend whose marginal return it is, a channel with the sum
    of its campaigns' answers, both clipped to their bounds; the root's price is the one at which
    the day's total is spent, and a channel at its bound gets a price of its own.
    """
    market, member = problem.market, problem.constraints.tree.sums[1]
    low, high = bounds.lower[-1], bounds.upper[-1]
    floor, cap = bounds.lower[-2], bounds.upper[-2]

    def answer(price: Floats) -> Floats:
        ratio = inverse_marginal(price, worth / market.reference_spend, market.elasticity)
        return np.asarray(np.clip(market.reference_spend * ratio, low, high))

    def root(price: Floats) -> Floats:
        sums = np.clip(answer(price[..., None]) @ member.T, floor, cap)
        return np.asarray(sums.sum(-1))

    price = _search(root, total)
    free = answer(price[..., None]) @ member.T
    bound = np.clip(free, floor, cap)
    own = _search(lambda p: answer(p @ member) @ member.T, bound)
    mixed = np.where(free == bound, price[..., None], own)
    return answer(mixed @ member)


def _search(answer: Any, target: Floats) -> Floats:
    """Return the price at which a falling answer meets the target, by bisection in its log."""
    low, high = np.full(target.shape, -40.0), np.full(target.shape, 20.0)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        above = answer(np.exp(middle)) > target
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(np.exp((low + high) / 2))
