"""Equal marginal returns: the spend of today at which, for what is left, no dollar is better moved.

Every campaign's return on every day left is a Hill curve of slope 1, whose marginal return can be
inverted in closed form; what remains is a search for one price.
"""

from typing import Any, NamedTuple

import numpy as np

from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.constraints import Ledger, day_bounds, remaining
from ...envs.flight import Problem
from ...envs.market import inverse_marginal
from ...envs.projection import Bounds

_BISECTIONS = 60  # halvings of the log price: exact to double precision


class Returns(NamedTuple):
    """What spending returns on the days that are left; flights may be broadcast."""

    reference: Array  # dollars a day at which the curves are anchored, (flights, campaigns)
    elasticity: Array  # d log return / d log spend there, in (0, 1), (flights, campaigns)
    worth: Array  # return of a reference day, from today on, (days left, flights, campaigns)

    def answer(self, price: Array, worth: Array, low: Array, high: Array) -> Floats:
        """Return the spend whose marginal return is the price, within bounds."""
        ratio = inverse_marginal(price, worth / self.reference, self.elasticity)
        return np.asarray(np.clip(self.reference * ratio, low, high))


class Allocation(NamedTuple):
    """What equal marginal returns ask for, dollars."""

    target: Floats  # (flights, campaigns) today
    total: Floats  # (flights,) today
    days: Floats  # (days left, flights, campaigns), the tree of the days to come left out


def allocate(problem: Problem, ledger: Ledger, returns: Returns) -> Allocation:
    """Solve max sum of returns for what is left, and today on its own tree of bounds.

    What a day may spend in all is where its marginal return equals that of the days to come; where
    money may stay unspent, no dollar is spent on less than a dollar of gross profit.
    """
    bounds = day_bounds(problem.constraints, ledger)
    low, high = bounds.lower[-1], bounds.upper[-1]

    def days(price: Floats) -> Floats:
        return returns.answer(price[..., None], returns.worth, low, high)

    price = _search(lambda p: days(p).sum((0, -1)), remaining(problem.constraints, ledger))
    ahead = days(np.maximum(price, _least_price(problem)))
    total = np.clip(ahead[0].sum(-1), bounds.lower[0][..., 0], bounds.upper[0][..., 0])
    return Allocation(_equal_marginal(problem, returns, bounds, total), total, ahead)


def _least_price(problem: Problem) -> float:
    """Return the marginal return below which money rather stays unspent, where it may."""
    return float(problem.objective.name == "profit" and not problem.constraints.spend_all)


def _equal_marginal(problem: Problem, returns: Returns, bounds: Bounds, total: Floats) -> Floats:
    """Solve max sum of today's returns on its tree by nested prices.

    A campaign answers a price with the spend whose marginal return it is, a channel with the sum
    of its campaigns' answers, both clipped to their bounds; the root's price is the one at which
    the day's total is spent, and a channel at its bound gets a price of its own.
    """
    member = problem.constraints.tree.sums[1]
    low, high = bounds.lower[-1], bounds.upper[-1]
    floor, cap = bounds.lower[-2], bounds.upper[-2]

    def answer(price: Floats) -> Floats:
        return returns.answer(price, returns.worth[0], low, high)

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
