"""What anybody would expect of the days to come without a model: the rivals of every forecast.

Each takes a history and the spend of the days that follow it, (days, campaigns) dollars, and
returns the mean of one metric on those days, (days, campaigns). Days without a report count
neither as zero nor at all.
"""

import warnings
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..history import History
from ..types import Floats
from .features import weekday_of

NaiveForecast = Callable[[History, Floats, str], Floats]
_RECENT = 28  # days
_LEAST = 0.1  # conversions (dollars of revenue, ...) added before a logarithm
_CENT = 0.01  # dollars
_RIDGE = 1.0  # days that the prior slope of `log_log` weighs, at a log-spend sd of 1
_SLOPE = 0.5  # the slope that a campaign without variation has


def same_weekday(history: History, spend: Floats, metric: str) -> Floats:
    """Mean of the same weekday in the last four weeks."""
    recent = _last(history, metric)
    weekday = weekday_of(history.dates)[-len(recent) :]
    profile = np.stack([_mean(recent[weekday == day]) for day in range(7)])
    profile = np.where(np.isnan(profile), _mean(recent), profile)
    return np.asarray(np.nan_to_num(profile)[_ahead(history, len(spend))])


def last_28_days(history: History, spend: Floats, metric: str) -> Floats:
    """Mean of the last 28 days."""
    return np.nan_to_num(_mean(_last(history, metric))) + 0 * spend


def return_times_spend(history: History, spend: Floats, metric: str) -> Floats:
    """Average return of the last 28 days' dollars, times the spend: what a table of ROAS says.

    What came without a dollar has no return.
    """
    earned, paid = _last(history, metric), _last(history, "spend")
    known = np.isfinite(earned) & np.isfinite(paid)
    sums = [np.where(known, part, 0.0).sum(0) for part in (earned, paid)]
    rate = np.where(sums[1] >= _CENT, sums[0] / np.maximum(sums[1], _CENT), 0.0)
    return np.asarray(rate * spend)


def log_log(history: History, spend: Floats, metric: str) -> Floats:
    """Least squares of log metric on log spend and weekday over the whole history, by campaign.

    The slope is drawn to .5 by a ridge, and what the logarithm loses is given back by scaling the
    fit to the history's sum (the smearing of Duan 1983).
    """
    days, ahead = weekday_of(history.dates), _ahead(history, len(spend))
    columns = []
    for k in range(spend.shape[1]):
        y, x = getattr(history, metric)[:, k], history.spend[:, k]
        known = np.isfinite(y) & np.isfinite(x) & (x > 0)
        if y[known].sum() <= 0:
            columns.append(0 * spend[:, k])
            continue
        beta, centre = _regress(y[known], x[known], days[known])
        fitted = np.exp(_design(x[known], days[known], centre) @ beta)
        scale = y[known].sum() / fitted.sum()
        mean = scale * np.exp(_design(spend[:, k], ahead, centre) @ beta)
        columns.append(np.where(spend[:, k] > 0, mean, 0.0))
    return np.stack(columns, 1)


NAIVE_FORECASTS: Mapping[str, NaiveForecast] = {
    "same_weekday": same_weekday,
    "last_28_days": last_28_days,
    "return_times_spend": return_times_spend,
    "log_log": log_log,
}


def with_errors(rival: NaiveForecast, history: History, spend: Floats, metric: str) -> Floats:
    """Return a rival's draws, (draws, days, campaigns): its mean plus its own past errors.

    It forecast every earlier horizon of the same length, given that horizon's spend, from at least
    four weeks of history; each of those paths of errors, all campaigns and days of it together, is
    one draw.
    """
    mean, days = rival(history, spend, metric), len(spend)
    paths = [np.zeros_like(mean)]
    for origin in range(_RECENT, len(history.dates) - days + 1):
        then = history.window(origin, origin + days)
        told = rival(history.window(None, origin), np.nan_to_num(then.spend), metric)
        paths.append(np.nan_to_num(getattr(then, metric) - told))
    return np.maximum(mean + np.stack(paths[1:] or paths), 0.0)


def _regress(y: Floats, x: Floats, days: NDArray[np.intp]) -> tuple[Floats, float]:
    """Coefficients of the slope (prior `_SLOPE`) and of seven weekdays; the mean log spend."""
    centre = float(np.log(x + _CENT).mean())
    design = _design(x, days, centre)
    prior = np.zeros(8)
    prior[0] = _SLOPE
    gap = np.log(y + _LEAST) - design @ prior
    penalty = np.diag([_RIDGE, *np.full(7, 1e-3)])
    return prior + np.linalg.solve(design.T @ design + penalty, design.T @ gap), centre


def _design(x: Floats, days: NDArray[np.intp], centre: float) -> Floats:
    return np.column_stack([np.log(x + _CENT) - centre, np.eye(7)[days]])


def _last(history: History, metric: str) -> Floats:
    return np.asarray(getattr(history, metric)[-_RECENT:])


def _mean(values: Floats) -> Floats:
    """Mean over days, NaN where none is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(values, axis=0))


def _ahead(history: History, days: int) -> NDArray[np.intp]:
    return weekday_of(history.dates[-1] + 1 + np.arange(days))
