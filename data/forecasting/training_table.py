"""The table that learned forecasters learn from: one row an origin, horizon and campaign.

Direct forecasting: what is known of a row is the features at its origin (`features`, which see
no later day), the spend of its own day, the weekday and the horizon. What is learnt is the ratio
of what happened to a base forecaster's expectation, weighted by that expectation: a campaign of
one conversion a month cannot pull what one of fifty a day teaches. Month and quarter are left out:
a history shorter than some years has not seen the months ahead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..history import History
from ..types import Floats
from .features import Features, features_of, trailing_sum, weekday_of
from .forecaster import Forecaster, Metric
from .level import unit_of

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TRENDS = ("ctr", "cpc", "cvr", "roas")
LITTLE = 0.02  # conversions that every expectation is raised by, so that ratios exist
_FEW = 1.0  # conversions in both windows of a trend
NAMES = (
    *_DAYS,
    "horizon",
    "expected",
    "spend_that_day",
    "spend_usual",
    "level_7_to_28",
    "level_28_to_56",
    *(f"{name}_7_to_30" for name in _TRENDS),
    "cvr_to_channel",
    "roas_to_channel",
    "channel_diversity",
)


@dataclass(frozen=True, eq=False)
class TrainingTable:
    """Rows of one or many origins, flat over days and campaigns."""

    rows: Floats  # (rows, features), no NaN
    base: Floats  # (rows,) conversions that the base forecaster expects, > 0
    ratio: Floats  # (rows,) what happened over the base; NaN where it is not known

    def known(self) -> "TrainingTable":
        """Those rows whose outcome is known."""
        told = np.isfinite(self.ratio)
        return TrainingTable(self.rows[told], self.base[told], self.ratio[told])


def training(
    history: History,
    metric: Metric,
    base: Forecaster,
    origins: Sequence[int],
    horizon: int,
) -> TrainingTable:
    """Rows of all origins inside a history; a horizon that reaches beyond its end is cut."""
    table, parts = features_of(history), []
    for origin in origins:
        ahead = history.window(origin, origin + horizon)
        spend = np.nan_to_num(ahead.spend)
        part = _rows(history.window(None, origin), spend, metric, base, table)
        counted = np.asarray(getattr(ahead, metric)).ravel() / unit_of(history, metric)
        parts.append(TrainingTable(part.rows, part.base, counted / part.base))
    columns = ([getattr(part, name) for part in parts] for name in ("rows", "base", "ratio"))
    return TrainingTable(*(np.concatenate(column) for column in columns)).known()


def upcoming(history: History, spend: Floats, metric: Metric, base: Forecaster) -> TrainingTable:
    """Rows of the days after a history."""
    return _rows(history, spend, metric, base, features_of(history))


def _rows(
    history: History, spend: Floats, metric: Metric, base: Forecaster, table: Features
) -> TrainingTable:
    origin, unit = len(history.dates), unit_of(history, metric)
    expected = base.forecast(history, spend, metric) / unit + LITTLE
    columns = _known(history, metric, table, origin, unit) | _ahead(history, spend)
    columns["expected"] = np.log(expected)
    full = [np.broadcast_to(columns[name], spend.shape).ravel() for name in NAMES]
    rows = np.nan_to_num(np.stack(full, axis=1))
    return TrainingTable(rows, expected.ravel(), np.full(spend.size, np.nan))


def _known(
    history: History, metric: Metric, table: Features, origin: int, unit: float
) -> dict[str, Floats]:
    """(campaigns,) what is known at the origin."""
    at = {name: table.of(name)[origin] for name in table.names}
    counted = np.asarray(getattr(history, metric))[-56:] / unit
    days = {window: min(window, len(counted)) for window in (7, 28, 56)}
    means = {
        window: (trailing_sum(counted, window)[-1] + _FEW) / (days[window] + 1) for window in days
    }
    known = {
        "level_7_to_28": np.log(means[7] / means[28]),
        "level_28_to_56": np.log(means[28] / means[56]),
        "channel_diversity": at["channel_diversity"],
    }
    with np.errstate(divide="ignore", invalid="ignore"):
        for name in _TRENDS:
            known[f"{name}_7_to_30"] = _log(at[f"{name}_7"] / at[f"{name}_30"])
        for name in ("cvr", "roas"):
            known[f"{name}_to_channel"] = _log(at[f"{name}_30_to_channel"])
    return known


def _ahead(history: History, spend: Floats) -> dict[str, Floats]:
    """(days, 1 or campaigns) what is known of the days ahead."""
    days = len(spend)
    weekday = weekday_of(history.dates[-1] + 1 + np.arange(days))
    seen, past = np.log(spend + 1.0), np.log(np.nan_to_num(history.spend[-28:]) + 1.0)
    columns: dict[str, Floats] = {
        name: (weekday == at)[:, None].astype(float) for at, name in enumerate(_DAYS)
    }
    columns["horizon"] = np.arange(1.0, days + 1)[:, None]
    columns["spend_that_day"] = seen - seen.mean(0)
    columns["spend_usual"] = seen.mean(0) - past.mean(0)
    return columns


def _log(values: NDArray[np.float64]) -> Floats:
    """Logarithms within e^-3 and e^3; 0 where there is nothing to compare."""
    told = np.isfinite(values) & (values > 0)
    return np.clip(np.log(np.where(told, values, 1.0)), -3.0, 3.0)
