"""Rolling origins: what the calibration would have said, given what was then spent.

Every fourteen days, once there are ninety, the days so far are calibrated and the next thirty
forecast, given their spend; the naive rivals forecast the same. The latest horizon, which ends
with the history, is scored on its own.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field

from ...data.errors import ConfigError, DataError
from ...data.exports import DataSettings, fill_missing_conversions, load_history
from ...data.forecasting import NAIVE_FORECASTS, Verified, pooled, verify, with_errors
from ...data.history import History
from ...data.settings import Settings
from ...envs.calibration import CalibrationSettings, Priors, calibrate, predict
from ...envs.market import Objective
from ..setup import Command, Group

_COMPARED = {
    "daily_wape": "the day's total (WAPE)",
    "total_wape": "the horizon's total (WAPE)",
    "campaign_wape": "the campaigns' totals (WAPE)",
    "crps": "the day's distribution (CRPS)",
}


class BacktestSettings(Settings):
    """The group ``backtest`` of ``conf/backtest.yaml``."""

    first: Annotated[int, Field(ge=28)]  # days of history at the first origin
    every: Annotated[int, Field(ge=1)]  # days between origins
    horizon: Annotated[int, Field(ge=1)]  # days that are forecast
    seed: Annotated[int, Field(ge=0)]  # of demand paths and counts
    goals: dict[str, dict[str, str]]  # origins and latest: score -> what is aimed at


class BacktestCommand(Command):
    """What ``scripts/backtest.py`` is asked."""

    data: Group
    objective: Group
    backtest: Group
    output: Path | None

    @property
    def worth(self) -> str:
        """Name of the objective.

        Raises:
            ConfigError: if it is not one.
        """
        name = Objective.of(self.objective, "objective").name
        if name == "journeys":
            raise ConfigError(
                "objective: journeys was given; a backtest allows conversions, revenue or profit, "
                "as nobody reports the journeys' conversions day by day."
            )
        return name

    @property
    def metric(self) -> str:
        """What is forecast: revenue where the objective is about money, else conversions."""
        return "revenue" if self.worth in ("revenue", "profit") else "conversions"

    def history(self) -> History:
        """Read the exports."""
        return fill_missing_conversions(
            load_history(DataSettings.from_mapping(self.data)), self.worth
        )


class Origin(NamedTuple):
    """One day on which everybody forecast."""

    day: int  # days of history that were known
    date: np.datetime64  # first day of the horizon
    model: Verified
    rivals: dict[str, Verified]


def backtest(
    history: History, config: Mapping[str, Any], metric: str, say: Callable[[str], None]
) -> tuple[list[Origin], Origin]:
    """Return the rolling origins and the latest one.

    Args:
        history: the whole of it.
        config: plain containers with the groups ``backtest``, ``priors``, ``calibration``.
        metric: conversions or revenue.
        say: called with a line of progress now and then.

    Raises:
        DataError: if the history is too short for one origin.
    """
    settings = BacktestSettings.of(config["backtest"], "backtest")
    how = Priors.of(config["priors"], "priors").journeys
    if how.carryover or how.halo:
        raise ConfigError(
            "priors.journeys: carryover or halo was asked for; a backtest allows neither, as the "
            "journeys know the days after an origin. Leave both false."
        )
    days, horizon = origins_of(len(history.dates), settings), settings.horizon
    found = []
    for number, day in enumerate(days, start=1):
        known, then = history.window(None, day), history.window(day, day + horizon)
        say(f"origin {number} of {len(days)}, {then.dates[0]}")
        found.append(_origin(known, then, config, metric, settings.seed))
    return found[:-1] or found, found[-1]


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


def _origin(
    known: History, then: History, config: Mapping[str, Any], metric: str, seed: int
) -> Origin:
    spend, actual = np.nan_to_num(then.spend), getattr(then, metric)
    priors = Priors.of(config["priors"], "priors")
    posterior = calibrate(
        known, priors, CalibrationSettings.of(config["calibration"], "calibration")
    )
    expected, counted = predict(posterior, spend, seed).of(metric)
    rivals = {
        name: verify(rival(known, spend, metric), with_errors(rival, known, spend, metric), actual)
        for name, rival in NAIVE_FORECASTS.items()
    }
    model = verify(expected.mean(0), counted, actual)
    return Origin(len(known.dates), then.dates[0], model, rivals)


def backtest_document(
    origins: list[Origin], latest: Origin, asked: BacktestCommand, history: History
) -> dict[str, Any]:
    """Return the content of ``backtest.json``; rivals that beat the model are named."""
    together = _side_by_side(origins)
    return {
        "metric": asked.metric,
        "objective": asked.worth,
        "horizon": BacktestSettings.of(asked.backtest, "backtest").horizon,
        "history": {"fingerprint": history.fingerprint(), "days": len(history.dates)},
        "origins": [_alone(origin) for origin in origins],
        "model": together["model"],
        "rivals": together["rivals"],
        "latest": _alone(latest),
        "goals": BacktestSettings.of(asked.backtest, "backtest").goals,
        "remarks": [
            *_remarks(together, f"{len(origins)} origins"),
            *_remarks(_side_by_side([latest]), f"from {latest.date}"),
        ],
    }


def _remarks(together: Mapping[str, Any], when: str) -> list[str]:
    """Say plainly which rival beats the model at what, and when."""
    lines = []
    for score, what in _COMPARED.items():
        ours = together["model"][score]
        for name, scores in together["rivals"].items():
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
        "model": pooled([origin.model for origin in origins]),
        "rivals": {
            name: pooled([origin.rivals[name] for origin in origins]) for name in origins[0].rivals
        },
    }
