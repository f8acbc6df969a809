"""Counts: negative binomial draws from given noise, and a likelihood that accepts fractions."""

import sys
from typing import Any

import numpy as np
from scipy import special

from .arrays import Array, at_least, namespace

SEARCH_BELOW = 12.0  # means below it are inverted exactly, above it by the expansion
_MOST = 60  # a count that is searched lies below it
_FEW = 24  # up to as many draws, plain floats are faster than arrays
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
    if mean.shape != normal.shape:
        mean, normal = mean + 0 * normal, normal + 0 * mean
    if namespace(mean) is np and mean.flags.f_contiguous:  # in the order of the memory
        mean, normal = mean.T, normal.T
        return _quantiles(mean.reshape(-1), normal.reshape(-1)).reshape(mean.shape).T
    return _quantiles(mean.reshape(-1), normal.reshape(-1)).reshape(mean.shape)


def _quantiles(mean: Array, normal: Array) -> Array:
    """Return the counts of draws, (draws,), by the method that fits each mean."""
    small = mean < SEARCH_BELOW
    few, many = _where(small), _where(~small)
    count = 0 * mean
    count[many] = _expansion(mean.take(many), normal.take(many))
    count[few] = _search(mean.take(few), normal.take(few))
    return count


def _where(true: Array) -> Array:
    return true.nonzero()[0] if namespace(true) is np else true.nonzero()[:, 0]


def _expansion(mean: Array, w: Array) -> Array:
    xp = namespace(mean)
    root, square = xp.sqrt(mean), w * w
    count = mean + root * w + (2 + square) / 6 - w * (2 + square) / (72 * root)
    count = count + (-8 / 405 + square * (7 / 810 + square / 270)) / mean
    return at_least(xp.floor(count), 0)


def _search(mean: Array, normal: Array) -> Array:
    """Count how many cumulative probabilities lie below that of the draw; all are (draws,)."""
    xp = namespace(mean)
    target, mass = ndtr(normal), xp.exp(-mean)
    if xp is np and len(mean) <= _FEW:
        few = zip(target.tolist(), mass.tolist(), mean.tolist(), strict=True)
        return np.array([_search_one(*one) for one in few])
    found, count, live = 0 * mean, 0 * mean, xp.arange(len(mean))
    below = mass
    for k in range(1, _MOST):
        above = target > below
        left = int(xp.count_nonzero(above))
        if 2 * left <= len(above):  # drop what is found
            found[live] = count
            if not left:
                return found
            keep = _where(above)
            above, target, mass, mean, below, count, live = (
                a.take(keep) for a in (above, target, mass, mean, below, count, live)
            )
        count = count + above
        mass = mass * mean / k
        below = below + mass
    found[live] = count
    return found


def _search_one(target: float, mass: float, mean: float) -> float:
    """The same for one draw, in plain floats: for a few draws an array costs more than its work."""
    below = mass
    for k in range(1, _MOST):
        if not target > below:
            return k - 1.0
        mass = mass * mean / k
        below += mass
    return _MOST - 1.0


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
    size = 1 / at_least(dispersion, _LEAST_DISPERSION)
    gamma = special_of(mean).gammaln
    combinations = gamma(count + size) - gamma(size)
    return combinations + count * xp.log(mean / (mean + size)) - size * xp.log1p(mean / size)


def ndtr(x: Array) -> Array:
    """Return the standard normal distribution function."""
    return special_of(x).ndtr(x)


def special_of(x: Array) -> Any:
    """Return the module of special functions that fits the array."""
    return special if namespace(x) is np else sys.modules["torch"].special
