"""Backtest from rolling origins: the calibration's forecasts, given the spend that followed.

From day 90 on, every fourteen days, the model is calibrated on the days so far and forecasts the
next thirty, given their spend, beside naive forecasts of the same days. The latest horizon, which
ends with the history, is scored on its own.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from ...data.errors import ConfigError, DataError
from ...data.exports import DataSettings
from ...data.forecasting import NAIVE_FORECASTS, Verification, naive_draws, pooled_scores, verify
from ...data.history import History
from ...data.settings import Command, Seed, Settings
from ...data.types import Progress
from ...data.units import fill_missing_conversions, load_history
from ...envs.calibration import CalibrationSettings, Priors, calibrate, predict
from ...envs.market import ObjectiveSettings

_COMPARED = {
    "daily_wape": "the day's total (WAPE)",
    "total_wape": "the horizon's total (WAPE)",
    "campaign_wape": "the campaigns' totals (WAPE)",
    "crps": "the day's distribution (CRPS)",
}


class BacktestSettings(Settings):
    """The group ``backtest`` of ``conf/backtest.yaml``."""

    first: Annotated[int, Field(ge=28, le=36_600)]  # days of history at the first origin
    every: Annotated[int, Field(ge=1, le=36_600)]  # days from one origin to the next
    horizon: Annotated[int, Field(ge=1, le=366)]  # days that are forecast
    seed: Seed  # seed of demand paths and counts
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
    rivals: dict[str, Verification]


def backtest(
    history: History, command: BacktestCommand, progress: Progress
) -> tuple[list[Origin], Origin]:
    """Return the rolling origins and the latest one.

    Args:
        history: the whole history.
        command: settings of the backtest and of the calibration.
        progress: called with progress messages.

    Raises:
        DataError: if the history is too short for one origin.
    """
    settings = command.backtest
    days, horizon = origins_of(len(history.dates), settings), settings.horizon
    origins = []
    for number, day in enumerate(days, start=1):
        past, future = history.window(None, day), history.window(day, day + horizon)
        progress(f"origin {number} of {len(days)}, {future.dates[0]}")
        origins.append(_origin(past, future, command))
    return origins[:-1] or origins, origins[-1]


def origins_of(days: int, settings: BacktestSettings) -> list[int]:
    """Return the days of history at each origin; the last is the latest horizon's.

    Raises:
        DataError: if there is none.
    """
    latest = days - settings.horizon
    if latest < settings.first:
        raise DataError(
            f"backtest: the history has {days} days; {settings.first} to learn from and "
            f"{settings.horizon} to forecast are needed. Give a longer history, or lower "
            "backtest.first or backtest.horizon."
        )
    return [*range(settings.first, latest, settings.every), latest]


def _origin(past: History, future: History, command: BacktestCommand) -> Origin:
    metric = command.metric
    spend, actual = np.nan_to_num(future.spend), getattr(future, metric)
    posterior = calibrate(past, command.priors, command.calibration)
    expected, counted = predict(posterior, spend, command.backtest.seed).of(metric)
    rivals = {
        name: verify(rival(past, spend, metric), naive_draws(rival, past, spend, metric), actual)
        for name, rival in NAIVE_FORECASTS.items()
    }
    model = verify(expected.mean(0), counted, actual)
    return Origin(len(past.dates), future.dates[0], model, rivals)


def backtest_document(
    origins: list[Origin], latest: Origin, command: BacktestCommand, history: History
) -> dict[str, Any]:
    """Return the content of ``backtest.json``; naive forecasts that beat the model are named."""
    pooled_scores = _side_by_side(origins)
    return {
        "metric": command.metric,
        "currency": history.currency,
        "objective": command.objective.name,
        "horizon": command.backtest.horizon,
        "history": {"fingerprint": history.fingerprint(), "days": len(history.dates)},
        "origins": [_alone(origin) for origin in origins],
        "model": pooled_scores["model"],
        "rivals": pooled_scores["rivals"],
        "latest": _alone(latest),
        "goals": command.backtest.goals,
        "remarks": [
            *_remarks(pooled_scores, f"{len(origins)} origins"),
            *_remarks(_side_by_side([latest]), f"from {latest.date}"),
        ],
    }


def _remarks(pooled_scores: Mapping[str, Any], when: str) -> list[str]:
    """Return a sentence per score at which a naive forecast beats the model."""
    lines = []
    for score, what in _COMPARED.items():
        ours = pooled_scores["model"][score]
        for name, scores in pooled_scores["rivals"].items():
            if scores[score] < ours:
                both = f"{scores[score]:.3f}, {ours:.3f}"
                lines.append(f"{when}: {name} beats the model at {what}: {both}.")
    return lines


def _alone(origin: Origin) -> dict[str, Any]:
    return {
        "date": str(origin.date),
        "days_known": origin.day,
        "actual_total": origin.model.actual,
        "total_interval90": list(origin.model.interval),
        **_side_by_side([origin]),
    }


def _side_by_side(origins: list[Origin]) -> dict[str, Any]:
    return {
        "model": pooled_scores([origin.model for origin in origins]),
        "rivals": {
            name: pooled_scores([origin.rivals[name] for origin in origins])
            for name in origins[0].rivals
        },
    }
