"""The physics, once: the records of a market and the one pure ``step`` that everybody calls.

Every field is ``(..., campaigns)``: leading axes are a batch of markets, of flights, or both.
A feature is off while its fields are None, and exactly neutral at the value that
``envs/parameters.py`` names beside each parameter's unit, range and source.
"""

from typing import Any, NamedTuple, TypeVar

import numpy as np

from .arrays import Array, at_least, namespace
from .counts import poisson_quantile
from .curves import carry, saturation
from .effects import attention, season, settle, wear

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
    delivery_sd: Array | None = None  # spread of what is delivered of a planned dollar, >= 0
    delivery_cap: Array | None = None  # dollars a day that the platform can spend at most, > 0
    competition_kept: Array | None = None  # share of the rivals' log price pressure kept a day
    competition_sd: Array | None = None  # sd of a day's change of it, >= 0
    build: Array | None = None  # share of the build-up stage of the stock kept a day, in [0, 1)
    fatigue: Array | None = None  # exponent of the wear by impressions, >= 0
    fatigue_kept: Array | None = None  # share of the impressions that wear out kept a day
    audience: Array | None = None  # people who can be reached, > 0
    annual: Array | None = None  # (..., 4, campaigns) log Fourier terms: cos, sin, cos 2, sin 2
    drift_sd: Array | None = None  # sd of a day's lasting change of log efficiency, >= 0
    halo: Array | None = None  # exponent of the lift by upper-funnel attention, >= 0
    halo_weight: Array | None = None  # share of the attention that the campaign makes; sum 1
    halo_kept: Array | None = None  # share of the attention kept a day, in [0, 1)
    organic: Array | None = None  # conversions a day that no spend drives, >= 0
    same_day: Array | None = None  # share of conversions that land on the click's day, in (0, 1]
    landing: Array | None = None  # share of the pending conversions that land a day, in (0, 1]
    claim_rate: Array | None = None  # conversions that the platform claims per true one, > 0
    view_through: Array | None = None  # share of organic conversions that it claims too, [0, 1]


class MarketState(NamedTuple):
    """What a market remembers from one day to the next; None is zero (the feature is off)."""

    day: int  # days since 1970-01-01 of the day to come; one for the whole batch
    stock: Array  # advertising stock, dollars a day
    level: Array  # log level of demand and efficiency
    build: Array | None = None  # first stage of a delayed peak, dollars a day
    competition: Array | None = None  # log price pressure by rivals
    fatigue: Array | None = None  # impressions per person that still wear
    drift: Array | None = None  # log efficiency gained or lost for good
    attention: Array | None = None  # upper-funnel attention, 1 at the reference spend
    pending: Array | None = None  # conversions that have not landed yet


class Noise(NamedTuple):
    """A day's randomness, drawn by the caller; a leading axis holds the days of a flight.

    Without ``counts`` (None) only what a perfect forecaster would know is left: the demand path,
    prices and shocks, count noise averaged out. Fields of features that are off are None.
    """

    demand: Array  # standard normal, shared by the campaigns: (..., 1)
    level: Array  # standard normal
    price: Array | None  # standard normal
    gamma: Array | None  # Gamma with mean 1 and variance alpha: the market's overdispersion
    counts: Array | None  # standard normal behind the Poisson count
    order_value: Array | None  # standard normal
    delivery: Array | None = None  # standard normal behind the share delivered
    competition: Array | None = None  # standard normal
    drift: Array | None = None  # standard normal
    outage: Array | None = None  # share of a planned dollar the platform can take: 0 in an outage
    rivalry: Array | None = None  # log price pressure of a competitor who entered, >= 0
    spike: Array | None = None  # log multiplier of demand: spikes and regime changes
    tracking: Array | None = None  # share of the claims that tracking catches, in (0, 1]

    def path(self) -> "Noise":
        """Return what remains when count noise and reporting are averaged out."""
        return self._replace(price=None, gamma=None, counts=None, order_value=None, tracking=None)


class Outcome(NamedTuple):
    """What a day of spend returns."""

    expected: Array  # conversions, count noise averaged out
    expected_revenue: Array  # dollars, count noise averaged out
    conversions: Array  # counted: what today's clicks bring, landed or not
    revenue: Array  # dollars
    clicks: Array  # clicks, fractions allowed
    impressions: Array  # impressions, fractions allowed
    delivered: Array  # dollars that were spent of those planned
    claimed: Array  # conversions that the platform reports today


def step(
    market: Market, state: MarketState, spend: Array, noise: Noise | None
) -> tuple[MarketState, Outcome]:
    """Advance a market by one day of spend.

    In order: delivery; price ``CPC = c0 C (x / x0)^eta``; stock ``A = theta A + (1 - theta) u`` of
    the spend at undisturbed prices, ``u = x / C``; Hill saturation; fatigue; demand (an
    Ornstein-Uhlenbeck level, drift, weekday, annual Fourier terms, shocks); halo; NB2 counts by
    gamma-Poisson; landing with a lag; the platform's claims.

    Args:
        market: parameters, (..., campaigns).
        state: at the end of yesterday.
        spend: dollars planned for today, >= 0, (..., campaigns).
        noise: today's draws; None for the expected day (no change of level but its decay, counts at
            their mean).

    Returns:
        The state at the end of the day, and the day's outcome.
    """
    xp = namespace(spend, market.elasticity)
    delivered = deliver(market, spend, noise)
    level = market.level_kept * state.level
    level = level if noise is None else level + level_change(market, noise)
    drift = _drift(market, state, noise)
    pressure = _pressure(market, state, noise)
    rise = None if pressure is None else xp.exp(_with(pressure, noise and noise.rivalry))
    cpc, bought = cost_per_click(market, delivered), delivered
    if rise is not None:
        cpc, bought = cpc * rise, delivered / rise
    build = bought if market.build is None else carry(_zero(state.build), bought, market.build)
    stock = carry(state.stock, build, market.carryover)
    clicks = delivered / cpc
    impressions = clicks / market.click_rate
    tired, worn = wear(market, state.fatigue, impressions)
    aware, lifted = attention(market, state.attention, stock)
    demand = _with(level, drift, season(market.annual, state.day), noise and noise.spike)
    expected = expected_conversions(market, stock, _with(demand, worn, lifted), state.day)
    conversions, order_value = expected, market.order_value
    if noise is not None and noise.counts is not None:
        conversions = _count(expected, noise)
        order_value = order_value * unit_lognormal(market.order_value_sd, noise.order_value)
        clicks = clicks / xp.exp(market.price_sd * noise.price)
        impressions = clicks / market.click_rate
    pending, landed = settle(market, state.pending, conversions)
    outcome = Outcome(
        expected=expected,
        expected_revenue=expected * market.order_value,
        conversions=conversions,
        revenue=conversions * order_value,
        clicks=clicks,
        impressions=impressions,
        delivered=delivered,
        claimed=_claimed(market, landed, demand, state.day, noise),
    )
    after = MarketState(
        state.day + 1,
        stock,
        level,
        None if market.build is None else build,
        pressure,
        tired,
        drift,
        aware,
        pending,
    )
    return after, outcome


def deliver(market: Market, spend: Array, noise: Noise | None) -> Array:
    """Return the dollars of a plan that a platform manages to spend today, at most those planned.

    The share delivered is ``exp(-sd |z|)``, at most the platform's cap, and nothing in an outage.
    """
    xp = namespace(spend, market.elasticity)
    if noise is not None and noise.delivery is not None and market.delivery_sd is not None:
        spend = spend * xp.exp(-market.delivery_sd * abs(noise.delivery))
    if market.delivery_cap is not None:
        spend = xp.minimum(spend, market.delivery_cap)
    return spend if noise is None or noise.outage is None else spend * noise.outage


def expected_conversions(market: Market, stock: Array, level: Array, day: int) -> Array:
    """Return a day's mean conversions for a stock and a log level."""
    xp = namespace(stock, market.elasticity)
    share = saturation(stock / market.reference_spend, market.elasticity, market.slope)
    demand = xp.exp(level + market.weekday[..., weekday_of(day), :])
    return market.reference_conversions * share * demand


def steady_conversions(market: Market, spend: Array, level: Array) -> Array:
    """Return conversions a day at a steady spend, mean of the week, at a log level."""
    stock = spend + 0 * market.elasticity
    week = [expected_conversions(market, stock, level, day) for day in range(7)]
    return sum(week) / 7


def cost_per_click(market: Market, spend: Array) -> Array:
    """Return the CPC in dollars; a spend of zero is priced like a cent."""
    ratio = at_least(spend, 0.01) / market.reference_spend
    return market.reference_cpc * ratio**market.inflation


def level_change(market: Market, noise: Noise) -> Array:
    """Return a day's change of the log level: its own walk and the shared one."""
    return market.level_sd * noise.level + market.demand_sd * noise.demand


def unit_lognormal(sd: Array, normal: Array) -> Array:
    """Return lognormal factors of mean 1."""
    return namespace(normal, sd).exp(sd * normal - sd * sd / 2)


def weekday_of(day: Array) -> Array:
    """Return 0 for Monday ... 6 for Sunday of a day or of many; 1970-01-01 was a Thursday."""
    return (day + 3) % 7


def day_number(date: np.datetime64) -> int:
    """Return the days since 1970-01-01 of a date."""
    return int(date.astype("datetime64[D]").astype(np.int64))


def select(record: Record, index: Any) -> Record:
    """Return the record with every array indexed on its leading axis (numbers and None stay)."""
    picked: list[Any] = [f[index] if hasattr(f, "shape") else f for f in record]
    return type(record)(*picked)


def gather(record: Record, index: np.ndarray) -> Record:
    """Return the record's rows of an index, (rows,), with the rows contiguous in memory.

    So laid out, numpy works on whole runs of rows; what is made of such arrays is laid out alike.
    """

    def picked(field: Any) -> Any:
        if not hasattr(field, "shape"):
            return field
        rows = field.take(index, 0)
        if len(rows) == 1:
            return rows
        last = rows.ndim - 1
        return np.ascontiguousarray(rows.transpose(*range(1, last + 1), 0)).transpose(
            last, *range(last)
        )

    return type(record)(*map(picked, record))


def _zero(value: Array | None) -> Array:
    return 0.0 if value is None else value


def _with(first: Array, *terms: Array | None) -> Array:
    """Add the terms that are on."""
    for term in terms:
        first = first if term is None else first + term
    return first


def _drift(market: Market, state: MarketState, noise: Noise | None) -> Array | None:
    """Return the log efficiency gained or lost for good by the end of the day."""
    if market.drift_sd is None:
        return state.drift
    moved = None if noise is None or noise.drift is None else market.drift_sd * noise.drift
    return _with(_zero(state.drift) + 0 * market.drift_sd, moved)


def _pressure(market: Market, state: MarketState, noise: Noise | None) -> Array | None:
    """Return the rivals' log price pressure, an Ornstein-Uhlenbeck process; None where off."""
    if market.competition_kept is None:
        rivalry = noise is not None and noise.rivalry is not None
        return 0 * market.reference_cpc if rivalry else None
    kept = market.competition_kept * _zero(state.competition)
    if noise is None or noise.competition is None or market.competition_sd is None:
        return kept
    return kept + market.competition_sd * noise.competition


def _claimed(market: Market, landed: Array, demand: Array, day: int, noise: Noise | None) -> Array:
    """Return what the platform reports: its rate times what landed, and organic views."""
    claimed = landed if market.claim_rate is None else landed * market.claim_rate
    if market.organic is not None and market.view_through is not None:
        xp = namespace(landed, market.organic)
        rhythm = xp.exp(demand + market.weekday[..., weekday_of(day), :])
        claimed = claimed + market.view_through * market.organic * rhythm
    tracked = noise is not None and noise.tracking is not None and noise.counts is not None
    return claimed * noise.tracking if noise is not None and tracked else claimed


def _count(expected: Array, noise: Noise) -> Array:
    """Return the counted conversions; in torch the gradient is that of the expectation."""
    if namespace(expected) is np:
        return poisson_quantile(expected * noise.gamma, noise.counts)
    held = expected.detach()
    return expected + (poisson_quantile(held * noise.gamma, noise.counts) - held)
