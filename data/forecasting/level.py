"""Level forecaster in closed form: exponential smoothing with weekday and spend effects.

expected = level x weekday x exp(daily x (x - m) + monthly x m), x = log(spend + $1), m = its mean
over the last four weeks: a one-day departure from usual spend has another elasticity than a
lasting change. The level is the exponentially weighted ratio of counts to the rest of the formula;
weekday multipliers are ratios to a centred four-week level, shrunk towards those of all campaigns.
It has few parameters because a few months of one advertiser do not identify more.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..history import History
from ..settings import Settings
from ..types import Floats
from .features import trailing_sum, weekdays_of_dates
from .forecaster import Forecaster, Metric, backtest, rolling_origins

_USUAL_SPEND_DAYS = 28  # window of the mean log spend, and of the centred level
_MIN_SCORED_DAYS = 5  # scored campaign-days below which there is no correction
_LOG_OFFSET = 1.0  # dollars
_MIN_DENOMINATOR = 1e-12


class LevelSettings(Settings):
    """Settings of the level forecaster: the keys of `level` in `conf/forecasting`."""

    half_life: Annotated[float, Field(gt=0)]  # half-life of the level's weights, days
    daily: Annotated[float, Field(ge=0, le=1)]  # elasticity to a day's departure from usual spend
    monthly: Annotated[float, Field(ge=0, le=1)]  # elasticity to usual spend
    weekday_weight: Annotated[float, Field(gt=0)]  # weight of the common profile, conversions


@dataclass(frozen=True)
class Level:
    """Forecaster with the formula of this module."""

    settings: LevelSettings
    name: str = "level"

    def forecast(self, history: History, spend: Floats, metric: Metric) -> Floats:
        """See `Forecaster`."""
        unit = unit_of(history, metric)
        counts = np.asarray(getattr(history, metric)) / unit
        observed = np.isfinite(counts)
        counts, days = np.where(observed, counts, 0.0), len(counts)
        response = self._response(np.concatenate([np.nan_to_num(history.spend), spend]))
        weekday = weekdays_of_dates(history.dates[0] + np.arange(len(response)))
        profile = self._weekday_profile(counts, response[:days] * observed, weekday[:days])
        shape = profile[weekday] * response
        weight = 0.5 ** (np.arange(days)[::-1, None] / self.settings.half_life) * observed
        numerator, denominator = (weight * counts).sum(0), (weight * shape[:days]).sum(0)
        level = numerator / np.maximum(denominator, _MIN_DENOMINATOR)
        return np.asarray(level * shape[days:] * unit)

    def _response(self, spend: Floats) -> Floats:
        """(days, campaigns) factor of spend in the formula."""
        x = np.log(spend + _LOG_OFFSET)
        window = np.minimum(np.arange(1, len(x) + 1), _USUAL_SPEND_DAYS)[:, None]
        usual = trailing_sum(x, _USUAL_SPEND_DAYS)[1:] / window
        settings = self.settings
        return np.asarray(np.exp(settings.daily * (x - usual) + settings.monthly * usual))

    def _weekday_profile(
        self, counts: Floats, response: Floats, weekday: NDArray[np.intp]
    ) -> Floats:
        """(7, campaigns) weekday multipliers, shrunk towards those of all campaigns together."""
        level = _centred_sum(counts) / np.maximum(_centred_sum(response), _MIN_DENOMINATOR)
        is_weekday = (np.arange(7)[:, None] == weekday).astype(float)  # (7, days)
        totals, expected = is_weekday @ counts, is_weekday @ (level * response)
        common = totals.sum(1, keepdims=True) / np.maximum(
            expected.sum(1, keepdims=True), _MIN_DENOMINATOR
        )
        weight = self.settings.weekday_weight
        return np.asarray((totals + weight * common) / (expected + weight))


@dataclass(frozen=True)
class BiasCorrected:
    """Scales a forecaster by the factor that minimises its recent absolute backtest error.

    The factor, one for all campaigns, is the weighted median of actual over forecast in the last
    `backtests` backtests. It turns a mean forecast into a median one, which minimises the absolute
    error, and follows a level that keeps falling. A history too short for any backtest leaves the
    forecast unchanged.
    """

    inner: Forecaster
    backtests: int  # maximum number of backtests; 0 for no correction
    horizon: int  # days of each backtest
    step: int  # days between origins
    min_history_days: int  # days of history before an origin, >= 1

    @property
    def name(self) -> str:
        """Name of the inner forecaster."""
        return self.inner.name

    def forecast(self, history: History, spend: Floats, metric: Metric) -> Floats:
        """See `Forecaster`."""
        days = len(history.dates)
        origins = rolling_origins(
            days, self.horizon, self.step, self.backtests, self.min_history_days
        )
        expected = self.inner.forecast(history, spend, metric)
        if not origins:
            return expected
        past = backtest(self.inner, history, metric, origins, self.horizon)
        usable = past.scored & (past.forecast > 0)
        if usable.sum() < _MIN_SCORED_DAYS:
            return expected
        ratio, weight = past.actual[usable] / past.forecast[usable], past.forecast[usable]
        return np.asarray(expected * weighted_median(ratio, weight))


def unit_of(history: History, metric: Metric) -> float:
    """Value of one event: mean dollars per conversion for `revenue`, 1 for `conversions`.

    Divided by it, both metrics are counts of comparable size.
    """
    if metric == "conversions":
        return 1.0
    conversions = float(np.nansum(history.conversions))
    revenue = float(np.nansum(history.revenue))
    return revenue / conversions if conversions > 0 and revenue > 0 else 1.0


def weighted_median(values: Floats, weights: Floats) -> float:
    """Smallest value with at least half of the weight at or below it."""
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(cumulative, 0.5 * cumulative[-1])])


def _centred_sum(values: Floats) -> Floats:
    """(days, campaigns) sums over the four weeks around each day."""
    half = _USUAL_SPEND_DAYS // 2
    before, after = trailing_sum(values, half), trailing_sum(values[::-1], half)[::-1]
    return np.asarray(before[:-1] + after[:-1])
