"""Equal-marginal allocation of the remaining money over campaigns and remaining days.

Every campaign's return on every remaining day is a Hill curve of slope 1, whose marginal return has
a closed-form inverse; the rest is a one-dimensional search for the shadow price of a dollar.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.constraints import Ledger, day_bounds, remaining
from ...envs.flight import Problem
from ...envs.market import odds_at_reference
from ...envs.projection import Bounds

_BISECTIONS = 60  # halvings of the log price: exact to double precision


class Returns(NamedTuple):
    """Return curves of the remaining days; the flights' axis may be broadcast."""

    reference: Array  # dollars per day at which the curves are anchored, (flights, campaigns)
    elasticity: Array  # d log return / d log spend there, in (0, 1), (flights, campaigns)
    at_reference: Array  # return of the reference spend, (remaining days, flights, campaigns)

    def spend_at(self, at_reference: Array, low: Array, high: Array) -> Callable[[Array], Floats]:
        """Return the spend by its marginal return, clipped to bounds.

        ``inverse_marginal``, with what does not depend on the price worked out once.
        """
        odds = odds_at_reference(self.elasticity, 1.0)
        root = self.reference * np.sqrt(at_reference / self.reference * odds * (1 + odds))
        offset = self.reference * odds

        def spend(price: Array) -> Floats:
            return np.asarray(np.minimum(np.maximum(root / np.sqrt(price) - offset, low), high))

        return spend


class Allocation(NamedTuple):
    """Optimal spend of today and of every remaining day, dollars."""

    requested_spend: Floats  # (flights, campaigns) today
    requested_total: Floats  # (flights,) today
    days: Floats  # (remaining days, flights, campaigns), ignoring bounds of channels and totals


def allocate(problem: Problem, ledger: Ledger, returns: Returns) -> Allocation:
    """Maximise the sum of returns over the remaining days; today within its tree of bounds.

    Today's total equalises marginal returns between today and the days to come. Where money may
    stay unspent, no dollar is spent that returns less than a dollar of gross profit.
    """
    bounds = day_bounds(problem.constraints, ledger)
    days = spread(problem, ledger, returns, bounds)
    total = np.clip(days[0].sum(-1), bounds.lower[0][..., 0], bounds.upper[0][..., 0])
    return Allocation(_allocate_day(problem, returns, bounds, total), total, days)


def spread(
    problem: Problem,
    ledger: Ledger,
    returns: Returns,
    bounds: Bounds,
    halvings: int = _BISECTIONS,
) -> Floats:
    """Return the spend of every remaining day that ``allocate`` starts from, before channels.

    Args:
        problem: constraints and objective.
        ledger: spend so far.
        returns: return curves of the remaining days.
        bounds: today's, of ``day_bounds``.
        halvings: of the log price; 30 are exact to 1e-7.
    """
    low, high = bounds.lower[-1], bounds.upper[-1]

    at_price = returns.spend_at(returns.at_reference, low, high)

    def spend_by_day(price: Floats) -> Floats:
        return at_price(price[..., None])

    money_left = remaining(problem.constraints, ledger)
    price = _bisect_price(lambda p: spend_by_day(p).sum((0, -1)), money_left, halvings)
    return spend_by_day(np.maximum(price, _reserve_price(problem)))


def _reserve_price(problem: Problem) -> float:
    """Return the marginal return below which money stays unspent, if it may."""
    return float(problem.objective.name == "profit" and not problem.constraints.spend_all)


def _allocate_day(problem: Problem, returns: Returns, bounds: Bounds, total: Floats) -> Floats:
    """Maximise the sum of today's returns within its tree of bounds, by nested prices.

    Given a shadow price, a campaign spends the amount at which its marginal return equals that
    price; a channel spends the sum of its campaigns; both are clipped to their bounds. The price of
    the root is the one at which the day's total is spent; a channel at a bound has its own price.
    """
    membership = problem.constraints.tree.sums[1]  # (channels, campaigns) of 0 and 1
    low, high = bounds.lower[-1], bounds.upper[-1]
    channel_low, channel_high = bounds.lower[-2], bounds.upper[-2]

    spend_at = returns.spend_at(returns.at_reference[0], low, high)

    def total_at(price: Floats) -> Floats:
        channels = np.maximum(spend_at(price[..., None]) @ membership.T, channel_low)
        return np.asarray(np.minimum(channels, channel_high).sum(-1))

    root_price = _bisect_price(total_at, total)
    unbounded = spend_at(root_price[..., None]) @ membership.T
    channels = np.clip(unbounded, channel_low, channel_high)
    if (unbounded == channels).all():
        return spend_at(root_price[..., None])
    channel_price = _bisect_price(lambda p: spend_at(p @ membership) @ membership.T, channels)
    price = np.where(unbounded == channels, root_price[..., None], channel_price)
    return spend_at(price @ membership)


def _bisect_price(
    spend_at: Callable[[Floats], Floats], spend: Floats, halvings: int = _BISECTIONS
) -> Floats:
    """Return the price at which ``spend_at``, decreasing in the price, equals a spend."""
    low, high = np.full(spend.shape, -40.0), np.full(spend.shape, 20.0)  # range of the log price
    for _ in range(halvings):
        middle = (low + high) / 2
        above = spend_at(np.exp(middle)) > spend
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(np.exp((low + high) / 2))
