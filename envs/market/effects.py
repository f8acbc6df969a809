"""Effects around the response curve, each written once: wear, attention, season, lag.

Every function takes a market whose parameters of that effect may be None (off) and returns None
where there is nothing to remember or to add. Arrays are (..., campaigns).
"""

from math import cos, log, pi, sin
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import Array, at_least, at_most, namespace, summed

if TYPE_CHECKING:
    from .records import Market

DAYS_A_YEAR = 365.25
HALO_BOUND = log(2.0)  # the lift lies in [1/2, 2]


def wear(
    market: "Market", before: Array | None, impressions: Array
) -> tuple[Array | None, Array | None]:
    """Return the impressions per person that wear, and their log effect ``-phi log(1 + f)``.

    ``f = rho f + impressions / audience``; the response is multiplied by ``(1 + f)^-phi``.
    """
    if market.fatigue is None or market.fatigue_kept is None:
        return before, None
    seen = impressions / market.audience
    seen = seen if before is None else market.fatigue_kept * before + seen
    return seen, -market.fatigue * namespace(seen).log1p(seen)


def attention(
    market: "Market", before: Array | None, stock: Array
) -> tuple[Array | None, Array | None]:
    """Return each campaign's attention and the log lift that all attention together gives.

    Attention follows a campaign's stock over its reference spend with a delay. With H their
    weighted mean, 1 when all upper-funnel campaigns spend as at the reference, a campaign is
    multiplied by ``((1 + H) / 2)^kappa``, clipped to [1/2, 2].
    """
    if market.halo is None or market.halo_kept is None or market.halo_weight is None:
        return before, None
    now = stock / market.reference_spend
    earlier = 1.0 if before is None else before
    after = market.halo_kept * earlier + (1 - market.halo_kept) * now
    joint = summed(market.halo_weight * after)[..., None]
    lift = market.halo * (namespace(joint).log1p(joint) - log(2.0))
    return after, at_most(at_least(lift, -HALO_BOUND), HALO_BOUND)


def season(annual: Array | None, day: int) -> Array | None:
    """Return the log multiplier of the time of year from two Fourier pairs; None where off."""
    if annual is None:
        return None
    angle = 2 * pi * day / DAYS_A_YEAR
    waves = [[cos(angle)], [sin(angle)], [cos(2 * angle)], [sin(2 * angle)]]
    column = np.array(waves) if namespace(annual) is np else annual.new_tensor(waves)
    return (annual * column).sum(-2)


def settle(
    market: "Market", pending: Array | None, conversions: Array
) -> tuple[Array | None, Array]:
    """Return what is still pending and what lands today of conversions with a lag.

    A share lands on the click's day, the rest with an exponential lag of mean ``1 / landing``
    days; fractions land at their expectation.
    """
    if market.same_day is None or market.landing is None:
        return pending, conversions
    waiting = 0 * conversions if pending is None else pending
    landed = market.same_day * conversions + market.landing * waiting
    after = (1 - market.landing) * waiting + (1 - market.same_day) * conversions
    return after, landed


def landed_share(market: "Market", days: float) -> Array:
    """Return the share of a day's conversions that has landed ``days`` days later, inclusive."""
    if market.same_day is None or market.landing is None:
        return 1.0
    return 1 - (1 - market.same_day) * (1 - market.landing) ** days
