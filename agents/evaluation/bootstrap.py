"""Bootstrap statistics of flights: resampled markets and training seeds.

A policy's flights are a matrix (seeds, markets). A resample draws markets, the same for all
policies, so that differences stay paired, and within every policy its training seeds, where there
are several: the stratified bootstrap of Agarwal et al. (2021) with crossed strata (Owen 2007). It
is held as weights, so that every statistic is one matrix product or one sorted sum. All randomness
comes from generators of a given seed.
"""

from collections.abc import Sequence

import numpy as np

from ...data.types import Floats
from ...envs.market import generator

MEAN, IQM, CVAR = (0.0, 1.0), (0.25, 0.75), (0.0, 0.1)
_CHUNK = 500  # resamples per block: bounds the memory


class Resamples:
    """Weights of markets and of training seeds in every resample."""

    def __init__(self, markets: int, count: int, seed: int) -> None:
        """Args: number of markets, number of resamples, and the seed of both draws."""
        self.count, self.seed = count, seed
        self.markets = _weights(markets, count, [seed])  # (resamples, markets)

    def seeds(self, policy: str, seeds: int) -> Floats:
        """Return the weights of a policy's training seeds, (resamples, seeds).

        They depend on its name and not on who else is compared; those of two policies are
        independent.
        """
        return _weights(seeds, self.count, [self.seed, *policy.encode()])

    def means(self, policy: str, flights: Floats) -> Floats:
        """Return the mean of every resample.

        Args:
            policy: name of the policy that made the flights.
            flights: (seeds, markets, ...).

        Returns:
            (resamples, ...).
        """
        flat = flights.reshape(*flights.shape[:2], -1)
        by_seed = np.einsum("rm,smk->rsk", self.markets, flat, optimize=True)
        mean = np.einsum("rs,rsk->rk", self.seeds(policy, len(flights)), by_seed)
        return np.asarray(mean.reshape(self.count, *flights.shape[2:]))

    def quantile_means(
        self, policy: str, flights: Floats, ranges: Sequence[tuple[float, float]]
    ) -> list[Floats]:
        """Return ``quantile_mean`` of every resample for each range, (resamples,) each."""
        seeds, blocks = self.seeds(policy, len(flights)), []
        for first in range(0, self.count, _CHUNK):
            block = slice(first, first + _CHUNK)
            weights = seeds[block, :, None] * self.markets[block, None, :]
            blocks.append(
                _quantile_means(flights.ravel(), weights.reshape(len(weights), -1), ranges)
            )
        return [np.concatenate(each) for each in zip(*blocks, strict=True)]

    def improvement_probability(self, a: str, b: str, wins: Floats) -> Floats:
        """Return the probability of improvement in every resample, (resamples,).

        Args:
            a: the policy that wins.
            b: the other.
            wins: (seeds of a, seeds of b, markets) 1 for a win, .5 for a tie.
        """
        by_pair = np.einsum("rm,ijm->rij", self.markets, wins, optimize=True)
        first, second = self.seeds(a, wins.shape[0]), self.seeds(b, wins.shape[1])
        return np.asarray(np.einsum("ri,rj,rij->r", first, second, by_pair, optimize=True))


def interval(samples: Floats, coverage: float = 0.95) -> list[float]:
    """Return the percentile interval (Efron 1979) of resampled statistics, (resamples,).

    Args:
        samples: one number per resample.
        coverage: nominal coverage, in (0, 1).
    """
    tail = (1 - coverage) / 2
    low, high = np.quantile(samples, [tail, 1 - tail])
    return [float(low), float(high)]


def quantile_mean(values: Floats, ranks: tuple[float, float]) -> float:
    """Return the mean of the values whose relative ranks lie in a range.

    The mean of the quantile function there, so that a value at the edge counts in part: (0, 1) is
    the mean, (.25, .75) the interquartile mean, (0, .1) the mean of the worst tenth (CVaR).
    """
    even = np.full((1, values.size), 1 / values.size)
    return float(_quantile_means(values.ravel(), even, [ranks])[0][0])


def _quantile_means(
    values: Floats, weights: Floats, ranges: Sequence[tuple[float, float]]
) -> list[Floats]:
    order = np.argsort(values)
    ranked = values[order]
    rank = np.cumsum(weights[:, order], axis=1)
    means = []
    for low, high in ranges:
        inside = np.diff(np.clip(rank, low, high), axis=1, prepend=low)
        means.append(inside @ ranked / inside.sum(1))
    return means


def _weights(size: int, count: int, seed: Sequence[int]) -> Floats:
    """Return how often each of ``size`` things is drawn, divided by ``size``, (count, size)."""
    rng = generator(*seed)
    return rng.multinomial(size, np.full(size, 1 / size), size=count) / size
