"""Naive forecasts: the benchmarks that every forecasting model has to beat.

Each takes a history and the spend of the days after it, (days, campaigns) dollars, and returns
the mean of one metric on those days, (days, campaigns). Days without a report are ignored, not
counted as zero.
"""

import warnings
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..errors import data_error
from ..history import History
from ..types import Floats
from .features import weekdays_of_dates

NaiveForecast = Callable[[History, Floats, str], Floats]
_RECENT_DAYS = 28
_YEAR = 364  # days, a whole number of weeks, so that weekdays stay the same
_GROWTH = (0.2, 5.0)  # range of the growth over a year, as a ratio
_LOG_OFFSET = 0.1  # conversions or clicks added before taking a logarithm
_LOG_SHARE = 1e-3  # of the mean amount, added instead where the metric is one of `_AMOUNTS`
_AMOUNTS = ("spend", "revenue")  # metrics in units of the currency
_SPEND_SHARE = 1e-4  # of the mean spend, added before taking a logarithm
_MIN_SHARED = 1e-9  # avoids a division by zero where the last 28 days counted nothing
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
    rate = np.divide(sums[0], sums[1], out=np.zeros_like(sums[0]), where=sums[1] > 0)
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
        size = x[usable].mean()
        offset = _LOG_SHARE * y[usable].mean() if metric in _AMOUNTS else _LOG_OFFSET
        logs = np.log(y[usable] + offset)
        logs -= logs.mean()  # whose place the rescaling takes
        beta, centre = _log_log_coefficients(logs, x[usable] / size, weekdays[usable])
        fitted = np.exp(_regressors(x[usable] / size, weekdays[usable], centre) @ beta)
        scale = y[usable].sum() / fitted.sum()
        mean = scale * np.exp(_regressors(spend[:, k] / size, future, centre) @ beta)
        columns.append(np.where(spend[:, k] > 0, mean, 0.0))
    return np.stack(columns, 1)


def seasonal_naive(history: History, spend: Floats, metric: str) -> Floats:
    """The same days a year ago (364 days, so the same weekday) times the account's growth since.

    Growth is the total of the last 28 days over that of the same 28 days a year before, between
    0.2 and 5. A campaign that did not run a year ago gets its share of the last 28 days in each
    day's total, and the others share the rest as they did a year ago. An account without any
    result in those 28 days a year ago is forecast by the mean of its last 28 days.

    Raises:
        DataError: the history is shorter than a year and 28 days (see `days_needed`).
    """
    days, values = len(history.dates), np.asarray(getattr(history, metric))
    if days < _YEAR + _RECENT_DAYS:
        raise data_error(
            "seasonal_naive",
            f"{days} days of history before the forecast were given",
            f"at least {_YEAR + _RECENT_DAYS} days",
            "export a longer period, or remove seasonal_naive from the forecasters",
        )
    before = slice(days - _YEAR - _RECENT_DAYS, days - _YEAR)
    recent_mean, before_mean = (
        np.nan_to_num(_mean(window)) for window in (values[-_RECENT_DAYS:], values[before])
    )
    if before_mean.sum() <= 0:
        return recent_mean + 0 * spend
    growth = float(np.clip(recent_mean.sum() / before_mean.sum(), *_GROWTH))
    same_days = days - _YEAR + np.arange(len(spend)) % _YEAR
    a_year_ago = values[same_days]
    gaps = np.isnan(a_year_ago)
    a_year_ago = np.where(gaps, np.nan_to_num(_mean(a_year_ago)), a_year_ago)
    ran = slice(before.start, int(same_days.max()) + 1)
    new = ~((history.spend[ran] > 0) | (values[ran] > 0)).any(0)
    share = np.where(new, recent_mean, 0.0) / max(recent_mean.sum(), _MIN_SHARED)
    totals = growth * a_year_ago.sum(1, keepdims=True)
    return np.asarray(np.where(new, share * totals, (1 - share.sum()) * growth * a_year_ago))


NAIVE_FORECASTS: Mapping[str, NaiveForecast] = {
    "same_weekday": same_weekday,
    "last_28_days": last_28_days,
    "return_times_spend": return_times_spend,
    "log_log": log_log,
    "seasonal_naive": seasonal_naive,
}
_DAYS_NEEDED: Mapping[NaiveForecast, int] = {seasonal_naive: _YEAR + _RECENT_DAYS}


def days_needed(forecast: NaiveForecast) -> int:
    """Least days of history from which a naive forecast can be made; 0 where any will do."""
    return _DAYS_NEEDED.get(forecast, 0)


def naive_draws(forecast: NaiveForecast, history: History, spend: Floats, metric: str) -> Floats:
    """Predictive draws of a naive forecast, (draws, days, campaigns): its mean plus past errors.

    The forecast is repeated from every past origin with at least four weeks (and `days_needed`) of
    history before it and a whole horizon after it, given that horizon's spend. The errors of one
    origin, over all its days and campaigns, make one draw. A history too short for any origin
    yields the mean alone.
    """
    mean, days = forecast(history, spend, metric), len(spend)
    errors = []
    first = max(_RECENT_DAYS, days_needed(forecast))
    for origin in range(first, len(history.dates) - days + 1):
        future = history.window(origin, origin + days)
        past_mean = forecast(history.window(None, origin), np.nan_to_num(future.spend), metric)
        errors.append(np.nan_to_num(getattr(future, metric) - past_mean))
    return np.asarray(np.maximum(mean + np.stack(errors or [np.zeros_like(mean)]), 0.0))


def _log_log_coefficients(
    logs: Floats, x: Floats, weekdays: NDArray[np.intp]
) -> tuple[Floats, float]:
    """(8,) coefficients, slope first and then seven weekdays, and the mean log spend.

    Args:
        logs: (days,) log metric, less its mean.
        x: (days,) spend over its mean.
        weekdays: (days,) 0 is Monday.
    """
    centre = float(np.log(x + _SPEND_SHARE).mean())
    regressors = _regressors(x, weekdays, centre)
    prior = np.zeros(8)
    prior[0] = _PRIOR_SLOPE
    residual = logs - regressors @ prior
    penalty = np.diag([_SLOPE_PRIOR_DAYS, *np.full(7, _WEEKDAY_RIDGE)])
    gram = regressors.T @ regressors + penalty
    return prior + np.linalg.solve(gram, regressors.T @ residual), centre


def _regressors(x: Floats, weekdays: NDArray[np.intp], centre: float) -> Floats:
    """(days, 8) centred log spend and weekday indicators."""
    return np.column_stack([np.log(x + _SPEND_SHARE) - centre, np.eye(7)[weekdays]])


def _recent(history: History, metric: str) -> Floats:
    return np.asarray(getattr(history, metric)[-_RECENT_DAYS:])


def _mean(values: Floats) -> Floats:
    """Mean over days, NaN where no day is observed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(values, axis=0))


def _future_weekdays(history: History, days: int) -> NDArray[np.intp]:
    return weekdays_of_dates(history.dates[-1] + 1 + np.arange(days))
