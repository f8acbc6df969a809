"""Errors, interval coverage and CRPS of predictive draws.

Draws are (draws, days, campaigns) and actuals (days, campaigns), NaN where not observed. An
unobserved campaign-day is ignored on both sides; days without any report are dropped.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..types import Floats

_QUANTILES_50, _QUANTILES_90 = (0.25, 0.75), (0.05, 0.95)
_MIN_TOTAL = 1e-9  # avoids a division by zero where nothing was counted


class Verification(NamedTuple):
    """Scores of one forecast over one horizon; errors are sums, so that horizons can be pooled."""

    actual: float  # sum of actuals
    bias: float  # sum of means minus sum of actuals
    daily: float  # sum over days of |error of the day's total|
    total: float  # |error of the horizon's total|
    campaign: float  # sum over campaigns of |error of the campaign's total|
    coverage50: float  # share of days whose total lies in its 50 % interval
    coverage90: float  # same for the 90 % interval
    campaign_coverage90: float  # share of campaign-days in their 90 % interval
    total_coverage90: float  # 1 if the horizon's total lies in its 90 % interval, else 0
    crps: float  # mean CRPS of a day's total, in units of the metric
    interval: tuple[float, float]  # 90 % interval of the horizon's total


def verify(mean: Floats, draws: Floats, actual: Floats) -> Verification:
    """Scores of a probabilistic forecast over one horizon.

    Args:
        mean: (days, campaigns) mean forecast.
        draws: (draws, days, campaigns) predictive draws of the observed counts.
        actual: (days, campaigns) actuals, NaN where not observed; at least one is observed.
    """
    reported = np.isfinite(actual).any(1)
    mean, draws, actual = mean[reported], draws[:, reported], actual[reported]
    observed = np.isfinite(actual)
    counted, mean, draws = (np.where(observed, values, 0.0) for values in (actual, mean, draws))
    days, daily = counted.sum(1), draws.sum(2)
    low, high = np.quantile(daily.sum(1), _QUANTILES_90)
    return Verification(
        actual=float(days.sum()),
        bias=float(mean.sum() - days.sum()),
        daily=float(np.abs(mean.sum(1) - days).sum()),
        total=float(np.abs(mean.sum() - days.sum())),
        campaign=float(np.abs(mean.sum(0) - counted.sum(0)).sum()),
        coverage50=float(_inside(daily, days, _QUANTILES_50).mean()),
        coverage90=float(_inside(daily, days, _QUANTILES_90).mean()),
        campaign_coverage90=float(_inside(draws, counted, _QUANTILES_90)[observed].mean()),
        total_coverage90=float(low <= days.sum() <= high),
        crps=float(crps(daily, days).mean()),
        interval=(float(low), float(high)),
    )


def pooled_scores(horizons: list[Verification]) -> dict[str, float]:
    """Scores over several horizons, keyed by the field names of ``backtest.json``."""
    actual = max(sum(horizon.actual for horizon in horizons), _MIN_TOTAL)

    def mean(name: str) -> float:
        return float(np.mean([getattr(horizon, name) for horizon in horizons]))

    return {
        "daily_wape": sum(horizon.daily for horizon in horizons) / actual,
        "total_wape": sum(horizon.total for horizon in horizons) / actual,
        "campaign_wape": sum(horizon.campaign for horizon in horizons) / actual,
        "bias": sum(horizon.bias for horizon in horizons) / actual,
        "coverage50": mean("coverage50"),
        "coverage90": mean("coverage90"),
        "campaign_coverage90": mean("campaign_coverage90"),
        "total_coverage90": mean("total_coverage90"),
        "crps": mean("crps"),
    }


def crps(draws: Floats, actual: Floats) -> Floats:
    """Continuous ranked probability score of draws along axis 0; 0 is perfect.

    ``E|X - y| - E|X - X'| / 2`` (Gneiting and Raftery 2007), the second term by order statistics.
    """
    count = len(draws)
    weight = (2 * np.arange(1, count + 1) - count - 1) / count**2
    dispersion = np.tensordot(weight, np.sort(draws, axis=0), axes=1)
    return np.asarray(np.abs(draws - actual).mean(0) - dispersion)


def _inside(draws: Floats, actual: Floats, quantiles: tuple[float, float]) -> NDArray[np.bool_]:
    """True where the actual lies between two quantiles of the draws."""
    low, high = np.quantile(draws, quantiles, axis=0)
    return np.asarray((low <= actual) & (actual <= high))
