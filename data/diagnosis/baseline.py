"""Baseline: expected conversions of each campaign-day from spend, weekday and a slow level.

The baseline looks back, not ahead: the level of a day comes from the weeks on both sides of it.
Weekday effects and the response to spend (of the day, and of the last four days because of
carryover) are a Poisson regression per campaign. The level is a running trimmed mean of counts over
that regression, so that a few anomalous days do not mask themselves.
"""

from typing import Annotated, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pydantic import Field

from ..forecasting import weekdays_of_dates
from ..history import DEAD, History
from ..settings import Settings
from ..types import Floats

_CARRYOVER_DAYS = 4  # days of spend that may still bring conversions
_WEEKDAY_SCALE = 0.5  # prior sd of a weekday's log multiplier over that of a slope
_MIN_DENOMINATOR = 1e-9


class BaselineSettings(Settings):
    """Settings of the baseline: the keys of `expectation` in `conf/diagnosis`."""

    half_width: Annotated[int, Field(ge=7)]  # days of the level's window on either side
    trimmed: Annotated[float, Field(ge=0, lt=0.5)]  # share of days trimmed on either side
    ridge: Annotated[float, Field(ge=0)]  # conversions


class Baseline(NamedTuple):
    """Counts and expected conversions; every field is (days, campaigns)."""

    counted: Floats  # conversions; 0 where not usable
    steady: Floats  # expected from weekday and spend, with one level for the whole history
    expected: Floats  # expected from weekday, spend and the level of the weeks around
    usable: NDArray[np.bool_]  # reported, alive and with spend


def baseline_of(history: History, settings: BaselineSettings) -> Baseline:
    """Baseline of every campaign-day of a history."""
    spend = np.nan_to_num(history.spend)
    usable = np.isfinite(history.conversions) & (history.presence != DEAD) & (spend > 0)
    counted = np.where(usable, history.conversions, 0.0)
    weekday = weekdays_of_dates(history.dates)
    columns = [
        _regression(counted[:, k], spend[:, k], usable[:, k], weekday, settings.ridge)
        for k in range(spend.shape[1])
    ]
    steady = np.stack(columns, axis=1)
    level = running_level(counted, steady, usable, settings)
    return Baseline(counted, steady, steady * level, usable)


def _regression(
    counted: Floats,
    spend: Floats,
    usable: NDArray[np.bool_],
    weekday: NDArray[np.intp],
    ridge: float,
) -> Floats:
    """(days,) conversions expected from weekday and spend; 0 for a campaign without any."""
    from sklearn.linear_model import PoissonRegressor  # slow to import: only when it is needed

    total = counted[usable].sum()
    if total <= 0:
        return np.zeros(len(counted))
    padded = np.concatenate([np.full(_CARRYOVER_DAYS - 1, spend[0]), spend])
    recent = sliding_window_view(padded, _CARRYOVER_DAYS).mean(axis=1)
    log_spend = np.log(np.stack([spend, recent], axis=1) + 1.0)
    features = np.concatenate(
        [_WEEKDAY_SCALE * np.eye(7)[weekday], log_spend - log_spend[usable].mean(0)], axis=1
    )
    mean = total / usable.sum()
    # scikit-learn divides the log likelihood, but not the penalty, by the number of days
    model = PoissonRegressor(alpha=ridge / total, max_iter=300)
    model.fit(features[usable], counted[usable] / mean)
    return np.asarray(model.predict(features) * mean)


def running_level(
    counted: Floats, steady: Floats, usable: NDArray[np.bool_], settings: BaselineSettings
) -> Floats:
    """(days, campaigns) weighted trimmed mean of counted / steady in a window around each day.

    At both ends the window keeps its length and lies to one side.
    """
    days, half = len(counted), settings.half_width
    width = min(2 * half + 1, days)
    weight = np.where(usable & (steady > _MIN_DENOMINATOR), steady, 0.0)
    ratio = np.where(weight > 0, counted / np.maximum(steady, _MIN_DENOMINATOR), np.inf)
    ratios, weights = (sliding_window_view(values, width, axis=0) for values in (ratio, weight))
    order = np.argsort(ratios, axis=-1)
    ratios, weights = (np.take_along_axis(values, order, axis=-1) for values in (ratios, weights))
    count = np.isfinite(ratios).sum(axis=-1, keepdims=True)
    trimmed = np.floor(settings.trimmed * count)
    rank = np.arange(width)
    weights = np.where((rank >= trimmed) & (rank < count - trimmed), weights, 0.0)
    sums = (weights * np.where(np.isfinite(ratios), ratios, 0.0)).sum(-1)
    level = sums / np.maximum(weights.sum(-1), _MIN_DENOMINATOR)
    return np.asarray(level[np.clip(np.arange(days) - half, 0, days - width)])
