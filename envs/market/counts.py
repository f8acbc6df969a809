"""Counts: negative binomial draws from given noise, and a likelihood that accepts fractions."""

import math
import sys
from typing import Any

import numpy as np
from scipy import special

from ..arrays import Array, at_least, compiled, namespace

SEARCH_BELOW = 12.0  # means below it are inverted exactly, above it by the expansion
_MOST = 60  # a count that is searched lies below it
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
    if namespace(mean) is np:
        return _count(mean, normal)
    if mean.device.type != "cpu":
        return count_on_device(mean.reshape(-1), normal.reshape(-1)).reshape(mean.shape)
    counted = _count(mean.detach().numpy(), normal.numpy())
    return mean.new_tensor(counted)


def _count(mean: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Count in numpy, in the order of the memory."""
    if mean.flags.f_contiguous and not mean.flags.c_contiguous:
        return _count(mean.T, normal.T).T
    count = np.empty(mean.size)
    _count_each(mean.reshape(-1), normal.reshape(-1), count)
    return count.reshape(mean.shape)


def _expansion(mean: Array, root: Array, w: Array) -> Array:
    """Giles's Q_N2, to be rounded down; ``root`` is that of the mean."""
    square = w * w
    count = mean + root * w + (2 + square) / 6 - w * (2 + square) / (72 * root)
    return count + (-8 / 405 + square * (7 / 810 + square / 270)) / mean


_expand_one = compiled(_expansion)


@compiled
def _search_one(target: float, mean: float) -> float:
    """Count how many cumulative probabilities lie below that of the draw."""
    mass = math.exp(-mean)
    below = mass
    for k in range(1, _MOST):
        if not target > below:
            return k - 1.0
        mass = mass * mean / k
        below += mass
    return _MOST - 1.0


@compiled
def _count_each(mean: np.ndarray, normal: np.ndarray, count: np.ndarray) -> None:
    """Write the counts of draws, (draws,), each by the method that fits its mean."""
    for i in range(len(mean)):
        if mean[i] < SEARCH_BELOW:
            count[i] = _search_one(0.5 * math.erfc(-normal[i] / math.sqrt(2.0)), mean[i])
        else:
            expanded = _expand_one(mean[i], math.sqrt(mean[i]), np.float64(normal[i]))
            count[i] = max(math.floor(expanded), 0.0)


def count_on_device(mean: Array, normal: Array) -> Array:
    """Return the same counts of torch tensors, (draws,), where they live."""
    normal, small = normal.to(mean.dtype), mean < SEARCH_BELOW
    few, many = small.nonzero()[:, 0], (~small).nonzero()[:, 0]
    count, large = 0 * mean, mean[many]
    count[many] = _expansion(large, large.sqrt(), normal[many]).floor().clamp(0)
    count[few] = _search(mean[few], ndtr(normal[few]))
    return count


def _search(mean: Array, target: Array) -> Array:
    """Count how many cumulative probabilities lie below a target, in torch; all are (draws,)."""
    mass = (-mean).exp()
    found, count, below, live = 0 * mean, 0 * mean, mass, (mean == mean).nonzero()[:, 0]
    for k in range(1, _MOST):
        above = target > below
        left = int(above.count_nonzero())
        if 2 * left <= len(above):  # drop what is found
            found[live] = count
            if not left:
                return found
            keep = above.nonzero()[:, 0]
            above, target, mass, mean, below, count, live = (
                a[keep] for a in (above, target, mass, mean, below, count, live)
            )
        count = count + above
        mass = mass * mean / k
        below = below + mass
    found[live] = count
    return found


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
