"""Split conformal prediction intervals from a forecaster's rolling backtests.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018), per campaign and horizon. The score
of a past day is the absolute difference between the square roots of actual and forecast, whose
variance is nearly the same for counts of any size (Anscombe 1948); the interval is the forecast
moved both ways by a quantile of the scores. It is symmetric on that scale: a campaign's level errs
in one direction for weeks, so few independent errors were observed and their sign does not predict
the next one. Scores are taken from horizons within a week of the day, so day 30 gets the errors of
day 30. Ends are rounded outwards to whole conversions (for revenue: multiples of the mean order
value).

Exchangeability is an approximation here: a level that moves as it never did in the backtests, or
spend beyond anything in the history, is not covered.
"""

from typing import NamedTuple

import numpy as np

from ..types import Floats
from .forecaster import Backtest

_HORIZON_WINDOW = 7  # days of horizon on either side whose scores are used
_MIN_SCORES = 20  # a campaign with fewer uses the scores of all campaigns
_ANSCOMBE_SHIFT = 3.0 / 8.0
_ROUNDING = 1e-9
_MIN_EVENTS = 10.0  # forecast conversions below which a backtest's ratio is ignored
_MIN_BACKTESTS = 3


class Interval(NamedTuple):
    """(days, campaigns) ends, 0 <= low <= high; NaN where no backtest is scored."""

    low: Floats
    high: Floats

    def covers(self, actual: Floats) -> Floats:
        """(days, campaigns) 1 where the actual lies inside, 0 where not, NaN if not observed."""
        inside = (self.low <= actual) & (actual <= self.high)
        return np.where(np.isfinite(actual), inside.astype(float), np.nan)


def intervals(past: Backtest, forecast: Floats, coverage: float, unit: float) -> Interval:
    """Prediction intervals around a forecast.

    Args:
        past: backtests of the same forecaster within the history; horizons from 1 day on.
        forecast: (days, campaigns) forecast of the days after it; days beyond the backtests'
            horizon use the scores of its last day.
        coverage: nominal coverage, in (0, 1).
        unit: value of one event: 1 for conversions, dollars per order for revenue.
    """
    score = np.abs(_root(past.actual / unit) - _root(past.forecast / unit))
    last, width = score.shape[1] - 1, np.zeros(forecast.shape)
    for day in range(len(forecast)):
        centre = min(day, last)
        nearby = score[:, max(0, centre - _HORIZON_WINDOW) : centre + _HORIZON_WINDOW + 1]
        width[day] = [
            _conformal_quantile(nearby[..., campaign], nearby, coverage)
            for campaign in range(score.shape[2])
        ]
    root = _root(forecast / unit)
    low = np.floor(np.maximum(root - width, 0.0) ** 2 - _ANSCOMBE_SHIFT + _ROUNDING)
    high = np.ceil((root + width) ** 2 - _ANSCOMBE_SHIFT - _ROUNDING)
    return Interval(np.maximum(low, 0.0) * unit, high * unit)


def month_range(past: Backtest, unit: float) -> tuple[Floats, Floats]:
    """(campaigns + 1,) smallest and largest ratio of actual to forecast totals in the backtests.

    The last entry is for all campaigns together. Overlapping backtests amount to few independent
    ones, so no coverage is claimed; NaN where fewer than three backtests forecast at least ten
    events.
    """
    total = past.total()
    actual, forecast = (
        np.concatenate([np.where(past.scored, per_campaign, 0.0), summed], axis=2).sum(axis=1)
        for per_campaign, summed in ((past.actual, total.actual), (past.forecast, total.forecast))
    )
    sufficient = forecast >= _MIN_EVENTS * unit
    ratio = actual / np.where(sufficient, forecast, 1.0)
    tested = sufficient.sum(axis=0) >= _MIN_BACKTESTS
    lowest = np.where(sufficient, ratio, np.inf).min(axis=0, initial=np.inf)
    highest = np.where(sufficient, ratio, -np.inf).max(axis=0, initial=-np.inf)
    return np.where(tested, lowest, np.nan), np.where(tested, highest, np.nan)


def _root(values: Floats) -> Floats:
    """Anscombe's variance-stabilising root, without its constant factor."""
    return np.asarray(np.sqrt(values + _ANSCOMBE_SHIFT))


def _conformal_quantile(campaign_scores: Floats, all_scores: Floats, coverage: float) -> float:
    """Quantile of the scores with the finite-sample correction; NaN if there are none."""
    scores = campaign_scores[np.isfinite(campaign_scores)]
    if len(scores) < _MIN_SCORES:
        scores = all_scores[np.isfinite(all_scores)]
    if len(scores) == 0:
        return float("nan")
    rank = int(np.ceil((len(scores) + 1) * coverage)) - 1
    return float(np.sort(scores)[min(rank, len(scores) - 1)])
