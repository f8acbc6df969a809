"""Counts: negative binomial draws from given noise, and a likelihood that accepts fractions."""

import sys
from typing import Any

import numpy as np
from scipy import special

from .arrays import Array, namespace

SEARCH_BELOW = 12.0  # means below it are inverted exactly, above it by the expansion
_LEAST_DISPERSION = 1e-6  # below it the difference of two gamma functions loses its digits


def poisson_quantile(mean: Array, normal: Array) -> Array:
    """Return the Poisson count whose probability is that of a standard normal draw.

    Noise enters as a standard normal, so the same noise can be replayed under another spend and
    the count is monotone in the mean (but for one count at the seam of the two methods, in draws
    beyond 3.5 sd). Small means are inverted by summing probabilities, larger
    ones by Giles (2016), Algorithm 955, the asymptotic expansion Q_N2, whose error is of order
    ``mean ** -1.5``.

    Args:
        mean: expected count, >= 0.
        normal: standard normal draws of the same shape.
    """
    xp = namespace(mean, normal)
    wide = _expansion(xp.clip(mean, SEARCH_BELOW, None), normal)
    small = mean < SEARCH_BELOW
    if not bool(small.any()):
        return wide
    return xp.where(small, _search(xp.clip(mean, None, SEARCH_BELOW), normal), wide)


def _expansion(mean: Array, w: Array) -> Array:
    xp = namespace(mean)
    root, square = xp.sqrt(mean), w * w
    count = mean + root * w + (2 + square) / 6 - w * (2 + square) / (72 * root)
    count = count + (-8 / 405 + square * (7 / 810 + square / 270)) / mean
    return xp.clip(xp.floor(count), 0, None)


def _search(mean: Array, normal: Array) -> Array:
    """Count how many cumulative probabilities lie below that of the draw."""
    xp = namespace(mean)
    target = ndtr(normal)
    mass = xp.exp(-mean)
    below, count = mass, 0 * mean
    for k in range(1, 60):
        above = target > below
        if not bool(above.any()):
            break
        count = count + above
        mass = mass * mean / k
        below = below + mass
    return count


def negative_binomial_loglik(count: Array, mean: Array, dispersion: Array) -> Array:
    """Return the log-likelihood of NB2 (variance ``mean + dispersion mean^2``), up to a constant.

    Gamma functions stand for the factorials, so that fractional conversions are allowed; the term
    in ``count!`` alone is left out.

    Args:
        count: reported conversions, >= 0, fractions allowed.
        mean: expected conversions, > 0.
        dispersion: alpha >= 0; 0 is Poisson, as closely as the gamma functions can tell.
    """
    xp = namespace(mean, dispersion)
    size = 1 / xp.clip(dispersion, _LEAST_DISPERSION, None)
    gamma = special_of(mean).gammaln
    combinations = gamma(count + size) - gamma(size)
    return combinations + count * xp.log(mean / (mean + size)) - size * xp.log1p(mean / size)


def ndtr(x: Array) -> Array:
    """Return the standard normal distribution function."""
    return special_of(x).ndtr(x)


def special_of(x: Array) -> Any:
    """Return the module of special functions that fits the array."""
    return special if namespace(x) is np else sys.modules["torch"].special
