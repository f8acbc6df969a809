"""The forecast of the days ahead: forecasters compared by rolling cross-validation, one chosen.

Every forecaster is fitted again at every origin on what was known there and is given the spend of
the days that followed, never their clicks, impressions, conversions or revenue.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from ..errors import ConfigError, data_error
from ..history import History
from ..settings import Settings
from ..types import Floats
from .conformal import Interval, intervals, month_range
from .forecaster import METRICS, Backtest, Forecaster, Metric, Naive, backtest, rolling_origins
from .importance import contributions, permutation
from .level import BiasCorrected, Level, LevelSettings, unit_of
from .metrics import Scores, scores_of
from .naive import NAIVE_FORECASTS
from .regressors import (
    Boosted,
    BoostingSettings,
    ForestSettings,
    Learned,
    LearningSettings,
    NetSettings,
    boosted,
    boosting_is_here,
    forest,
    net,
)
from .training_table import training

Count = Annotated[int, Field(ge=1)]
LEARNERS = ("random_forest", "xgboost", "net")
OWN = (*NAIVE_FORECASTS, "level", *LEARNERS)


class OriginSettings(Settings):
    """Where backtests start."""

    origins: Annotated[int, Field(ge=0)]
    step: Count  # days
    least: Count  # days


class ForecastingSettings(Settings):
    """The keys of `conf/forecasting`, where their meaning and defaults are."""

    horizon: Count  # days
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
    """What is expected of one metric, with its intervals."""

    expected: Floats  # (days, campaigns)
    interval: Interval
    together: Interval  # (days, 1) of all campaigns
    least: Floats  # (campaigns + 1,) least of actual over forecast month totals in the backtests
    most: Floats  # (campaigns + 1,) the most
    backtests: int  # month-long forecasts behind intervals and range


@dataclass(frozen=True, eq=False)
class Comparison:
    """Every forecaster's scores in the same cross-validation."""

    origins: tuple[int, ...]  # days of history that each knew
    scores: Mapping[str, Mapping[Metric, Scores]]  # by forecaster
    chosen: str


def forecasters_of(
    settings: ForecastingSettings, plugged: Mapping[str, Forecaster]
) -> tuple[dict[str, Forecaster], tuple[str, ...]]:
    """Make the forecasters that are asked for.

    Args:
        settings: of all of them.
        plugged: forecasters from elsewhere by name, such as the calibrated simulator.

    Returns:
        Forecasters by name in the order asked for, and a note for each that was left out.

    Raises:
        ConfigError: for a name that is none.
    """
    known = (*OWN, *plugged)
    found: dict[str, Forecaster] = {}
    notes = []
    for name in settings.forecasters:
        if name not in known:
            raise ConfigError(
                f"forecasting.forecasters: got {name!r}. Allowed: {', '.join(known)}. Change it "
                "or leave it out."
            )
        if name == "xgboost" and not boosting_is_here():
            notes.append(
                "xgboost: left out of the comparison, as it is not installed; "
                "pip install 'mediagym[boosting]' brings it."
            )
            continue
        found[name] = plugged[name] if name in plugged else _own(name, settings)
    if settings.chosen not in ("auto", *found):
        raise ConfigError(
            f"forecasting.chosen: got {settings.chosen!r}. Allowed: auto, {', '.join(found)}. "
            "Change it or add it to forecasting.forecasters."
        )
    return found, tuple(notes)


def level_of(settings: ForecastingSettings) -> Forecaster:
    """The level forecaster with its correction, which is also what the learners correct."""
    how = settings.correction
    inner = Level(settings.level)
    return BiasCorrected(inner, how.origins, settings.horizon, how.step, how.least)


def _own(name: str, settings: ForecastingSettings) -> Forecaster:
    if name in NAIVE_FORECASTS:
        return Naive(name, NAIVE_FORECASTS[name])
    base = level_of(settings)
    if name == "level":
        return base
    model = {
        "random_forest": forest(settings.random_forest),
        "xgboost": boosted(settings.xgboost),
        "net": net(settings.net),
    }[name]
    return Learned(name, model, base, settings.learning, settings.horizon)


def compare(
    history: History,
    forecasters: Mapping[str, Forecaster],
    settings: ForecastingSettings,
    say: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Score all of them from the same origins and choose one; `say` is told of each.

    Raises:
        DataError: the history is too short for a single origin.
    """
    how = settings.validation
    days = len(history.dates)
    origins = rolling_origins(days, settings.horizon, how.step, how.origins, how.least)
    if not origins:
        raise data_error(
            "forecasting",
            f"the history has {days} days, of which no forecast can be tested",
            f"at least {how.least + settings.horizon} days (forecasting.validation.least and "
            "forecasting.horizon)",
            "export a longer period, or lower one of them",
        )
    scores = {}
    for name, each in forecasters.items():
        say(f"testing {name}")
        scores[name] = {
            metric: scores_of(backtest(each, history, metric, origins, settings.horizon))
            for metric in METRICS
        }
    chosen = settings.chosen
    if chosen == "auto":
        chosen = min(scores, key=lambda name: error_of(scores[name]))
    return Comparison(origins, scores, chosen)


def error_of(scores: Mapping[Metric, Scores]) -> float:
    """The WAPE of all campaigns, both metrics together: what forecasters are chosen by.

    A metric of which nothing came has none and does not count.
    """
    return float(np.nansum([each.wape[-1] for each in scores.values()]))


def errors_of(
    forecaster: Forecaster, history: History, metric: Metric, settings: ForecastingSettings
) -> Backtest:
    """The backtests that intervals are made of."""
    how, days = settings.errors, len(history.dates)
    origins = rolling_origins(days, settings.horizon, how.step, how.origins, how.least)
    return backtest(forecaster, history, metric, origins, settings.horizon)


def look_ahead(
    history: History,
    spend: Floats,
    forecaster: Forecaster,
    metric: Metric,
    settings: ForecastingSettings,
) -> Outlook:
    """Forecast the days after a history with intervals.

    Args:
        history: all that is known.
        spend: (days, campaigns) dollars of the days after it.
        forecaster: the chosen one.
        metric: what is forecast.
        settings: of the intervals.
    """
    past = errors_of(forecaster, history, metric, settings)
    expected = forecaster.forecast(history, spend, metric)
    coverage, unit = settings.coverage, unit_of(history, metric)
    return Outlook(
        expected,
        intervals(past, expected, coverage, unit),
        intervals(past.together(), expected.sum(axis=1, keepdims=True), coverage, unit),
        *month_range(past, unit),
        len(past.origins),
    )


def importances(
    history: History, settings: ForecastingSettings, metric: Metric = "conversions"
) -> dict[str, dict[str, float]]:
    """What each learner that was asked for makes use of, by learner and feature.

    Learnt without the last horizon and permuted inside it. `xgboost_contributions` are the exact
    ones of the trees, on the same rows.
    """
    days, horizon = len(history.dates), settings.horizon
    before = history.window(None, days - horizon)
    base = level_of(settings)
    late = training(history, metric, base, range(days - horizon, days, 3), horizon)
    found: dict[str, dict[str, float]] = {}
    if late.ratio.sum() <= 0:
        return found
    for name in LEARNERS:
        if name not in settings.forecasters or (name == "xgboost" and not boosting_is_here()):
            continue
        learner = _own(name, settings)
        assert isinstance(learner, Learned)  # noqa: S101  # as all of LEARNERS
        fitted = learner.fit(before, metric)
        if fitted is None:
            continue
        seed = settings.learning.seed
        found[name] = permutation(fitted[0], late, settings.shuffles, seed)
        if isinstance(fitted[0], Boosted):
            found[f"{name}_contributions"] = contributions(fitted[0], late)
    return found


def unseen(history: History, spend: Floats) -> list[str]:
    """Campaigns whose mean spend ahead is above any day of the history: extrapolated."""
    most = np.nan_to_num(history.spend).max(axis=0)
    above = spend.mean(axis=0) > most
    return [name for name, is_above in zip(history.names, above, strict=True) if is_above]
