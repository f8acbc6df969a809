"""`step`: one day of the physics of a market, a pure function for numpy and torch.

Where each effect enters, in order:

- ``deliver``: delivery below plan, platform caps, outages
- ``cost_per_click``: prices by spend, ``_pressure``: prices by competitors
- ``response.carry``: build-up and carry-over of the stock
- ``effects``: ``fatigue``, ``attention`` (the halo), ``season`` (the time of year), ``dated``
  (the calendar)
- ``level``: the campaigns' own and shared log demand
- ``_drift``: permanent changes of efficiency
- ``expected_conversions``: Hill saturation, log level, **the weekday**
- ``_count``: NB2 counts; ``effects.reporting_lag``; ``_claimed``: the platform's claims, where
  organic conversions follow the weekday as well
"""

import numpy as np

from ..arrays import Array, at_least, namespace
from .calendar import weekday_of
from .counts import poisson_quantile
from .effects import attention, dated, fatigue, reporting_lag, season
from .level import next_demand, next_level
from .records import Market, MarketState, Noise, Outcome
from .response import carry, saturation


def step(
    market: Market, state: MarketState, spend: Array, noise: Noise | None
) -> tuple[MarketState, Outcome]:
    """Return the state after a day of spend and the outcome of the day.

    In order: delivery; price ``CPC = c0 C (x / x0)^eta``; stock ``A = theta A + (1 - theta) u`` of
    the spend at undisturbed prices, ``u = x / C``; Hill saturation; fatigue; demand (an
    Ornstein-Uhlenbeck level, shared demand, drift, weekday, annual Fourier terms, dates, shocks);
    halo; NB2 counts by gamma-Poisson; a reporting lag; the platform's claims.

    Args:
        market: parameters, (..., campaigns).
        state: state of the market at the end of yesterday.
        spend: dollars planned for today, >= 0, (..., campaigns).
        noise: today's draws; None for the expected day: the level decays towards 0 without a random
            change, and counts are at their mean.
    """
    xp = namespace(spend, market.elasticity)
    delivered = deliver(market, spend, noise)
    level, shared = next_level(market, state, noise), next_demand(market, state, noise)
    drift = _drift(market, state, noise)
    pressure = _pressure(market, state, noise)
    rise = None if pressure is None else xp.exp(_sum(pressure, noise and noise.competitor_entry))
    cpc, bought = cost_per_click(market, delivered), delivered
    if rise is not None:
        cpc, bought = cpc * rise, delivered / rise
    build = bought if market.build is None else carry(_zero(state.build), bought, market.build)
    stock = carry(state.stock, build, market.carryover)
    clicks = delivered / cpc
    impressions = clicks / market.click_rate
    next_fatigue, fatigue_effect = fatigue(market, state.fatigue, impressions)
    next_attention, halo_effect = attention(market, state.attention, stock)
    dates = season(market.annual, state.day), dated(market.calendar, state.day)
    demand = _sum(level, shared, drift, *dates, noise and noise.spike)
    log_level = _sum(demand, fatigue_effect, halo_effect)
    expected = expected_conversions(market, stock, log_level, state.day)
    conversions, order_value = expected, market.order_value
    if noise is not None and noise.count_normal is not None:
        conversions = _count(expected, noise)
        order_value = order_value * unit_lognormal(market.order_value_sd, noise.order_value)
        clicks = clicks / xp.exp(market.price_sd * noise.price)
        impressions = clicks / market.click_rate
    pending, reported = reporting_lag(market, state.pending, conversions)
    outcome = Outcome(
        expected=expected,
        expected_revenue=expected * market.order_value,
        conversions=conversions,
        revenue=conversions * order_value,
        clicks=clicks,
        impressions=impressions,
        delivered=delivered,
        claimed=_claimed(market, reported, demand, state.day, noise),
    )
    after = MarketState(
        state.day + 1,
        stock,
        level,
        None if market.build is None else build,
        pressure,
        next_fatigue,
        drift,
        next_attention,
        pending,
        shared,
    )
    return after, outcome


def deliver(market: Market, spend: Array, noise: Noise | None) -> Array:
    """Return the planned dollars that the platforms spend today.

    The share delivered is ``exp(-sd |z|)``, at most the platform's cap, and nothing in an outage.
    """
    xp = namespace(spend, market.elasticity)
    if noise is not None and noise.delivery is not None and market.delivery_sd is not None:
        spend = spend * xp.exp(-market.delivery_sd * abs(noise.delivery))
    if market.delivery_cap is not None:
        spend = xp.minimum(spend, market.delivery_cap)
    return spend if noise is None or noise.outage is None else spend * noise.outage


def expected_conversions(market: Market, stock: Array, level: Array, day: int) -> Array:
    """Return a day's mean conversions at a stock and a log level, times the weekday's factor."""
    xp = namespace(stock, market.elasticity)
    share = saturation(stock / market.reference_spend, market.elasticity, market.slope)
    demand = xp.exp(level + market.weekday[..., weekday_of(day), :])
    return market.reference_conversions * share * demand


def steady_conversions(market: Market, spend: Array, level: Array) -> Array:
    """Return mean daily conversions over a week of constant spend at a log level."""
    stock = spend + 0 * market.elasticity
    week = [expected_conversions(market, stock, level, day) for day in range(7)]
    return sum(week) / 7


def cost_per_click(market: Market, spend: Array) -> Array:
    """Return the cost per click in dollars; a spend of zero is priced like a cent."""
    ratio = at_least(spend, 0.01) / market.reference_spend
    return market.reference_cpc * ratio**market.inflation


def unit_lognormal(sd: Array, normal: Array) -> Array:
    """Return lognormal factors of mean 1."""
    return namespace(normal, sd).exp(sd * normal - sd * sd / 2)


def _zero(value: Array | None) -> Array:
    return 0.0 if value is None else value


def _sum(first: Array, *terms: Array | None) -> Array:
    """Return the sum of the terms that are on."""
    for term in terms:
        first = first if term is None else first + term
    return first


def _drift(market: Market, state: MarketState, noise: Noise | None) -> Array | None:
    """Return the log efficiency gained or lost permanently by the end of the day; None if off."""
    if market.drift_sd is None:
        return state.drift
    change = None if noise is None or noise.drift is None else market.drift_sd * noise.drift
    return _sum(_zero(state.drift) + 0 * market.drift_sd, change)


def _pressure(market: Market, state: MarketState, noise: Noise | None) -> Array | None:
    """Return the competitors' log price pressure, an Ornstein-Uhlenbeck process; None if off."""
    if market.competition_kept is None:
        entered = noise is not None and noise.competitor_entry is not None
        return 0 * market.reference_cpc if entered else None
    pressure = market.competition_kept * _zero(state.competition)
    if noise is None or noise.competition is None or market.competition_sd is None:
        return pressure
    return pressure + market.competition_sd * noise.competition


def _claimed(
    market: Market, reported: Array, demand: Array, day: int, noise: Noise | None
) -> Array:
    """Return the platform's claims: its rate times the reported conversions, plus organic ones."""
    claimed = reported if market.claim_rate is None else reported * market.claim_rate
    if market.organic is not None and market.view_through is not None:
        xp = namespace(reported, market.organic)
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
