"""What a day should have brought, seen from the days around it: spend, weekday and a slow level.

For looking back, not ahead: the level of a day is told by the weeks on both its sides. A campaign's
weekdays and its response to spend (of the day, and of the last four days, as advertising carries
over) are a Poisson regression; the level is a running trimmed mean of what was counted over it, so
that a few odd days do not hide themselves.
"""

from typing import Annotated, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pydantic import Field
from sklearn.linear_model import PoissonRegressor

from ..forecasting import weekday_of
from ..history import DEAD, History
from ..settings import Settings
from ..types import Floats

_CARRIED = 4  # days of spend that may still bring conversions
_WEEKDAY_SD = 0.5  # prior sd of a weekday's log multiplier over that of a slope
_NOTHING = 1e-9


class BaselineSettings(Settings):
    """The keys of `conf/diagnosis`'s `expectation`, where their meaning and defaults are."""

    half_width: Annotated[int, Field(ge=7)]  # days
    trimmed: Annotated[float, Field(ge=0, lt=0.5)]  # share on either side
    ridge: Annotated[float, Field(ge=0)]  # conversions


class Baseline(NamedTuple):
    """What should have been; fields are (days, campaigns)."""

    counted: Floats  # conversions; 0 where not known
    steady: Floats  # by weekday and spend, with one level for the whole history
    expected: Floats  # by weekday, spend and the level of the weeks around
    known: NDArray[np.bool_]  # reported, alive and with spend


def baseline_of(history: History, settings: BaselineSettings) -> Baseline:
    """Expect every campaign-day's conversions from its spend, weekday and surroundings."""
    spend = np.nan_to_num(history.spend)
    known = np.isfinite(history.conversions) & (history.presence != DEAD) & (spend > 0)
    counted = np.where(known, history.conversions, 0.0)
    weekday = weekday_of(history.dates)
    columns = [
        _steady(counted[:, k], spend[:, k], known[:, k], weekday, settings.ridge)
        for k in range(spend.shape[1])
    ]
    steady = np.stack(columns, axis=1)
    level = running_level(counted, steady, known, settings.half_width, settings.trimmed)
    return Baseline(counted, steady, steady * level, known)


def _steady(
    counted: Floats,
    spend: Floats,
    known: NDArray[np.bool_],
    weekday: NDArray[np.intp],
    ridge: float,
) -> Floats:
    """(days,) conversions by weekday and spend; 0 for a campaign that never had any."""
    total = counted[known].sum()
    if total <= 0:
        return np.zeros(len(counted))
    padded = np.concatenate([np.full(_CARRIED - 1, spend[0]), spend])
    carried = sliding_window_view(padded, _CARRIED).mean(axis=1)
    slopes = np.log(np.stack([spend, carried], axis=1) + 1.0)
    rows = np.concatenate(
        [_WEEKDAY_SD * np.eye(7)[weekday], slopes - slopes[known].mean(0)], axis=1
    )
    mean = total / known.sum()
    # scikit-learn divides the likelihood by the number of days and leaves the penalty as it is
    model = PoissonRegressor(alpha=ridge / total, max_iter=300)
    model.fit(rows[known], counted[known] / mean)
    return np.asarray(model.predict(rows) * mean)


def running_level(
    counted: Floats, steady: Floats, known: NDArray[np.bool_], half: int, trimmed: float
) -> Floats:
    """(days, campaigns) trimmed mean of counted over steady in the days around, by weight.

    At both ends the window stays as long and lies to one side.
    """
    days = len(counted)
    width = min(2 * half + 1, days)
    weight = np.where(known & (steady > _NOTHING), steady, 0.0)
    ratio = np.where(weight > 0, counted / np.maximum(steady, _NOTHING), np.inf)
    around, heavy = (sliding_window_view(each, width, axis=0) for each in (ratio, weight))
    order = np.argsort(around, axis=-1)
    around, heavy = (np.take_along_axis(each, order, axis=-1) for each in (around, heavy))
    told = np.isfinite(around).sum(axis=-1, keepdims=True)
    cut = np.floor(trimmed * told)
    position = np.arange(width)
    heavy = np.where((position >= cut) & (position < told - cut), heavy, 0.0)
    sums = (heavy * np.where(np.isfinite(around), around, 0.0)).sum(-1)
    level = sums / np.maximum(heavy.sum(-1), _NOTHING)
    return np.asarray(level[np.clip(np.arange(days) - half, 0, days - width)])
