"""The log level of demand and efficiency: each campaign's own, and the demand that all share.

The shared changes join the campaigns' levels, which then keep them as long as their own, unless
``demand_kept`` gives the shared demand a persistence of its own.
"""

from ..arrays import Array, at_least
from .records import Market, MarketState, Noise


def next_level(market: Market, state: MarketState, noise: Noise | None) -> Array:
    """Return the log level of the day: it decays towards 0 and changes by the day's noise."""
    level = market.level_kept * state.level
    if noise is None:
        return level
    if market.demand_kept is not None:
        return level + market.level_sd * noise.level
    return level + (market.level_sd * noise.level + market.demand_sd * noise.demand)


def next_demand(market: Market, state: MarketState, noise: Noise | None) -> Array | None:
    """Return the shared log demand of the day; None where it is part of the levels."""
    if market.demand_kept is None:
        return state.demand
    before = 0.0 if state.demand is None else state.demand
    demand = market.demand_kept * before + 0 * market.demand_sd
    return demand if noise is None else demand + market.demand_sd * noise.demand


def level_step_variance(market: Market) -> Array:
    """Return the variance of a day's change of a campaign's log efficiency, (..., campaigns).

    The own level, the shared demand unless it has a persistence of its own, and the permanent
    drift: a filter of the level follows their sum.
    """
    variance = market.level_sd**2
    if market.demand_kept is None:
        variance = variance + market.demand_sd**2
    return variance if market.drift_sd is None else variance + market.drift_sd**2


def report_dispersion(market: Market) -> Array:
    """Return the NB2 dispersion of a report around a level, the shared demand averaged out.

    A shared demand of its own multiplies conversions by a factor of the log variance ``v``, its
    stationary one, which adds ``v`` to the squared coefficient of variation.
    """
    if market.demand_kept is None:
        return market.dispersion
    kept = market.demand_kept
    return market.dispersion + market.demand_sd**2 / at_least(1 - kept * kept, 1e-6)
