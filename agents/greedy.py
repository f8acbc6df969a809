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
from ..envs.tree import Bounds

Floats = NDArray[np.float64]
_BISECTIONS = 60  # halvings of the log price: exact to double precision


class Greedy:
    """Spends, every day, where and as long as the next dollar returns most.

    The return of a campaign is that of a steady spend (the stock normalised to it) in the market
    of mean parameters, at the day's weekday; nothing is learnt in flight. What a day may spend in
    all is where its marginal return equals that of the days to come; where money may stay unspent,
    no dollar is spent on less than a dollar of gross profit.
    """

    name = "greedy"
    open_loop = True

    def __init__(self, problem: Problem) -> None:
        """Args: problem, what is known before the flight."""
        self.problem = problem

    def act(self, view: View, memory: Any) -> tuple[Array, Array, Any]:
        """Return the allocation with equal marginal returns among what is not bound."""
        problem, ledger = self.problem, view.ledger
        bounds = day_bounds(problem.constraints, ledger)
        today = problem.state.day + ledger.day
        worth = [_worth(problem, day) for day in range(today, problem.state.day + problem.days)]
        money = remaining(problem.constraints, ledger)
        wish = _day_total(problem, np.stack(worth), bounds, money)
        total = np.clip(wish, bounds.lower[0][..., 0], bounds.upper[0][..., 0])
        return _equal_marginal(problem, worth[0], bounds, total), total, None


def _day_total(problem: Problem, worth: Floats, bounds: Bounds, money: Floats) -> Floats:
    """Return today's share of the money left when all days left have one price, (flights,)."""
    low, high = bounds.lower[-1][..., None, :], bounds.upper[-1][..., None, :]

    def days(price: Floats) -> Floats:
        return np.asarray(_answer(problem, price[..., None, None], worth, low, high).sum(-1))

    price = np.maximum(_search(lambda p: days(p).sum(-1), money), _least_price(problem))
    return np.asarray(days(price)[..., 0])


def _least_price(problem: Problem) -> float:
    """Return the marginal return below which money rather stays unspent, where it may."""
    return float(problem.objective.name == "profit" and not problem.constraints.spend_all)


def _answer(problem: Problem, price: Floats, worth: Floats, low: Floats, high: Floats) -> Floats:
    """Return the spend at which each campaign's marginal return is the price, within bounds."""
    market = problem.market
    ratio = inverse_marginal(price, worth / market.reference_spend, market.elasticity)
    return np.asarray(np.clip(market.reference_spend * ratio, low, high))


def _worth(problem: Problem, day: int) -> Floats:
    """Return what a reference day of each campaign is worth on that day, (campaigns,)."""
    market = problem.market
    demand = np.exp(prior_level(problem, day) + market.weekday[weekday_of(day)])
    per_conversion = _per_conversion(problem.objective, market.order_value)
    return np.asarray(market.reference_conversions * demand * per_conversion)


def _per_conversion(objective: Objective, order_value: Floats) -> Floats:
    if objective.name in ("conversions", "journeys"):
        return np.asarray(objective.worth(order_value) * np.ones_like(order_value))
    return order_value * (objective.margin if objective.name == "profit" else 1.0)


def _equal_marginal(problem: Problem, worth: Floats, bounds: Bounds, total: Floats) -> Floats:
    """Solve max sum of returns on the day's tree by nested prices.

    A campaign answers a price with the spend whose marginal return it is, a channel with the sum
    of its campaigns' answers, both clipped to their bounds; the root's price is the one at which
    the day's total is spent, and a channel at its bound gets a price of its own.
    """
    member = problem.constraints.tree.sums[1]
    low, high = bounds.lower[-1], bounds.upper[-1]
    floor, cap = bounds.lower[-2], bounds.upper[-2]

    def answer(price: Floats) -> Floats:
        return _answer(problem, price, worth, low, high)

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
