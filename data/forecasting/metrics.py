"""Point-forecast errors per campaign and in total, and return on investment."""

from dataclasses import dataclass

import numpy as np

from ..types import Floats
from .forecaster import Backtest


@dataclass(frozen=True, eq=False)
class Scores:
    """Errors of a backtest; every field is (campaigns + 1,), the last entry over all campaigns.

    Across campaigns, R² mostly measures that large campaigns are large; the R² of one campaign
    measures how well its daily movements are followed. A ratio without a denominator is NaN.
    """

    mae: Floats  # conversions (dollars of revenue) per campaign-day
    rmse: Floats  # same unit
    r2: Floats  # 1 - squared error / squared distance from the mean, at most 1
    wape: Floats  # sum of absolute errors / sum of actuals
    bias: Floats  # (sum of forecasts - sum of actuals) / sum of actuals
    days: Floats  # campaign-days scored


def scores_of(past: Backtest) -> Scores:
    """Errors over all origins and days of a backtest; unscored campaign-days are ignored."""
    scored = past.scored
    actual = np.where(scored, past.actual, 0.0)
    error = np.where(scored, past.forecast - past.actual, 0.0)
    count = _sums_with_total(scored.astype(float))
    total, square = _sums_with_total(actual), _sums_with_total(actual**2)
    squared = _sums_with_total(error**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        variation = square - total**2 / count
        return Scores(
            mae=_sums_with_total(np.abs(error)) / count,
            rmse=np.sqrt(squared / count),
            r2=np.where(variation > 0, 1.0 - squared / variation, np.nan),
            wape=np.where(total > 0, _sums_with_total(np.abs(error)) / total, np.nan),
            bias=np.where(total > 0, _sums_with_total(error) / total, np.nan),
            days=count,
        )


def bae(spend: Floats, revenue: Floats) -> float:
    """Return on investment (ROI), sum(revenue - spend) / sum(spend), which is ROAS - 1.

    In dollars per dollar, >= -1; the name abbreviates budget allocation efficiency.

    Entries where either is NaN are ignored; NaN without any spend.
    """
    observed = np.isfinite(spend) & np.isfinite(revenue)
    total_spend = float(spend[observed].sum())
    if total_spend <= 0:
        return float("nan")
    return float((revenue[observed] - spend[observed]).sum() / total_spend)


def _sums_with_total(values: Floats) -> Floats:
    """(campaigns + 1,) sums over origins and days; the last entry sums the campaigns."""
    sums = values.sum(axis=(0, 1))
    return np.append(sums, sums.sum())
