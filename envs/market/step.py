"""The physics, once: the records of a market and the one pure ``step`` that everybody calls.

Every field is ``(..., campaigns)``: leading axes are a batch of markets, of flights, or both.
A feature is off while its fields are None, and exactly neutral at the value that
``envs/market/parameters.py`` names beside each parameter's unit, range and source.
"""

import numpy as np

from ..arrays import Array, at_least, namespace
from .calendar import weekday_of
from .counts import poisson_quantile
from .effects import attention, season, settle, wear
from .records import Market, MarketState, Noise, Outcome
from .response import carry, saturation


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
    rise = None if pressure is None else xp.exp(_with(pressure, noise and noise.competitor_entry))
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
    if noise is not None and noise.count_normal is not None:
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
        rivalry = noise is not None and noise.competitor_entry is not None
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
    tracked = noise is not None and noise.tracking is not None and noise.count_normal is not None
    return claimed * noise.tracking if noise is not None and tracked else claimed


def _count(expected: Array, noise: Noise) -> Array:
    """Return the counted conversions; in torch the gradient is that of the expectation."""
    if namespace(expected) is np:
        return poisson_quantile(expected * noise.gamma, noise.count_normal)
    held = expected.detach()
    return expected + (poisson_quantile(held * noise.gamma, noise.count_normal) - held)
