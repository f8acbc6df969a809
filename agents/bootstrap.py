"""Intervals by resampling markets, from a generator that is given."""

import numpy as np
from numpy.typing import NDArray

_CHUNK = 500  # resamples at once: bounds the memory


def interval(
    values: NDArray[np.float64], resamples: int, rng: np.random.Generator, level: float = 0.95
) -> list[float]:
    """Return the percentile bootstrap interval of the mean (Efron 1979).

    Args:
        values: (markets,) one number a market; differences make it paired.
        resamples: how many.
        rng: source of randomness.
        level: coverage, in (0, 1).
    """
    means = []
    for first in range(0, resamples, _CHUNK):
        size = (min(_CHUNK, resamples - first), len(values))
        means.append(values[rng.integers(len(values), size=size)].mean(1))
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return [float(low), float(high)]
