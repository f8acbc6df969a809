"""The records of a market: its parameters, its state, a day's noise and a day's outcome.

Every field is ``(..., campaigns)``: leading axes are a batch of markets, of flights, or both.
A feature is off while its fields are None, and exactly neutral at the value that
``parameters.py`` names beside each parameter's unit, range and source.
"""

from typing import NamedTuple

from ..arrays import Array


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
    count_normal: Array | None  # standard normal behind the Poisson count
    order_value: Array | None  # standard normal
    delivery: Array | None = None  # standard normal behind the share delivered
    competition: Array | None = None  # standard normal
    drift: Array | None = None  # standard normal
    outage: Array | None = None  # share of a planned dollar the platform can take: 0 in an outage
    competitor_entry: Array | None = None  # log price pressure of a competitor who entered, >= 0
    spike: Array | None = None  # log multiplier of demand: spikes and regime changes
    tracking: Array | None = None  # share of the claims that tracking catches, in (0, 1]

    def without_count_noise(self) -> "Noise":
        """Return what remains when count noise and reporting are averaged out."""
        return self._replace(
            price=None, gamma=None, count_normal=None, order_value=None, tracking=None
        )


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
