"""Equal-marginal allocation of the remaining money over campaigns and remaining days.

Every campaign's return on every remaining day is a Hill curve of slope 1, whose marginal return has
a closed-form inverse; the rest is a one-dimensional search for the shadow price of a dollar.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats
from ...envs.arrays import Array, compiled
from ...envs.constraints import Ledger, day_bounds, remaining
from ...envs.flight import Problem
from ...envs.market import odds_at_reference
from ...envs.projection import Bounds

_BISECTIONS = 60  # halvings of the log price: exact to double precision
_LOG_PRICES = (-40.0, 20.0)  # range of the search


class Returns(NamedTuple):
    """Return curves of the remaining days; the flights' axis may be broadcast."""

    reference: Array  # dollars per day at which the curves are anchored, (flights, campaigns)
    elasticity: Array  # d log return / d log spend there, in (0, 1), (flights, campaigns)
    at_reference: Array  # return of the reference spend, (remaining days, flights, campaigns)

    def demand(self, low: Array, high: Array) -> "Demand":
        """Return the spend by marginal return, within bounds of a day, (..., campaigns)."""
        odds = odds_at_reference(self.elasticity, 1.0)
        root = self.reference * np.sqrt(self.at_reference / self.reference * odds * (1 + odds))
        return Demand(np.asarray(root), np.asarray(self.reference * odds), low, high)


class Demand(NamedTuple):
    """Spend by price, clip(root / sqrt(price) - offset, low, high).

    ``inverse_marginal`` of return curves, with what does not depend on the price worked out once.
    """

    root: Floats  # (days, ..., campaigns)
    offset: Floats  # (..., campaigns), as are the bounds
    low: Array
    high: Array

    def at(self, price: Array) -> Floats:
        """Return the spend, (days, ..., campaigns), at prices (..., campaigns or 1)."""
        spend = self.root / np.sqrt(price) - self.offset
        return np.asarray(np.minimum(np.maximum(spend, self.low), self.high))

    def price(
        self,
        spend: Floats,
        halvings: int,
        owner: NDArray[np.intp] | None = None,
        bounds: tuple[Array, Array] = (-np.inf, np.inf),
    ) -> Floats:
        """Return the price at which a sum over days and campaigns is spent, (...,).

        Args:
            spend: dollars, (...,), a number per flight.
            halvings: of the log price; 60 are exact to double precision, 30 to 1e-7.
            owner: node of each campaign, (campaigns,); None: all are in one.
            bounds: of the nodes' sums over days and campaigns, (..., nodes) or one number.
        """
        days, flights, campaigns = len(self.root), np.shape(spend), self.root.shape[-1]
        owner = np.zeros(campaigns, np.intp) if owner is None else owner
        root = _rows(self.root, (days, *flights, campaigns)).reshape(days, -1, campaigns)
        log_price = np.empty(root.shape[1])
        offset, low, high = (
            _rows(part, (*flights, campaigns)) for part in (self.offset, self.low, self.high)
        )
        least, most = (_rows(part, (*flights, int(owner.max()) + 1)) for part in bounds)
        by_flight = np.ascontiguousarray(root.swapaxes(0, 1))
        spends = np.ravel(spend)
        _find_prices(by_flight, offset, low, high, owner, least, most, spends, halvings, log_price)
        return np.asarray(np.exp(log_price.reshape(flights)))


def _rows(part: Array, shape: tuple[int, ...]) -> Floats:
    """Return an array of a shape as rows of its last axis."""
    whole = part if np.shape(part) == shape else np.broadcast_to(part, shape)
    return np.ascontiguousarray(whole, np.float64).reshape(-1, shape[-1])


@compiled
def _find_prices(
    root: Floats,
    offset: Floats,
    low: Floats,
    high: Floats,
    owner: NDArray[np.intp],
    least: Floats,
    most: Floats,
    spend: Floats,
    halvings: int,
    log_price: Floats,
) -> None:
    """Write the log price of each flight, by bisection; ``root`` has the flights first."""
    nodes = np.empty(least.shape[1])
    for i in range(len(spend)):
        cheap, dear = _LOG_PRICES
        for _ in range(halvings):
            middle = (cheap + dear) / 2
            factor = math.sqrt(math.exp(middle))
            nodes[:] = 0.0
            for t in range(root.shape[1]):
                for k in range(root.shape[2]):
                    amount = root[i, t, k] / factor - offset[i, k]
                    nodes[owner[k]] += min(max(amount, low[i, k]), high[i, k])
            total = 0.0
            for n in range(len(nodes)):
                total += min(max(nodes[n], least[i, n]), most[i, n])
            if total > spend[i]:
                cheap = middle
            else:
                dear = middle
        log_price[i] = (cheap + dear) / 2


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
    demand = returns.demand(bounds.lower[-1], bounds.upper[-1])
    price = demand.price(remaining(problem.constraints, ledger), halvings)
    return demand.at(np.maximum(price, _reserve_price(problem))[..., None])


def _reserve_price(problem: Problem) -> float:
    """Return the marginal return below which money stays unspent, if it may."""
    return float(problem.objective.name == "profit" and not problem.constraints.spend_all)


def _allocate_day(problem: Problem, returns: Returns, bounds: Bounds, total: Floats) -> Floats:
    """Maximise the sum of today's returns within its tree of bounds, by nested prices.

    Given a shadow price, a campaign spends the amount at which its marginal return equals that
    price; a channel spends the sum of its campaigns; both are clipped to their bounds. The price of
    the root is the one at which the day's total is spent; a channel at a bound has its own price.
    """
    tree = problem.constraints.tree
    owner, membership = tree.parents[1], tree.sums[1]  # (channels, campaigns) of 0 and 1
    low, high = bounds.lower[-1], bounds.upper[-1]
    limits = bounds.lower[-2], bounds.upper[-2]
    demand = returns._replace(at_reference=returns.at_reference[:1]).demand(low, high)
    root_price = demand.price(total, _BISECTIONS, owner, limits)[..., None]
    unbounded = demand.at(root_price)[0] @ membership.T
    channels = np.clip(unbounded, *limits)
    differs = unbounded != channels
    price = np.broadcast_to(root_price, channels[..., owner].shape).copy()
    for channel in np.flatnonzero(differs.reshape(-1, len(membership)).any(0)):
        own = owner == channel
        part = Demand(*(field[..., own] for field in demand))
        found = part.price(channels[..., channel], _BISECTIONS)[..., None]
        price[..., own] = np.where(differs[..., channel, None], found, root_price)
    return np.asarray(demand.at(price)[0])
