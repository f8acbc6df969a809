"""What a forecaster is, and those that need no learning library.

A forecaster is given a history and the dollars of all days that follow it, and nothing else of
those days: not their clicks, impressions or conversions.
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
    """Anything that says what known spend will bring."""

    @property
    def name(self) -> str:
        """A short name, unique among those compared."""

    def forecast(self, history: History, spend: Floats, metric: Metric) -> Floats:
        """Expect one metric of the days after a history.

        Args:
            history: all that is known.
            spend: (days, campaigns) dollars of the days after it.
            metric: `conversions`, or `revenue` in dollars.

        Returns:
            (days, campaigns), >= 0.
        """


@dataclass(frozen=True)
class Naive:
    """A rule of `naive.RIVALS` as a forecaster."""

    name: str
    rule: NaiveForecast

    def forecast(self, history: History, spend: Floats, metric: Metric) -> Floats:
        """See `Forecaster`."""
        return self.rule(history, spend, metric)


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts from several origins beside what happened; NaN beyond the end and where missing."""

    origins: tuple[int, ...]  # days of history that each forecast knew
    forecast: Floats  # (origins, days, campaigns)
    actual: Floats  # (origins, days, campaigns)

    @property
    def known(self) -> NDArray[np.bool_]:
        """(origins, days, campaigns) where both sides are numbers."""
        return np.isfinite(self.forecast) & np.isfinite(self.actual)

    def together(self) -> "Backtest":
        """All campaigns as one; a campaign-day that is not known is on neither side."""
        sides = (
            np.where(self.known, side, 0.0).sum(axis=2, keepdims=True)
            for side in (self.forecast, self.actual)
        )
        return Backtest(self.origins, *sides)


def rolling_origins(days: int, horizon: int, step: int, count: int, least: int) -> tuple[int, ...]:
    """Origins whose whole horizon lies inside a history, the latest first.

    Args:
        days: length of the history.
        horizon: days that are forecast.
        step: days between origins.
        count: how many at most.
        least: days that a forecast must know at least.
    """
    last = days - horizon
    return tuple(origin for origin in (last - step * at for at in range(count)) if origin >= least)


def backtest(
    forecaster: Forecaster, history: History, metric: Metric, origins: Sequence[int], horizon: int
) -> Backtest:
    """Forecast from each origin with what was known there and the spend that followed.

    A day without a report has unknown spend; it is forecast at 0 dollars and not scored.
    """
    shape = (len(origins), horizon, len(history.campaigns))
    forecast, actual = np.full(shape, np.nan), np.full(shape, np.nan)
    for at, origin in enumerate(origins):
        ahead = history.window(origin, origin + horizon)
        days = len(ahead.dates)
        spend = np.nan_to_num(ahead.spend)
        forecast[at, :days] = forecaster.forecast(history.window(None, origin), spend, metric)
        actual[at, :days] = getattr(ahead, metric)
    return Backtest(tuple(origins), forecast, actual)
