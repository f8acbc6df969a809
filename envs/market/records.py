"""Records of a market: its parameters, its state, a day's noise and a day's outcome.

Every field is ``(..., campaigns)``: leading axes are a batch of markets, of flights, or both.
A feature is off while its fields are None; ``parameters.py`` names the value at which it is exactly
neutral, beside each parameter's unit, range and source.
"""

from typing import NamedTuple

from ..arrays import Array


class Market(NamedTuple):
    """Response parameters of one or many markets."""

    reference_spend: Array  # dollars per day at which the curve is anchored, > 0
    reference_conversions: Array  # conversions per day there, log level 0, mean weekday, >= 0
    elasticity: Array  # d log conversions / d log spend there, in (0, slope)
    slope: Array  # Hill exponent, > 0; 1 is the default and concave
    carryover: Array  # share of the stock kept per day, in [0, 1)
    weekday: Array  # (..., 7, campaigns) log multipliers from Monday, mean 0
    level_kept: Array  # share of the log level kept per day, in [0, 1]; 1 is a random walk
    level_sd: Array  # sd of a campaign's own daily change of the log level, >= 0
    demand_sd: Array  # sd of the daily change shared by all campaigns, >= 0
    dispersion: Array  # alpha of NB2: variance = mean + alpha mean^2, >= 0
    reference_cpc: Array  # dollars per click at the reference spend, > 0
    inflation: Array  # d log CPC / d log spend, in [0, 1)
    price_sd: Array  # sd of a day's log CPC, >= 0
    click_rate: Array  # clicks per impression, in (0, 1]
    order_value: Array  # dollars of revenue per conversion, >= 0
    order_value_sd: Array  # sd of a day's log order value, >= 0
    delivery_sd: Array | None = None  # sd of the log share delivered of a planned dollar, >= 0
    delivery_cap: Array | None = None  # most dollars per day that the platform can spend, > 0
    competition_kept: Array | None = None  # share of the competitors' log price pressure kept a day
    competition_sd: Array | None = None  # sd of a day's change of it, >= 0
    build: Array | None = None  # share of the build-up stage of the stock kept per day, in [0, 1)
    fatigue: Array | None = None  # exponent of the fatigue by impressions, >= 0
    fatigue_kept: Array | None = None  # share of the impressions behind it kept per day
    audience: Array | None = None  # people who can be reached, > 0
    annual: Array | None = None  # (..., 4, campaigns) log Fourier terms: cos, sin, cos 2, sin 2
    drift_sd: Array | None = None  # sd of a daily permanent change of log efficiency, >= 0
    halo: Array | None = None  # exponent of the lift by upper-funnel attention, >= 0
    halo_weight: Array | None = None  # campaign's weight in the attention; sum 1
    halo_kept: Array | None = None  # share of the attention kept per day, in [0, 1)
    organic: Array | None = None  # conversions per day without any spend, >= 0
    same_day: Array | None = None  # share of conversions reported on the click's day, in (0, 1]
    landing: Array | None = None  # share of the pending conversions reported a day, in (0, 1]
    claim_rate: Array | None = None  # conversions claimed by the platform per true one, > 0
    view_through: Array | None = None  # share of organic conversions claimed too, in [0, 1]
    calendar: Array | None = None  # (..., dates, campaigns) log demand: day d is row d % dates
    demand_kept: Array | None = None  # share of a log demand of its own, shared by all, kept a day


class MarketState(NamedTuple):
    """State of a market between two days; None is zero (the feature is off)."""

    day: int  # days since 1970-01-01 of the next day; one for the whole batch
    stock: Array  # advertising stock, dollars per day
    level: Array  # log level of demand and efficiency
    build: Array | None = None  # first stage of a delayed peak, dollars per day
    competition: Array | None = None  # log price pressure by competitors
    fatigue: Array | None = None  # impressions per person behind the fatigue
    drift: Array | None = None  # log efficiency gained or lost permanently
    attention: Array | None = None  # upper-funnel attention, 1 at the reference spend
    pending: Array | None = None  # conversions not reported yet
    demand: Array | None = None  # log demand shared by all campaigns, beside the level


class Noise(NamedTuple):
    """Random draws of a day, made by the caller; with a leading axis, of the days of a flight.

    If ``count_normal`` is None, count noise is averaged out and only the noise that a perfect
    forecaster would know remains: the demand path, competition and sudden events. Fields of
    features that are off are None.
    """

    demand: Array  # standard normal shared by the campaigns, (..., 1)
    level: Array  # standard normal
    price: Array | None  # standard normal
    gamma: Array | None  # Gamma with mean 1 and variance alpha: the market's overdispersion
    count_normal: Array | None  # standard normal behind the Poisson count
    order_value: Array | None  # standard normal
    delivery: Array | None = None  # standard normal behind the share delivered
    competition: Array | None = None  # standard normal
    drift: Array | None = None  # standard normal
    outage: Array | None = None  # 0 in an outage, else 1
    competitor_entry: Array | None = None  # log price pressure of a new competitor, >= 0
    spike: Array | None = None  # log multiplier of demand: spikes and regime changes
    tracking: Array | None = None  # share of claims that tracking catches, in (0, 1]

    def without_count_noise(self) -> "Noise":
        """Return the noise of the demand path, with counts, prices and tracking averaged out."""
        return self._replace(
            price=None, gamma=None, count_normal=None, order_value=None, tracking=None
        )


class Outcome(NamedTuple):
    """Outcome of a day of spend."""

    expected: Array  # conversions at their mean, without count noise
    expected_revenue: Array  # dollars at their mean, without count noise
    conversions: Array  # count from today's clicks, reported or not
    revenue: Array  # dollars
    clicks: Array  # may be fractional
    impressions: Array  # may be fractional
    delivered: Array  # dollars spent, <= planned
    claimed: Array  # conversions reported by the platform today
