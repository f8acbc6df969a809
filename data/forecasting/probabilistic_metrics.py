"""How good draws of the days to come were: errors of their means, coverage, CRPS.

Draws are (draws, days, campaigns); what happened is (days, campaigns), NaN where it is not known.
A day that is not known for a campaign counts for neither side, a day that is known for none of
them not at all.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..types import Floats

_HALF, _NINETY = (0.25, 0.75), (0.05, 0.95)


class Verified(NamedTuple):
    """One forecast of one horizon held against what happened; sums, so that they can be pooled."""

    actual: float  # sum of what happened
    bias: float  # sum of the means less that
    daily: float  # sum over days of |error of the day's total|
    total: float  # |error of the horizon's total|
    campaign: float  # sum over campaigns of |error of the campaign's total|
    coverage50: float  # share of days whose total lies in its 50 % interval
    coverage90: float  # the same of 90 %
    campaign_coverage90: float  # share of campaign-days in their 90 % interval
    total_coverage90: float  # 1 if the horizon's total lies in its 90 % interval
    crps: float  # mean CRPS of a day's total, in units of the metric
    interval: tuple[float, float]  # 90 % of the horizon's total


def verify(mean: Floats, draws: Floats, actual: Floats) -> Verified:
    """Hold a forecast against what happened.

    Args:
        mean: (days, campaigns) expectation.
        draws: (draws, days, campaigns) of what may be counted.
        actual: (days, campaigns), NaN where not known; one day at least is known.
    """
    some = np.isfinite(actual).any(1)
    mean, draws, actual = mean[some], draws[:, some], actual[some]
    known = np.isfinite(actual)
    happened, mean, draws = (np.where(known, part, 0.0) for part in (actual, mean, draws))
    days, daily = happened.sum(1), draws.sum(2)
    low, high = np.quantile(daily.sum(1), _NINETY)
    return Verified(
        actual=float(days.sum()),
        bias=float(mean.sum() - days.sum()),
        daily=float(np.abs(mean.sum(1) - days).sum()),
        total=float(np.abs(mean.sum() - days.sum())),
        campaign=float(np.abs(mean.sum(0) - happened.sum(0)).sum()),
        coverage50=float(_inside(daily, days, _HALF).mean()),
        coverage90=float(_inside(daily, days, _NINETY).mean()),
        campaign_coverage90=float(_inside(draws, happened, _NINETY)[known].mean()),
        total_coverage90=float(low <= days.sum() <= high),
        crps=float(crps(daily, days).mean()),
        interval=(float(low), float(high)),
    )


def pooled(parts: list[Verified]) -> dict[str, float]:
    """Return the scores of several horizons together, by the names of ``backtest.json``."""
    actual = max(sum(part.actual for part in parts), 1e-9)

    def mean(name: str) -> float:
        return float(np.mean([getattr(part, name) for part in parts]))

    return {
        "daily_wape": sum(part.daily for part in parts) / actual,
        "total_wape": sum(part.total for part in parts) / actual,
        "campaign_wape": sum(part.campaign for part in parts) / actual,
        "bias": sum(part.bias for part in parts) / actual,
        "coverage50": mean("coverage50"),
        "coverage90": mean("coverage90"),
        "campaign_coverage90": mean("campaign_coverage90"),
        "total_coverage90": mean("total_coverage90"),
        "crps": mean("crps"),
    }


def crps(draws: Floats, actual: Floats) -> Floats:
    """Return the continuous ranked probability score of draws, axis 0; 0 is perfect.

    ``E|X - y| - E|X - X'| / 2`` (Gneiting and Raftery 2007), the second term by order statistics.
    """
    count = len(draws)
    weight = (2 * np.arange(1, count + 1) - count - 1) / count**2
    spread = np.tensordot(weight, np.sort(draws, axis=0), axes=1)
    return np.asarray(np.abs(draws - actual).mean(0) - spread)


def _inside(draws: Floats, actual: Floats, edges: tuple[float, float]) -> NDArray[np.bool_]:
    low, high = np.quantile(draws, edges, axis=0)
    return np.asarray((low <= actual) & (actual <= high))
