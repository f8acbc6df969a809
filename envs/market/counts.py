"""Poisson counts from given noise, and an NB2 likelihood that accepts fractions."""

import math
import sys
from typing import Any

import numpy as np
import scipy

from ..arrays import Array, at_least, compiled, namespace

SEARCH_BELOW = 12.0  # means below it are inverted exactly, above it by the expansion
_MAX_SEARCHED_COUNT = 60  # counts by search lie below it
_MIN_DISPERSION = 1e-6  # below it the difference of two gamma functions loses its digits


def poisson_quantile(mean: Array, normal: Array) -> Array:
    """Return Poisson counts at the probabilities of standard normal draws, in the common shape.

    The noise is a standard normal, so that it can be reused under another spend, where the count is
    monotone in the mean (up to one count between the two methods, in draws beyond 3.5 sd). Small
    means are inverted by summing probabilities, larger ones by Giles (2016), Algorithm 955, the
    asymptotic expansion Q_N2, whose error is of order ``mean ** -1.5``.

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
    """Return the counts in numpy, computed in memory order."""
    if mean.flags.f_contiguous and not mean.flags.c_contiguous:
        return _count(mean.T, normal.T).T
    count = np.empty(mean.size)
    _count_each(mean.reshape(-1), normal.reshape(-1), count)
    return count.reshape(mean.shape)


def _expansion(mean: Array, root: Array, w: Array) -> Array:
    """Return Giles's Q_N2, to be rounded down; ``root`` is the square root of the mean."""
    square = w * w
    count = mean + root * w + (2 + square) / 6 - w * (2 + square) / (72 * root)
    return count + (-8 / 405 + square * (7 / 810 + square / 270)) / mean


_expand_one = compiled(_expansion)


@compiled
def _search_one(probability: float, mean: float) -> float:
    """Return how many cumulative probabilities lie below that of the draw."""
    mass = math.exp(-mean)
    below = mass
    for k in range(1, _MAX_SEARCHED_COUNT):
        if not probability > below:
            return k - 1.0
        mass = mass * mean / k
        below += mass
    return _MAX_SEARCHED_COUNT - 1.0


@compiled
def _count_each(mean: np.ndarray, normal: np.ndarray, count: np.ndarray) -> None:
    """Write the counts of draws, (draws,), each by the method for its mean."""
    for i in range(len(mean)):
        if mean[i] < SEARCH_BELOW:
            count[i] = _search_one(0.5 * math.erfc(-normal[i] / math.sqrt(2.0)), mean[i])
        else:
            expanded = _expand_one(mean[i], math.sqrt(mean[i]), np.float64(normal[i]))
            count[i] = max(math.floor(expanded), 0.0)


def count_on_device(mean: Array, normal: Array) -> Array:
    """Return the same counts of torch tensors, (draws,), on their device."""
    normal, small = normal.to(mean.dtype), mean < SEARCH_BELOW
    searched, expanded = small.nonzero()[:, 0], (~small).nonzero()[:, 0]
    count, large = 0 * mean, mean[expanded]
    count[expanded] = _expansion(large, large.sqrt(), normal[expanded]).floor().clamp(0)
    count[searched] = _search(mean[searched], ndtr(normal[searched]))
    return count


def _search(mean: Array, probability: Array) -> Array:
    """Return how many cumulative probabilities lie below that of each draw, (draws,), in torch."""
    mass = (-mean).exp()
    result, count, below, open_draws = 0 * mean, 0 * mean, mass, (mean == mean).nonzero()[:, 0]
    for k in range(1, _MAX_SEARCHED_COUNT):
        above = probability > below
        unfinished = int(above.count_nonzero())
        if 2 * unfinished <= len(above):  # drop finished draws
            result[open_draws] = count
            if not unfinished:
                return result
            rows = above.nonzero()[:, 0]
            above, probability, mass, mean, below, count, open_draws = (
                array[rows] for array in (above, probability, mass, mean, below, count, open_draws)
            )
        count = count + above
        mass = mass * mean / k
        below = below + mass
    result[open_draws] = count
    return result


def negative_binomial_loglik(count: Array, mean: Array, dispersion: Array) -> Array:
    """Return the log-likelihood of NB2 (variance ``mean + dispersion mean^2``), up to a constant.

    Gamma functions replace the factorials, so that fractional conversions are allowed; the term
    ``log count!`` is omitted.

    Args:
        count: reported conversions, >= 0, fractions allowed.
        mean: expected conversions, > 0.
        dispersion: alpha >= 0; 0 is Poisson, up to the precision of the gamma functions.
    """
    xp = namespace(mean, dispersion)
    size = 1 / at_least(dispersion, _MIN_DISPERSION)
    gamma = special_of(mean).gammaln
    combinations = gamma(count + size) - gamma(size)
    return combinations + count * xp.log(mean / (mean + size)) - size * xp.log1p(mean / size)


def ndtr(x: Array) -> Array:
    """Return the standard normal distribution function."""
    return special_of(x).ndtr(x)


def special_of(x: Array) -> Any:
    """Return the module of special functions for the array's library."""
    return scipy.special if namespace(x) is np else sys.modules["torch"].special
