"""A forecaster of five numbers: each campaign's level, its weekdays, and what spend changes.

expected = level x weekday x exp(daily x (x - m) + monthly x m), x = log(spend + $1), m = its mean
over the last four weeks: the day's departure from a campaign's usual spend returns otherwise than
a lasting change does. The level is the exponentially weighted ratio of what was counted to the
rest of the formula; weekdays are ratios to a centred four-week level, drawn to those of all
campaigns. All is closed-form: five months of one advertiser do not carry more.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..history import History
from ..settings import Settings
from ..types import Floats
from .features import trailing_sum, weekday_of
from .forecaster import Forecaster, Metric, backtest, rolling_origins

_MONTH = 28  # days over which spend is usual
_FEW = 5  # forecast days below which there is no correction
_DOLLAR = 1.0
_NOTHING = 1e-12


class LevelSettings(Settings):
    """The keys of `conf/forecasting`'s `level`, where their meaning and defaults are."""

    half_life: Annotated[float, Field(gt=0)]  # days
    daily: Annotated[float, Field(ge=0, le=1)]  # elasticity
    monthly: Annotated[float, Field(ge=0, le=1)]  # elasticity
    weekday_weight: Annotated[float, Field(gt=0)]  # conversions


@dataclass(frozen=True)
class Level:
    """The formula of this file."""

    settings: LevelSettings
    name: str = "level"

    def forecast(self, history: History, spend: Floats, metric: Metric) -> Floats:
        """See `Forecaster`."""
        counted = np.asarray(getattr(history, metric)) / unit_of(history, metric)
        known = np.isfinite(counted)
        counted, days = np.where(known, counted, 0.0), len(counted)
        response = self._response(np.concatenate([np.nan_to_num(history.spend), spend]))
        weekday = weekday_of(history.dates[0] + np.arange(len(response)))
        profile = self._profile(counted, response[:days] * known, weekday[:days])
        shape = profile[weekday] * response
        weight = 0.5 ** (np.arange(days)[::-1, None] / self.settings.half_life) * known
        earned, due = (weight * counted).sum(0), (weight * shape[:days]).sum(0)
        level = earned / np.maximum(due, _NOTHING)
        return np.asarray(level * shape[days:] * unit_of(history, metric))

    def _response(self, spend: Floats) -> Floats:
        """(days, campaigns) what spend multiplies the level by."""
        x = np.log(spend + _DOLLAR)
        seen = np.minimum(np.arange(1, len(x) + 1), _MONTH)[:, None]
        usual = trailing_sum(x, _MONTH)[1:] / seen
        how = self.settings
        return np.asarray(np.exp(how.daily * (x - usual) + how.monthly * usual))

    def _profile(self, counted: Floats, response: Floats, weekday: NDArray[np.intp]) -> Floats:
        """(7, campaigns) weekday multipliers, drawn to those of all campaigns together."""
        level = _centred(counted) / np.maximum(_centred(response), _NOTHING)
        due = level * response
        on = (np.arange(7)[:, None] == weekday).astype(float)  # (7, days)
        counts, expected = on @ counted, on @ due
        ours = counts.sum(1, keepdims=True) / np.maximum(expected.sum(1, keepdims=True), _NOTHING)
        weight = self.settings.weekday_weight
        return np.asarray((counts + weight * ours) / (expected + weight))


@dataclass(frozen=True)
class BiasCorrected:
    """A forecaster times one number for all campaigns, which its latest backtests would have liked.

    The number makes the absolute error of the last `backtests` forecasts least: the weighted
    median of actual over forecast. It turns a mean into a median, which is what the absolute
    error asks for, and follows an advertiser whose level keeps falling. A history too short for
    any backtest leaves the forecast as it is.
    """

    inner: Forecaster
    backtests: int  # 0 for none
    horizon: int  # days of each
    step: int  # days between their origins
    least: int  # days that the earliest knows

    @property
    def name(self) -> str:
        """The inner forecaster's."""
        return self.inner.name

    def forecast(self, history: History, spend: Floats, metric: Metric) -> Floats:
        """See `Forecaster`."""
        days = len(history.dates)
        origins = rolling_origins(days, self.horizon, self.step, self.backtests, self.least)
        expected = self.inner.forecast(history, spend, metric)
        if not origins:
            return expected
        past = backtest(self.inner, history, metric, origins, self.horizon)
        told = past.known & (past.forecast > 0)
        if told.sum() < _FEW:
            return expected
        ratio, weight = past.actual[told] / past.forecast[told], past.forecast[told]
        return np.asarray(expected * weighted_median(ratio, weight))


def unit_of(history: History, metric: Metric) -> float:
    """Dollars of revenue a conversion for `revenue`, else 1: what makes counts of either alike."""
    if metric == "conversions":
        return 1.0
    conversions = float(np.nansum(history.conversions))
    revenue = float(np.nansum(history.revenue))
    return revenue / conversions if conversions > 0 and revenue > 0 else 1.0


def weighted_median(values: Floats, weights: Floats) -> float:
    """The smallest value with half of the weight at or below it."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(share, 0.5 * share[-1])])


def _centred(values: Floats) -> Floats:
    """(days, campaigns) sums over the four weeks around each day."""
    half = _MONTH // 2
    behind, ahead = trailing_sum(values, half), trailing_sum(values[::-1], half)[::-1]
    return np.asarray(behind[:-1] + ahead[:-1])
