"""The Forecaster protocol, naive forecasts as forecasters, and rolling backtests.

A forecaster receives a history and the spend of all days that follow it, and nothing else about
those days: no clicks, impressions or conversions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ..history import History
from ..types import Floats
from .naive import NaiveForecast

Metric = Literal["conversions", "revenue"]
METRICS: tuple[Metric, ...] = ("conversions", "revenue")


class Forecaster(Protocol):
    """Predicts the mean of a metric on future days from the spend of those days."""

    @property
    def name(self) -> str:
        """Short name, unique among the forecasters that are compared."""

    def forecast(self, history: History, spend: Floats, metric: Metric) -> Floats:
        """Mean of one metric on the days after a history.

        Args:
            history: everything observed so far.
            spend: (days, campaigns) dollars on the days after the history.
            metric: `conversions`, or `revenue` in dollars.

        Returns:
            (days, campaigns) means, >= 0.
        """


@dataclass(frozen=True)
class Naive:
    """One of `naive.NAIVE_FORECASTS` as a forecaster."""

    name: str
    rule: NaiveForecast

    def forecast(self, history: History, spend: Floats, metric: Metric) -> Floats:
        """See `Forecaster`."""
        return self.rule(history, spend, metric)


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts from several origins and the actuals; NaN after the end and where missing."""

    origins: tuple[int, ...]  # days of history before each forecast
    forecast: Floats  # (origins, days, campaigns)
    actual: Floats  # (origins, days, campaigns)

    @property
    def scored(self) -> NDArray[np.bool_]:
        """(origins, days, campaigns) True where both the forecast and the actual are finite."""
        return np.isfinite(self.forecast) & np.isfinite(self.actual)

    def total(self) -> "Backtest":
        """The same backtest of all campaigns summed; unscored campaign-days count on neither side.

        Its arrays are (origins, days, 1).
        """
        scored = self.scored
        sums = (
            np.where(scored, values, 0.0).sum(axis=2, keepdims=True)
            for values in (self.forecast, self.actual)
        )
        return Backtest(self.origins, *sums)


def rolling_origins(
    days: int, horizon: int, step: int, count: int, min_history_days: int
) -> tuple[int, ...]:
    """Forecast origins whose whole horizon lies inside a history, latest first.

    Args:
        days: length of the history.
        horizon: days that are forecast.
        step: days between origins.
        count: maximum number of origins.
        min_history_days: minimum days of history before an origin.
    """
    last = days - horizon
    origins = (last - step * index for index in range(count))
    return tuple(origin for origin in origins if origin >= min_history_days)


def backtest(
    forecaster: Forecaster, history: History, metric: Metric, origins: Sequence[int], horizon: int
) -> Backtest:
    """Forecasts from each origin, given the history before it and the actual spend after it.

    A day without a report has unknown spend: it is forecast at 0 dollars and not scored.
    """
    shape = (len(origins), horizon, len(history.campaigns))
    forecast, actual = np.full(shape, np.nan), np.full(shape, np.nan)
    for index, origin in enumerate(origins):
        future = history.window(origin, origin + horizon)
        days = len(future.dates)
        spend = np.nan_to_num(future.spend)
        forecast[index, :days] = forecaster.forecast(history.window(None, origin), spend, metric)
        actual[index, :days] = getattr(future, metric)
    return Backtest(tuple(origins), forecast, actual)
