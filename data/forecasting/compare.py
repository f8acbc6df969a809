"""Comparison of forecasters by rolling cross-validation, and the forecast of the best one.

Every forecaster is refitted at every origin on the history before it, and receives the spend of
the days after it, never their clicks, impressions, conversions or revenue.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
from pydantic import Field

from ..errors import ConfigError, data_error
from ..history import History
from ..settings import Settings
from ..types import Floats, Progress
from .conformal import Interval, intervals, month_range
from .forecaster import METRICS, Backtest, Forecaster, Metric, Naive, backtest, rolling_origins
from .importance import contributions, permutation
from .level import BiasCorrected, Level, LevelSettings, unit_of
from .metrics import Scores, scores_of
from .naive import NAIVE_FORECASTS
from .regressors import (
    BoostingSettings,
    ForestSettings,
    GradientBoosting,
    LearnedForecaster,
    LearningSettings,
    NetSettings,
    NeuralNet,
    RandomForest,
    Regressor,
    xgboost_is_installed,
)
from .training_table import training_table_of

Count = Annotated[int, Field(ge=1)]
REGRESSORS = ("random_forest", "xgboost", "net")
BUILT_IN = (*NAIVE_FORECASTS, "level", *REGRESSORS)
_IMPORTANCE_STEP = 3  # days between the origins of the rows that are permuted


class OriginSettings(Settings):
    """Origins of backtests."""

    origins: Annotated[int, Field(ge=0)]  # maximum number of origins
    step: Count  # days from one origin to the next
    least: Count  # minimum days of history before an origin


class ForecastingSettings(Settings):
    """Settings of `conf/forecasting`, whose YAML documents each key and its default."""

    horizon: Count  # days that are forecast
    coverage: Annotated[float, Field(gt=0, lt=1)]
    forecasters: Annotated[tuple[str, ...], Field(min_length=1)]
    chosen: str  # auto, or one of the forecasters
    validation: OriginSettings
    errors: OriginSettings
    level: LevelSettings
    correction: OriginSettings
    learning: LearningSettings
    random_forest: ForestSettings
    xgboost: BoostingSettings
    net: NetSettings
    shuffles: Count


@dataclass(frozen=True, eq=False)
class Outlook:
    """Forecast of one metric with prediction intervals."""

    expected: Floats  # (days, campaigns)
    interval: Interval  # (days, campaigns)
    total_interval: Interval  # (days, 1) of all campaigns together
    # smallest and largest ratio of actual to forecast totals in the backtests, (campaigns + 1,),
    # the last one for all campaigns together; NaN with too few backtests
    lowest_ratio: Floats
    highest_ratio: Floats
    backtests: int  # month-long forecasts behind intervals and ratios


@dataclass(frozen=True, eq=False)
class Comparison:
    """Scores of all forecasters in the same cross-validation."""

    origins: tuple[int, ...]  # days of history before each origin
    scores: Mapping[str, Mapping[Metric, Scores]]  # scores by forecaster and metric
    chosen: str


def forecasters_of(
    settings: ForecastingSettings, plugged: Mapping[str, Forecaster]
) -> tuple[dict[str, Forecaster], tuple[str, ...]]:
    """Forecasters that the settings list.

    Args:
        settings: settings of all built-in forecasters, and the list of names.
        plugged: forecasters from elsewhere by name, such as the calibrated simulator.

    Returns:
        Forecasters by name in the order of the settings, and a note for each that was left out.

    Raises:
        ConfigError: a name is unknown, or the chosen forecaster is not among the listed ones.
    """
    allowed = (*BUILT_IN, *plugged)
    forecasters: dict[str, Forecaster] = {}
    notes = []
    for name in settings.forecasters:
        if name not in allowed:
            raise ConfigError(
                f"forecasting.forecasters: got {name!r}. Allowed: {', '.join(allowed)}. To fix: "
                "change the name or remove it."
            )
        if name == "xgboost" and not xgboost_is_installed():
            notes.append(
                "xgboost: left out of the comparison, as it is not installed; to install it: "
                "pip install 'mediagym[boosting]'."
            )
            continue
        forecasters[name] = plugged[name] if name in plugged else _built_in(name, settings)
    if settings.chosen not in ("auto", *forecasters):
        raise ConfigError(
            f"forecasting.chosen: got {settings.chosen!r}. Allowed: auto, "
            f"{', '.join(forecasters)}. To fix: change the name or add it to "
            "forecasting.forecasters."
        )
    return forecasters, tuple(notes)


def level_forecaster(settings: ForecastingSettings) -> Forecaster:
    """Bias-corrected level forecaster, which is also the base of the learned forecasters."""
    correction = settings.correction
    return BiasCorrected(
        Level(settings.level),
        correction.origins,
        settings.horizon,
        correction.step,
        correction.least,
    )


def _built_in(name: str, settings: ForecastingSettings) -> Forecaster:
    if name in NAIVE_FORECASTS:
        return Naive(name, NAIVE_FORECASTS[name])
    if name == "level":
        return level_forecaster(settings)
    return _learned(name, settings)


def _learned(name: str, settings: ForecastingSettings) -> LearnedForecaster:
    regressors: Mapping[str, Callable[[int], Regressor]] = {
        "random_forest": partial(RandomForest, settings.random_forest),
        "xgboost": partial(GradientBoosting, settings.xgboost),
        "net": partial(NeuralNet, settings.net),
    }
    base = level_forecaster(settings)
    return LearnedForecaster(name, regressors[name], base, settings.learning, settings.horizon)


def compare(
    history: History,
    forecasters: Mapping[str, Forecaster],
    settings: ForecastingSettings,
    progress: Progress = lambda _: None,
) -> Comparison:
    """Scores of all forecasters from the same origins, and the one chosen.

    Args:
        history: everything observed so far.
        forecasters: forecasters by name.
        settings: origins of the cross-validation, horizon and choice.
        progress: called with a progress message per forecaster.

    Raises:
        DataError: the history is too short for a single origin.
    """
    validation, days = settings.validation, len(history.dates)
    origins = _origins(history, settings, validation)
    if not origins:
        raise data_error(
            "forecasting",
            f"the history has {days} days, too few to test a forecast on",
            f"at least {validation.least + settings.horizon} days",
            "export a longer period",
            setting="lower forecasting.validation.least or forecasting.horizon, whose sum that is",
        )
    scores = {}
    for name, forecaster in forecasters.items():
        progress(f"testing {name}")
        scores[name] = {
            metric: scores_of(backtest(forecaster, history, metric, origins, settings.horizon))
            for metric in METRICS
        }
    chosen = settings.chosen
    if chosen == "auto":
        chosen = min(scores, key=lambda name: error_of(scores[name]))
    return Comparison(origins, scores, chosen)


def error_of(scores: Mapping[Metric, Scores]) -> float:
    """Selection criterion: WAPE over all campaigns, summed over the metrics.

    A metric whose actuals sum to 0 has no WAPE and is ignored.
    """
    return float(np.nansum([score.wape[-1] for score in scores.values()]))


def interval_backtests(
    forecaster: Forecaster, history: History, metric: Metric, settings: ForecastingSettings
) -> Backtest:
    """Backtests whose errors make the prediction intervals."""
    origins = _origins(history, settings, settings.errors)
    return backtest(forecaster, history, metric, origins, settings.horizon)


def look_ahead(
    history: History,
    spend: Floats,
    forecaster: Forecaster,
    metric: Metric,
    settings: ForecastingSettings,
) -> Outlook:
    """Forecast of the days after a history with prediction intervals.

    Args:
        history: everything observed so far.
        spend: (days, campaigns) dollars on the days after the history.
        forecaster: the chosen one.
        metric: the metric to forecast.
        settings: coverage and backtests of the intervals.
    """
    past = interval_backtests(forecaster, history, metric, settings)
    expected = forecaster.forecast(history, spend, metric)
    coverage, unit = settings.coverage, unit_of(history, metric)
    lowest_ratio, highest_ratio = month_range(past, unit)
    return Outlook(
        expected=expected,
        interval=intervals(past, expected, coverage, unit),
        total_interval=intervals(past.total(), expected.sum(axis=1, keepdims=True), coverage, unit),
        lowest_ratio=lowest_ratio,
        highest_ratio=highest_ratio,
        backtests=len(past.origins),
    )


def importances(
    history: History, settings: ForecastingSettings, metric: Metric = "conversions"
) -> dict[str, dict[str, float]]:
    """Feature importances of the learned forecasters in the settings, by forecaster and feature.

    Each is fitted without the last horizon and permuted within it. `xgboost_contributions` are the
    exact contributions of the trees on the same rows. Empty if nothing was counted there.
    """
    days, horizon = len(history.dates), settings.horizon
    before = history.window(None, days - horizon)
    base = level_forecaster(settings)
    origins = range(days - horizon, days, _IMPORTANCE_STEP)
    held_out = training_table_of(history, metric, base, origins, horizon)
    features: dict[str, dict[str, float]] = {}
    if held_out.ratio.sum() <= 0:
        return features
    for name in REGRESSORS:
        if name not in settings.forecasters or (name == "xgboost" and not xgboost_is_installed()):
            continue
        fitted = _learned(name, settings).fit(before, metric)
        if fitted is None:
            continue
        regressor, seed = fitted[0], settings.learning.seed
        features[name] = permutation(regressor, held_out, settings.shuffles, seed)
        if isinstance(regressor, GradientBoosting):
            features[f"{name}_contributions"] = contributions(regressor, held_out)
    return features


def _origins(
    history: History, settings: ForecastingSettings, backtests: OriginSettings
) -> tuple[int, ...]:
    days = len(history.dates)
    return rolling_origins(
        days, settings.horizon, backtests.step, backtests.origins, backtests.least
    )
