"""Training table of the learned forecasters: one row per origin, horizon and campaign.

Direct forecasting: a row holds the features at its origin (`features`, which use no later day),
the spend of its own day, the weekday and the horizon. The target is the ratio of the actual to a
base forecast, weighted by that forecast, so that a campaign with one conversion per month cannot
outweigh one with fifty per day. Month and quarter are left out: histories shorter than a few years
have not seen the months ahead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..history import History
from ..types import Floats
from .features import Features, features_of, trailing_sum, weekdays_of_dates
from .forecaster import Forecaster, Metric
from .level import unit_of

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TREND_RATIOS = ("ctr", "cpc", "cvr", "roas")
BASE_OFFSET = 0.02  # conversions added to every base forecast, so that ratios to it are finite
_PSEUDO_CONVERSIONS = 1.0  # added, as one extra day, to both windows of a level trend
_USUAL_SPEND_DAYS = 28
_MAX_LOG_RATIO = 3.0
FEATURE_NAMES = (
    *_WEEKDAYS,
    "horizon",
    "expected",
    "spend_that_day",
    "spend_usual",
    "level_7_to_28",
    "level_28_to_56",
    *(f"{name}_7_to_30" for name in _TREND_RATIOS),
    "cvr_to_channel",
    "roas_to_channel",
    "channel_diversity",
)


@dataclass(frozen=True, eq=False)
class TrainingTable:
    """Rows of one or many origins, flat over days and campaigns."""

    features: Floats  # (rows, features) in the order of FEATURE_NAMES, no NaN
    base: Floats  # (rows,) base forecast plus BASE_OFFSET, conversions
    ratio: Floats  # (rows,) actual over base; NaN where it is not observed

    def with_outcomes(self) -> "TrainingTable":
        """The rows whose outcome is observed."""
        observed = np.isfinite(self.ratio)
        return TrainingTable(self.features[observed], self.base[observed], self.ratio[observed])


def training_table_of(
    history: History,
    metric: Metric,
    base: Forecaster,
    origins: Sequence[int],
    horizon: int,
) -> TrainingTable:
    """Rows with observed outcomes from all origins; horizons end with the history at the latest."""
    features, tables = features_of(history), []
    for origin in origins:
        future = history.window(origin, origin + horizon)
        spend = np.nan_to_num(future.spend)
        table = _table(history.window(None, origin), spend, metric, base, features)
        counts = np.asarray(getattr(future, metric)).ravel() / unit_of(history, metric)
        tables.append(TrainingTable(table.features, table.base, counts / table.base))
    columns = ([getattr(table, name) for table in tables] for name in ("features", "base", "ratio"))
    return TrainingTable(*(np.concatenate(column) for column in columns)).with_outcomes()


def future_table(
    history: History, spend: Floats, metric: Metric, base: Forecaster
) -> TrainingTable:
    """Rows of the days after a history, with unknown ratios."""
    return _table(history, spend, metric, base, features_of(history))


def _table(
    history: History, spend: Floats, metric: Metric, base: Forecaster, features: Features
) -> TrainingTable:
    """Rows of one origin, the end of the history."""
    unit = unit_of(history, metric)
    expected = base.forecast(history, spend, metric) / unit + BASE_OFFSET
    columns = _origin_features(history, metric, features, unit) | _day_features(history, spend)
    columns["expected"] = np.log(expected)
    full = [np.broadcast_to(columns[name], spend.shape).ravel() for name in FEATURE_NAMES]
    rows = np.nan_to_num(np.stack(full, axis=1))
    return TrainingTable(rows, expected.ravel(), np.full(spend.size, np.nan))


def _origin_features(
    history: History, metric: Metric, features: Features, unit: float
) -> dict[str, Floats]:
    """(campaigns,) features at the origin, equal for all days of the horizon."""
    origin = len(history.dates)
    at_origin = {name: features.of(name)[origin] for name in features.names}
    counts = np.asarray(getattr(history, metric))[-56:] / unit
    days = {window: min(window, len(counts)) for window in (7, 28, 56)}
    means = {
        window: (trailing_sum(counts, window)[-1] + _PSEUDO_CONVERSIONS) / (days[window] + 1)
        for window in days
    }
    columns = {
        "level_7_to_28": np.log(means[7] / means[28]),
        "level_28_to_56": np.log(means[28] / means[56]),
        "channel_diversity": at_origin["channel_diversity"],
    }
    with np.errstate(divide="ignore", invalid="ignore"):
        for name in _TREND_RATIOS:
            columns[f"{name}_7_to_30"] = _log_ratio(
                at_origin[f"{name}_7"] / at_origin[f"{name}_30"]
            )
        for name in ("cvr", "roas"):
            columns[f"{name}_to_channel"] = _log_ratio(at_origin[f"{name}_30_to_channel"])
    return columns


def _day_features(history: History, spend: Floats) -> dict[str, Floats]:
    """(days, 1 or campaigns) features of the days of the horizon: calendar and spend."""
    days = len(spend)
    weekday = weekdays_of_dates(history.dates[-1] + 1 + np.arange(days))
    future = np.log(spend + 1.0)
    past = np.log(np.nan_to_num(history.spend[-_USUAL_SPEND_DAYS:]) + 1.0)
    columns: dict[str, Floats] = {
        name: (weekday == index)[:, None].astype(float) for index, name in enumerate(_WEEKDAYS)
    }
    columns["horizon"] = np.arange(1.0, days + 1)[:, None]
    columns["spend_that_day"] = future - future.mean(0)
    columns["spend_usual"] = future.mean(0) - past.mean(0)
    return columns


def _log_ratio(ratio: NDArray[np.float64]) -> Floats:
    """Logarithms clipped to [-3, 3]; 0 where the ratio is not defined."""
    defined = np.isfinite(ratio) & (ratio > 0)
    return np.clip(np.log(np.where(defined, ratio, 1.0)), -_MAX_LOG_RATIO, _MAX_LOG_RATIO)
