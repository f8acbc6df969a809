"""The physics, once: the records of a market and the one pure ``step`` that everybody calls.

Every field is ``(..., campaigns)``: leading axes are a batch of markets, of flights, or both.
Steps that are not modelled yet (delivery, fatigue, halo, lag, attribution error, shocks) will
join as further fields whose neutral value changes nothing.
"""

from typing import Any, NamedTuple, TypeVar

import numpy as np

from .arrays import Array, namespace
from .counts import poisson_quantile
from .curves import carry, saturation

Record = TypeVar("Record", bound=tuple[Any, ...])


class Market(NamedTuple):
    """Response parameters of one or many markets."""

    reference_spend: Array  # dollars a day at which the curve is anchored, > 0
    reference_conversions: Array  # conversions a day there, level 0, mean weekday, >= 0
    elasticity: Array  # d log conversions / d log spend there, in (0, slope)
    slope: Array  # Hill exponent, > 0; 1 is the default and concave
    carryover: Array  # share of the stock kept a day, in [0, 1)
    weekday: Array  # (..., 7, campaigns) log multipliers from Monday, mean 0
    level_kept: Array  # share of the log level kept a day, in [0, 1]; 1 is a random walk
    level_sd: Array  # sd of a day's own change of the log level, >= 0
    demand_sd: Array  # sd of a day's shared change of the log level, >= 0
    dispersion: Array  # alpha of NB2: variance = mean + alpha mean^2, >= 0
    reference_cpc: Array  # dollars a click at the reference spend, > 0
    inflation: Array  # d log CPC / d log spend, in [0, 1)
    price_sd: Array  # sd of a day's log CPC, >= 0
    click_rate: Array  # clicks an impression, in (0, 1]
    order_value: Array  # dollars of revenue a conversion, >= 0
    order_value_sd: Array  # sd of a day's log order value, >= 0


class MarketState(NamedTuple):
    """What a market remembers from one day to the next."""

    day: int  # days since 1970-01-01 of the day to come; one for the whole batch
    stock: Array  # advertising stock, dollars a day
    level: Array  # log level of demand and efficiency


class Noise(NamedTuple):
    """A day's randomness, drawn by the caller; a leading axis holds the days of a flight.

    Without ``counts`` (None) only the level moves: the demand path, count noise averaged out.
    """

    demand: Array  # standard normal, shared by the campaigns: (..., 1)
    level: Array  # standard normal
    price: Array | None  # standard normal
    gamma: Array | None  # Gamma with mean 1 and variance alpha: the market's overdispersion
    counts: Array | None  # standard normal behind the Poisson count
    order_value: Array | None  # standard normal

    def path(self) -> "Noise":
        """Return the demand path alone."""
        return Noise(self.demand, self.level, None, None, None, None)


class Outcome(NamedTuple):
    """What a day of spend returns."""

    expected: Array  # conversions, count noise averaged out
    expected_revenue: Array  # dollars, count noise averaged out
    conversions: Array  # counted
    revenue: Array  # dollars
    clicks: Array  # clicks, fractions allowed
    impressions: Array  # impressions, fractions allowed


def step(
    market: Market, state: MarketState, spend: Array, noise: Noise | None
) -> tuple[MarketState, Outcome]:
    """Advance a market by one day of spend.

    Equations: CPC ``c0 (x / x0)^eta``; stock ``A = theta A + (1 - theta) x``; Hill saturation;
    log level an Ornstein-Uhlenbeck walk, plus weekday; conversions NB2 by gamma-Poisson.

    Args:
        market: parameters, (..., campaigns).
        state: stock and level at the end of yesterday.
        spend: dollars today, >= 0, (..., campaigns).
        noise: today's draws; None for the expected day (no change of level but its decay, counts at
            their mean).

    Returns:
        The state at the end of the day, and the day's outcome.
    """
    xp = namespace(spend, market.elasticity)
    level = market.level_kept * state.level
    level = level if noise is None else level + level_change(market, noise)
    stock = carry(state.stock, spend, market.carryover)
    expected = expected_conversions(market, stock, level, state.day)
    if noise is None or noise.counts is None:
        conversions, order_value, price = expected, market.order_value, 1.0
    else:
        conversions = _count(expected, noise)
        order_value = market.order_value * unit_lognormal(market.order_value_sd, noise.order_value)
        price = xp.exp(market.price_sd * noise.price)
    clicks = spend / (cost_per_click(market, spend) * price)
    outcome = Outcome(
        expected=expected,
        expected_revenue=expected * market.order_value,
        conversions=conversions,
        revenue=conversions * order_value,
        clicks=clicks,
        impressions=clicks / market.click_rate,
    )
    return MarketState(state.day + 1, stock, level), outcome


def expected_conversions(market: Market, stock: Array, level: Array, day: int) -> Array:
    """Return a day's mean conversions for a stock and a log level."""
    xp = namespace(stock, market.elasticity)
    share = saturation(stock / market.reference_spend, market.elasticity, market.slope)
    demand = xp.exp(level + market.weekday[..., weekday_of(day), :])
    return market.reference_conversions * share * demand


def cost_per_click(market: Market, spend: Array) -> Array:
    """Return the CPC in dollars; a spend of zero is priced like a cent."""
    xp = namespace(spend, market.inflation)
    return (
        market.reference_cpc
        * (xp.clip(spend, 0.01, None) / market.reference_spend) ** market.inflation
    )


def level_change(market: Market, noise: Noise) -> Array:
    """Return a day's change of the log level: its own walk and the shared one."""
    return market.level_sd * noise.level + market.demand_sd * noise.demand


def unit_lognormal(sd: Array, normal: Array) -> Array:
    """Return lognormal factors of mean 1."""
    return namespace(normal, sd).exp(sd * normal - sd * sd / 2)


def weekday_of(day: int) -> int:
    """Return 0 for Monday ... 6 for Sunday; 1970-01-01 was a Thursday."""
    return (int(day) + 3) % 7


def day_number(date: np.datetime64) -> int:
    """Return the days since 1970-01-01 of a date."""
    return int(date.astype("datetime64[D]").astype(np.int64))


def select(record: Record, index: Any) -> Record:
    """Return the record with every array indexed on its leading axis (numbers stay)."""
    picked = (field[index] if hasattr(field, "shape") else field for field in record)
    return type(record)(*picked)


def _count(expected: Array, noise: Noise) -> Array:
    """Return the counted conversions; in torch the gradient is that of the expectation."""
    if namespace(expected) is np:
        return poisson_quantile(expected * noise.gamma, noise.counts)
    held = expected.detach()
    return expected + (poisson_quantile(held * noise.gamma, noise.counts) - held)
