"""Hill response curve and adstock, each written once, for numpy and torch."""

from math import log

from ..arrays import Array, namespace

_MIN_CARRYOVER = 1e-9  # smallest share kept per day that has a half-life
_EPSILON = 1e-12  # keeps the gradient of a power finite at a stock of zero


def odds_at_reference(elasticity: Array, slope: Array) -> Array:
    """Return ``(h / x0) ** s``, the Hill curve's free parameter, from the local elasticity.

    A Hill curve ``A^s / (A^s + h^s)`` has local elasticity ``e = s (1 - sat)`` where ``sat`` is
    its value at the reference spend, so ``(h / x0)^s = (1 - sat) / sat = e / (s - e)``.

    Args:
        elasticity: d log response / d log spend at the reference, in (0, slope).
        slope: Hill exponent, > 0.
    """
    return elasticity / (slope - elasticity)


def saturation(ratio: Array, elasticity: Array, slope: Array) -> Array:
    """Return the response at ``ratio`` times the reference stock; 1 at a ratio of 1.

    Args:
        ratio: stock over reference spend, >= 0, (..., campaigns).
        elasticity: local elasticity at the reference, in (0, slope).
        slope: Hill exponent, > 0; 1 is exact and concave.
    """
    odds = odds_at_reference(elasticity, slope)
    power = ratio if _all_one(slope) else ratio * (ratio + _EPSILON) ** (slope - 1)
    return power * (1 + odds) / (power + odds)


def elasticity_of(odds: Array, slope: Array) -> Array:
    """Return the local elasticity at the reference spend, the inverse of ``odds_at_reference``."""
    return slope * odds / (1 + odds)


def local_elasticity(ratio: Array, elasticity: Array, slope: Array) -> Array:
    """Return d log saturation / d log ratio at ``ratio`` times the reference stock."""
    odds = odds_at_reference(elasticity, slope)
    return slope * odds / (ratio**slope + odds)


def odds_effect(ratio: Array, odds: Array, slope: Array) -> Array:
    """Return d log saturation / d log odds at ``ratio`` times the reference stock, 0 at 1."""
    power = ratio if _all_one(slope) else (ratio + _EPSILON) ** slope
    return odds / (1 + odds) - odds / (power + odds)


def inverse_marginal(price: Array, value: Array, elasticity: Array) -> Array:
    """Return the ratio at which the marginal value is ``price`` (slope 1, concave).

    Solves ``value * d saturation / d ratio = price``: the derivative of the Hill curve with slope
    1 is ``odds (1 + odds) / (ratio + odds)^2``. Negative where even the first unit is
    worth less than the price; the caller clips.
    """
    xp = namespace(price, value)
    odds = odds_at_reference(elasticity, 1.0)
    return xp.sqrt(value * odds * (1 + odds) / price) - odds


def carry(stock: Array, spend: Array, carryover: Array) -> Array:
    """Return today's advertising stock, normalised so that constant spend is its own stock.

    Geometric adstock ``A_t = theta A_{t-1} + (1 - theta) u_t``.
    """
    return carryover * stock + (1 - carryover) * spend


def carryover_of(half_life: Array) -> Array:
    """Return the share of the stock kept a day for a half-life in days."""
    return 0.5 ** (1 / half_life)


def half_life_of(carryover: Array) -> Array:
    """Return the half-life in days of a share kept a day, the inverse of ``carryover_of``."""
    xp = namespace(carryover)
    return log(0.5) / xp.log(xp.clip(carryover, _MIN_CARRYOVER, 1 - _MIN_CARRYOVER))


def _all_one(slope: Array) -> bool:
    """Return True if every slope is 1, so that the power may be skipped with the same bits."""
    return bool((slope == 1).all()) if hasattr(slope, "all") else slope == 1
