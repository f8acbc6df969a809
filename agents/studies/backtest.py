"""Backtest from rolling origins: the calibration's forecasts, given the spend that followed.

From day 90 on, every fourteen days, the model is calibrated on the days so far and forecasts the
next thirty, given their spend, beside naive forecasts of the same days. The latest horizon, which
ends with the history, is scored on its own.
"""

from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from ...data.errors import ConfigError, DataError
from ...data.exports import DataSettings
from ...data.forecasting import NAIVE_FORECASTS, Verification, days_needed, naive_draws, verify
from ...data.history import MISSING, History
from ...data.settings import Command, Seed, Settings
from ...data.types import Floats
from ...data.units import fill_missing_conversions, load_history
from ...envs.calibration import CalibrationSettings, Priors, calibrate, predict
from ...envs.market import ObjectiveSettings
from ..processes import results_of

Count = Annotated[int, Field(ge=1, le=36_600)]
COVERAGES = ("coverage50", "coverage90", "campaign_coverage90", "total_coverage90")
_MIN_ERRORS = 20  # past horizons; fewer have no 5 % quantile


class BacktestSettings(Settings):
    """The group ``backtest`` of ``conf/backtest.yaml``."""

    first: Annotated[int, Field(ge=28, le=36_600)]  # days of history at the first origin
    start: date | None  # first day of the first horizon at the earliest; None: no limit
    every: Count  # days from one origin to the next
    maximum: Count | None  # most rolling origins, of which the latest count; None: all
    horizon: Annotated[int, Field(ge=1, le=366)]  # days that are forecast
    seed: Seed  # seed of demand paths and counts
    workers: Annotated[int, Field(ge=1, le=1024)] | None  # processes; None: one per core
    goals: dict[str, dict[str, str]]  # targets by score, for ``origins`` and for ``latest``


class BacktestCommand(Command):
    """Options of ``scripts/backtest.py``."""

    data: DataSettings
    priors: Priors
    calibration: CalibrationSettings
    objective: ObjectiveSettings
    backtest: BacktestSettings
    output: Path | None

    @model_validator(mode="after")
    def _without_journeys(self) -> Self:
        """Refuse settings with which a forecast would see the days after its origin."""
        if self.objective.name == "journeys":
            raise ConfigError(
                "objective: journeys was given; a backtest allows conversions, revenue or profit, "
                "as nobody reports the journeys' conversions day by day."
            )
        if self.priors.journeys.carryover or self.priors.journeys.halo:
            raise ConfigError(
                "priors.journeys: carryover or halo was asked for; a backtest allows neither, as "
                "the journeys know the days after an origin. Leave both false."
            )
        return self

    @property
    def metric(self) -> str:
        """The metric that is forecast: revenue where the objective is money, else conversions."""
        return "revenue" if self.objective.name in ("revenue", "profit") else "conversions"

    def history(self) -> History:
        """Read the exports."""
        return fill_missing_conversions(load_history(self.data), self.objective.name)


class Origin(NamedTuple):
    """Scores of all forecasts from one day."""

    day: int  # days of history before it
    date: np.datetime64  # first day of the horizon
    model: Verification
    rivals: dict[str, Verification]  # naive forecasts that the days before it allow


def backtest(
    history: History,
    command: BacktestCommand,
    done: Callable[[Origin], None] = lambda _: None,
) -> tuple[list[Origin], Origin]:
    """Return the rolling origins and the latest one, the same for any number of processes.

    Args:
        history: the whole history.
        command: settings of the backtest and of the calibration.
        done: called when an origin is finished, in the order in which they finish.

    Raises:
        ConfigError: if ``backtest.start`` leaves no origin.
        DataError: if the history is too short for one origin.
    """
    settings = command.backtest
    jobs = []
    for day in origins_of(history, settings):
        past, future = history.window(None, day), history.window(day, day + settings.horizon)
        jobs.append(partial(_origin, past, future, command))
    try:
        origins = results_of(jobs, settings.workers, done)
    except BrokenProcessPool:
        raise ConfigError(
            f"backtest.workers: {settings.workers or 'null, one per core,'} was given, and a "
            "process ended without a result, as happens when memory runs out. Allowed: 1 and "
            "more. To fix: run again with fewer, such as backtest.workers=1."
        ) from None
    return origins[:-1] or origins, origins[-1]


def origins_of(history: History, settings: BacktestSettings) -> list[int]:
    """Return the days of history at each origin; the last is the latest horizon's.

    Raises:
        ConfigError: if ``start`` is later than the latest horizon.
        DataError: if the history is too short.
    """
    days = len(history.dates)
    latest = days - settings.horizon
    if latest < settings.first:
        raise DataError(
            f"backtest: the history has {days} days; {settings.first} to learn from and "
            f"{settings.horizon} to forecast are needed. Give a longer history, or lower "
            "backtest.first or backtest.horizon."
        )
    first = settings.first
    if settings.start is not None:
        first = max(first, int((np.datetime64(settings.start, "D") - history.dates[0]).astype(int)))
    if first > latest:
        raise ConfigError(
            f"backtest.start: {settings.start} was given. Allowed: null, or a day up to "
            f"{history.dates[latest]}, from which {settings.horizon} days are left to forecast. "
            "To fix: choose an earlier day."
        )
    rolling = [
        day
        for day in range(first, latest, settings.every)
        if (history.presence[day : day + settings.horizon] != MISSING).any()
    ]
    return [*(rolling if settings.maximum is None else rolling[-settings.maximum :]), latest]


def _origin(past: History, future: History, command: BacktestCommand) -> Origin:
    metric = command.metric
    spend, actual = np.nan_to_num(future.spend), getattr(future, metric)
    posterior = calibrate(past, command.priors, command.calibration)
    expected, counted = predict(posterior, spend, command.backtest.seed).of(metric)
    rivals = {
        name: _verified(rival(past, spend, metric), naive_draws(rival, past, spend, metric), actual)
        for name, rival in NAIVE_FORECASTS.items()
        if days_needed(rival) <= len(past.dates)
    }
    model = verify(expected.mean(0), counted, actual)
    return Origin(len(past.dates), future.dates[0], model, rivals)


def _verified(mean: Floats, draws: Floats, actual: Floats) -> Verification:
    """Return the scores of a rival; NaN for coverage where its past errors make no interval."""
    scores = verify(mean, draws, actual)
    if len(draws) >= _MIN_ERRORS:
        return scores
    nan = float("nan")
    return scores._replace(**dict.fromkeys(COVERAGES, nan), interval=(nan, nan))
