"""Does the posterior describe the history it was fitted to? One day ahead, day after day."""

from typing import NamedTuple

import numpy as np

from ....data.types import Floats
from ...market import Market, unit_gamma
from .. import ObservedHistory, filter_days


class Check(NamedTuple):
    """Counts that were to be expected, each day from the days before it; (campaigns,) unless noted.

    A posterior that fits covers 50 and 90 % of the days with its 50 and 90 % intervals, and its
    ranks are even. The parameters have seen all days, the level only those before.
    """

    coverage50: Floats  # share of days
    coverage90: Floats
    rank: Floats  # (days, campaigns) of what happened among the draws, in (0, 1); NaN: not seen
    mean: Floats  # (days, campaigns) expected conversions
    low: Floats  # (days, campaigns) 5 % quantile of the draws
    high: Floats  # (days, campaigns) 95 %
    persistence: Floats  # correlation of the ranks of days that follow each other; 0 is right


def one_day_ahead(market: Market, record: ObservedHistory, rng: np.random.Generator) -> Check:
    """Draw every day's counts from the days before it and hold them against what happened.

    Args:
        market: draws of the posterior, (draws, campaigns).
        record: the history.
        rng: source of randomness.
    """
    draws, means = [], []
    for day in filter_days(market, record):
        means.append((day.expected * np.exp(day.ahead / 2)).mean(0))
        draws.append(_counts(day.expected, day.ahead, market.dispersion, rng))
    drawn, seen = np.stack(draws), record.seen  # (days, draws, campaigns)
    happened = record.conversions[:, None]
    tie = rng.random(happened.shape)  # ranks of counts, made even
    rank = ((drawn < happened) + tie * (drawn == happened)).mean(1)
    rank = np.where(seen, rank, np.nan)
    low, high = np.quantile(drawn, [0.05, 0.95], axis=1)
    days = np.maximum(seen.sum(0), 1)
    return Check(
        coverage50=(np.abs(rank - 0.5) <= 0.25).sum(0) / days,
        coverage90=(np.abs(rank - 0.5) <= 0.45).sum(0) / days,
        rank=rank,
        mean=np.stack(means),
        low=low,
        high=high,
        persistence=np.array([_persistence(column) for column in rank.T]),
    )


def _counts(
    expected: Floats, variance: Floats, dispersion: Floats, rng: np.random.Generator
) -> Floats:
    level = np.sqrt(variance) * rng.standard_normal(expected.shape)
    gamma = unit_gamma(dispersion, 1, rng)[0]
    return np.asarray(rng.poisson(expected * np.exp(level) * gamma), np.float64)


def _persistence(rank: Floats) -> float:
    today, tomorrow = rank[:-1], rank[1:]
    both = np.isfinite(today) & np.isfinite(tomorrow)
    if both.sum() < 3 or min(today[both].std(), tomorrow[both].std()) == 0:
        return 0.0
    return float(np.corrcoef(today[both], tomorrow[both])[0, 1])
