"""Naive forecasts: the benchmarks that every forecasting model has to beat.

Each takes a history and the spend of the days after it, (days, campaigns) dollars, and returns
the mean of one metric on those days, (days, campaigns). Days without a report are ignored, not
counted as zero.
"""

import warnings
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..history import History
from ..types import Floats
from .features import weekdays_of_dates

NaiveForecast = Callable[[History, Floats, str], Floats]
_RECENT_DAYS = 28
_LOG_OFFSET = 0.1  # conversions (dollars of revenue, ...) added before taking a logarithm
_MIN_SPEND = 0.01  # dollars
_SLOPE_PRIOR_DAYS = 1.0  # weight of the slope's prior in days, at a log-spend sd of 1
_WEEKDAY_RIDGE = 1e-3  # only makes the system solvable when a weekday was never observed
_PRIOR_SLOPE = 0.5  # slope of a campaign whose spend never varied


def same_weekday(history: History, spend: Floats, metric: str) -> Floats:
    """Mean of the same weekday over the last four weeks."""
    recent = _recent(history, metric)
    weekday = weekdays_of_dates(history.dates)[-len(recent) :]
    profile = np.stack([_mean(recent[weekday == day]) for day in range(7)])
    profile = np.where(np.isnan(profile), _mean(recent), profile)
    return np.asarray(np.nan_to_num(profile)[_future_weekdays(history, len(spend))])


def last_28_days(history: History, spend: Floats, metric: str) -> Floats:
    """Mean of the last 28 days."""
    return np.nan_to_num(_mean(_recent(history, metric))) + 0 * spend


def return_times_spend(history: History, spend: Floats, metric: str) -> Floats:
    """Average return per dollar over the last 28 days times the spend, as a ROAS table implies.

    A campaign without spend in those days has a return of 0.
    """
    returns, costs = _recent(history, metric), _recent(history, "spend")
    observed = np.isfinite(returns) & np.isfinite(costs)
    sums = [np.where(observed, values, 0.0).sum(0) for values in (returns, costs)]
    rate = np.where(sums[1] >= _MIN_SPEND, sums[0] / np.maximum(sums[1], _MIN_SPEND), 0.0)
    return np.asarray(rate * spend)


def log_log(history: History, spend: Floats, metric: str) -> Floats:
    """Least squares of log metric on log spend and weekday over the whole history, per campaign.

    A ridge shrinks the slope towards 0.5. The fit is rescaled to the history's sum, which corrects
    the retransformation bias of the logarithm (smearing, Duan 1983).
    """
    weekdays, future = weekdays_of_dates(history.dates), _future_weekdays(history, len(spend))
    columns = []
    for k in range(spend.shape[1]):
        y, x = getattr(history, metric)[:, k], history.spend[:, k]
        usable = np.isfinite(y) & np.isfinite(x) & (x > 0)
        if y[usable].sum() <= 0:
            columns.append(0 * spend[:, k])
            continue
        beta, centre = _log_log_coefficients(y[usable], x[usable], weekdays[usable])
        fitted = np.exp(_regressors(x[usable], weekdays[usable], centre) @ beta)
        scale = y[usable].sum() / fitted.sum()
        mean = scale * np.exp(_regressors(spend[:, k], future, centre) @ beta)
        columns.append(np.where(spend[:, k] > 0, mean, 0.0))
    return np.stack(columns, 1)


NAIVE_FORECASTS: Mapping[str, NaiveForecast] = {
    "same_weekday": same_weekday,
    "last_28_days": last_28_days,
    "return_times_spend": return_times_spend,
    "log_log": log_log,
}


def naive_draws(forecast: NaiveForecast, history: History, spend: Floats, metric: str) -> Floats:
    """Predictive draws of a naive forecast, (draws, days, campaigns): its mean plus past errors.

    The forecast is repeated from every past origin with at least four weeks of history before it
    and a whole horizon after it, given that horizon's spend. The errors of one origin, over all its
    days and campaigns, make one draw. A history too short for any origin yields the mean alone.
    """
    mean, days = forecast(history, spend, metric), len(spend)
    errors = []
    for origin in range(_RECENT_DAYS, len(history.dates) - days + 1):
        future = history.window(origin, origin + days)
        past_mean = forecast(history.window(None, origin), np.nan_to_num(future.spend), metric)
        errors.append(np.nan_to_num(getattr(future, metric) - past_mean))
    return np.asarray(np.maximum(mean + np.stack(errors or [np.zeros_like(mean)]), 0.0))


def _log_log_coefficients(y: Floats, x: Floats, weekdays: NDArray[np.intp]) -> tuple[Floats, float]:
    """(8,) coefficients, slope first and then seven weekdays, and the mean log spend."""
    centre = float(np.log(x + _MIN_SPEND).mean())
    regressors = _regressors(x, weekdays, centre)
    prior = np.zeros(8)
    prior[0] = _PRIOR_SLOPE
    residual = np.log(y + _LOG_OFFSET) - regressors @ prior
    penalty = np.diag([_SLOPE_PRIOR_DAYS, *np.full(7, _WEEKDAY_RIDGE)])
    gram = regressors.T @ regressors + penalty
    return prior + np.linalg.solve(gram, regressors.T @ residual), centre


def _regressors(x: Floats, weekdays: NDArray[np.intp], centre: float) -> Floats:
    """(days, 8) centred log spend and weekday indicators."""
    return np.column_stack([np.log(x + _MIN_SPEND) - centre, np.eye(7)[weekdays]])


def _recent(history: History, metric: str) -> Floats:
    return np.asarray(getattr(history, metric)[-_RECENT_DAYS:])


def _mean(values: Floats) -> Floats:
    """Mean over days, NaN where no day is observed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(values, axis=0))


def _future_weekdays(history: History, days: int) -> NDArray[np.intp]:
    return weekdays_of_dates(history.dates[-1] + 1 + np.arange(days))
