"""Intervals from a forecaster's own past errors, campaign by campaign and as far ahead.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018) on rolling backtests. The score of a
past day is the gap between the square roots of what happened and of its forecast, which has nearly
one spread for counts of any size (Anscombe 1948); the interval is the forecast moved both ways by
the scores' quantile. Both ways alike, because a campaign's level was wrong in one direction for
weeks on end: few such errors were seen, and their sign says nothing of the next. Scores come from
forecasts as many days ahead, give or take a week, so day 30 has the interval of day 30. Ends are
rounded outwards to whole conversions (mean orders, for revenue).

Exchangeability is an approximation here. A level that moves as it never did in the backtests, or
spend beyond what was ever spent, is not covered.
"""

from typing import NamedTuple

import numpy as np

from ..types import Floats
from .forecaster import Backtest

_NEAR = 7  # days of horizon that a day learns from on either side
_LEAST = 20  # scores below which a campaign takes those of all
_SHIFT = 3.0 / 8.0  # Anscombe's
_ROUNDING = 1e-9
_EVENTS = 10.0  # conversions that a total is divided by at least
_TESTS = 3


class Interval(NamedTuple):
    """(days, campaigns) ends, 0 <= low <= high; NaN where nothing was tested."""

    low: Floats
    high: Floats

    def covers(self, actual: Floats) -> Floats:
        """(days, campaigns) 1 where what happened lies inside, 0 where not, NaN if unknown."""
        inside = (self.low <= actual) & (actual <= self.high)
        return np.where(np.isfinite(actual), inside.astype(float), np.nan)


def intervals(past: Backtest, forecast: Floats, coverage: float, unit: float) -> Interval:
    """Ends around a forecast.

    Args:
        past: backtests of the same forecaster, inside the history; horizons from 1 day on.
        forecast: (days, campaigns) of the days after it; days beyond the backtests' horizon have
            the scores of its last.
        coverage: in (0, 1).
        unit: size of one event: 1 for conversions, dollars an order for revenue.
    """
    score = np.abs(_root(past.actual / unit) - _root(past.forecast / unit))
    last, width = score.shape[1] - 1, np.zeros(forecast.shape)
    for day in range(len(forecast)):
        at = min(day, last)
        near = score[:, max(0, at - _NEAR) : at + _NEAR + 1]
        width[day] = [
            _quantile(near[..., campaign], near, coverage) for campaign in range(score.shape[2])
        ]
    root = _root(forecast / unit)
    low = np.floor(np.maximum(root - width, 0.0) ** 2 - _SHIFT + _ROUNDING)
    high = np.ceil((root + width) ** 2 - _SHIFT - _ROUNDING)
    return Interval(np.maximum(low, 0.0) * unit, high * unit)


def month_range(past: Backtest, unit: float) -> tuple[Floats, Floats]:
    """Least and most of actual over forecast totals in the backtests, (campaigns + 1,).

    The last is of all campaigns together. Overlapping backtests are few independent ones, so no
    coverage is claimed; NaN where fewer than three forecast enough events to divide by.
    """
    whole = past.together()
    actual, forecast = (
        np.concatenate([np.where(past.known, own, 0.0), every], axis=2).sum(axis=1)
        for own, every in ((past.actual, whole.actual), (past.forecast, whole.forecast))
    )
    told = forecast >= _EVENTS * unit
    ratio = actual / np.where(told, forecast, 1.0)
    enough = told.sum(axis=0) >= _TESTS
    least = np.where(told, ratio, np.inf).min(axis=0, initial=np.inf)
    most = np.where(told, ratio, -np.inf).max(axis=0, initial=-np.inf)
    return np.where(enough, least, np.nan), np.where(enough, most, np.nan)


def _root(values: Floats) -> Floats:
    return np.asarray(np.sqrt(values + _SHIFT))


def _quantile(own: Floats, everyone: Floats, coverage: float) -> float:
    """The quantile of the scores, corrected for their number; NaN if there are none."""
    scores = own[np.isfinite(own)]
    if len(scores) < _LEAST:
        scores = everyone[np.isfinite(everyone)]
    if len(scores) == 0:
        return float("nan")
    rank = int(np.ceil((len(scores) + 1) * coverage)) - 1
    return float(np.sort(scores)[min(rank, len(scores) - 1)])
