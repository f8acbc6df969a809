"""Posterior predictive checks: one-day-ahead forecasts of the history that was calibrated."""

from typing import NamedTuple

import numpy as np

from ....data.types import Floats
from ...market import Market, unit_gamma
from .. import ObservedHistory, filter_days


class Check(NamedTuple):
    """One-day-ahead forecasts and their calibration; fields are (campaigns,) unless noted.

    If the posterior fits, its 50 and 90 % intervals cover 50 and 90 % of the days and ranks are
    uniform. Parameters are fitted to all days, the level to the days before the forecast alone.
    """

    coverage50: Floats  # share of days inside the 50 % interval
    coverage90: Floats  # share of days inside the 90 % interval
    rank: Floats  # (days, campaigns) of the report among the draws, in (0, 1); NaN: not seen
    mean: Floats  # (days, campaigns) expected conversions
    low: Floats  # (days, campaigns) 5 % quantile of the draws
    high: Floats  # (days, campaigns) 95 % quantile of the draws
    persistence: Floats  # lag-1 correlation of ranks; 0 if the posterior fits


def one_day_ahead(
    market: Market,
    observed: ObservedHistory,
    rng: np.random.Generator,
    follow: Floats | None = None,
) -> Check:
    """Forecast every day's counts from the days before and compare with the reports.

    A demand that the history has is known, also of the day that is forecast.

    Args:
        market: draws of the posterior, (draws, campaigns).
        observed: the history.
        rng: source of randomness.
        follow: (draws, campaigns) share of the log spend index that is demand; None is 0.
    """
    daily_draws, means = [], []
    for day in filter_days(market, observed, None, follow):
        means.append((day.expected * np.exp(day.predicted_variance / 2)).mean(0))
        daily_draws.append(_counts(day.expected, day.predicted_variance, market.dispersion, rng))
    draws, seen = np.stack(daily_draws), observed.seen  # (days, draws, campaigns)
    reported = observed.conversions[:, None]
    tie = rng.random(reported.shape)  # breaks ties, so that ranks of counts are uniform
    rank = ((draws < reported) + tie * (draws == reported)).mean(1)
    rank = np.where(seen, rank, np.nan)
    low, high = np.quantile(draws, [0.05, 0.95], axis=1)
    days = np.maximum(seen.sum(0), 1)
    return Check(
        coverage50=(np.abs(rank - 0.5) <= 0.25).sum(0) / days,
        coverage90=(np.abs(rank - 0.5) <= 0.45).sum(0) / days,
        rank=rank,
        mean=np.stack(means),
        low=low,
        high=high,
        persistence=np.array([_lag1_correlation(column) for column in rank.T]),
    )


def _counts(
    expected: Floats, variance: Floats, dispersion: Floats, rng: np.random.Generator
) -> Floats:
    """Draw counts, (draws, campaigns), around expected conversions and a Gaussian log level."""
    level = np.sqrt(variance) * rng.standard_normal(expected.shape)
    gamma = unit_gamma(dispersion, 1, rng)[0]
    return np.asarray(rng.poisson(expected * np.exp(level) * gamma), np.float64)


def _lag1_correlation(rank: Floats) -> float:
    today, tomorrow = rank[:-1], rank[1:]
    both = np.isfinite(today) & np.isfinite(tomorrow)
    if both.sum() < 3 or min(today[both].std(), tomorrow[both].std()) == 0:
        return 0.0
    return float(np.corrcoef(today[both], tomorrow[both])[0, 1])
