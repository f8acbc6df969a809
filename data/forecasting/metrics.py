"""How far forecasts were from what happened, by campaign and in all."""

from dataclasses import dataclass

import numpy as np

from ..types import Floats
from .forecaster import Backtest


@dataclass(frozen=True, eq=False)
class Scores:
    """Errors of a backtest; fields are (campaigns + 1,), the last for all campaigns together.

    In all, R² mostly says that large campaigns are large; a campaign's own says what is followed
    from day to day. A ratio without a denominator is NaN.
    """

    mae: Floats  # conversions (dollars of revenue) a campaign-day
    rmse: Floats  # the same
    r2: Floats  # 1 - squared error / squared distance from the mean, at most 1
    wape: Floats  # sum of absolute errors / sum of what happened
    bias: Floats  # (sum forecast - sum of what happened) / sum of what happened
    days: Floats  # campaign-days that were scored


def scores_of(found: Backtest) -> Scores:
    """Score all origins and days together; what is not known counts nowhere."""
    known = found.known
    actual = np.where(known, found.actual, 0.0)
    error = np.where(known, found.forecast - found.actual, 0.0)
    count = _with_all(known.astype(float))
    total, square = _with_all(actual), _with_all(actual**2)
    squared = _with_all(error**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = square - total**2 / count
        return Scores(
            mae=_with_all(np.abs(error)) / count,
            rmse=np.sqrt(squared / count),
            r2=np.where(spread > 0, 1.0 - squared / spread, np.nan),
            wape=np.where(total > 0, _with_all(np.abs(error)) / total, np.nan),
            bias=np.where(total > 0, _with_all(error) / total, np.nan),
            days=count,
        )


def bae(spend: Floats, revenue: Floats) -> float:
    """Budget allocation efficiency, sum(revenue - spend) / sum(spend): dollars won on a dollar."""
    known = np.isfinite(spend) & np.isfinite(revenue)
    paid = float(spend[known].sum())
    return float((revenue[known] - spend[known]).sum() / paid) if paid > 0 else float("nan")


def _with_all(values: Floats) -> Floats:
    """(campaigns + 1,) sums over origins and days, then over all."""
    sums = values.sum(axis=(0, 1))
    return np.append(sums, sums.sum())
