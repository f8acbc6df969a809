"""Effects around the response curve, each written once: fatigue, halo, dates, reporting lag.

Every function takes a market whose parameters of that effect may be None (off) and returns None
where there is no state to carry or no term to add. Arrays are (..., campaigns).
"""

from math import cos, log, pi, sin

import numpy as np

from ..arrays import Array, at_least, at_most, namespace, summed
from .records import Market

DAYS_A_YEAR = 365.25
HALO_BOUND = log(2.0)  # the lift lies in [1/2, 2]


def fatigue(
    market: Market, before: Array | None, impressions: Array
) -> tuple[Array | None, Array | None]:
    """Return the fatigue state f, impressions per person, and its log effect ``-phi log(1 + f)``.

    ``f = rho f + impressions / audience``; the response is multiplied by ``(1 + f)^-phi``.
    """
    if market.fatigue is None or market.fatigue_kept is None:
        return before, None
    frequency = impressions / market.audience
    frequency = frequency if before is None else market.fatigue_kept * before + frequency
    return frequency, -market.fatigue * namespace(frequency).log1p(frequency)


def attention(
    market: Market, before: Array | None, stock: Array
) -> tuple[Array | None, Array | None]:
    """Return each campaign's attention and the log lift by the attention of all.

    Attention follows a campaign's stock over its reference spend with a delay. With H their
    weighted mean, 1 when all upper-funnel campaigns spend their reference, a campaign is multiplied
    by ``((1 + H) / 2)^kappa``, clipped to [1/2, 2].
    """
    if market.halo is None or market.halo_kept is None or market.halo_weight is None:
        return before, None
    ratio = stock / market.reference_spend
    before = 1.0 if before is None else before
    after = market.halo_kept * before + (1 - market.halo_kept) * ratio
    mean = summed(market.halo_weight * after)[..., None]
    lift = market.halo * (namespace(mean).log1p(mean) - log(2.0))
    return after, at_most(at_least(lift, -HALO_BOUND), HALO_BOUND)


def season(annual: Array | None, day: int) -> Array | None:
    """Return the log multiplier of the time of year from two Fourier pairs; None where off."""
    if annual is None:
        return None
    angle = 2 * pi * day / DAYS_A_YEAR
    waves = [[cos(angle)], [sin(angle)], [cos(2 * angle)], [sin(2 * angle)]]
    column = np.array(waves) if namespace(annual) is np else annual.new_tensor(waves)
    return (annual * column).sum(-2)


def dated(calendar: Array | None, day: int) -> Array | None:
    """Return the log multiplier of a date; None where off.

    Rows repeat: day d is in row ``d % dates``, so as many consecutive days as there are rows can
    be distinguished.
    """
    return None if calendar is None else calendar[..., day % calendar.shape[-2], :]


def reporting_lag(
    market: Market, pending: Array | None, conversions: Array
) -> tuple[Array | None, Array]:
    """Return the conversions still pending and those reported today.

    A share is reported on the click's day, the rest with an exponential lag of mean
    ``1 / landing`` days; fractions are reported at their expectation.
    """
    if market.same_day is None or market.landing is None:
        return pending, conversions
    waiting = 0 * conversions if pending is None else pending
    landed = market.same_day * conversions + market.landing * waiting
    after = (1 - market.landing) * waiting + (1 - market.same_day) * conversions
    return after, landed


def landed_share(market: Market, days: float) -> Array:
    """Return the share of a day's conversions reported within ``days`` days, that day included."""
    if market.same_day is None or market.landing is None:
        return 1.0
    return 1 - (1 - market.same_day) * (1 - market.landing) ** days
