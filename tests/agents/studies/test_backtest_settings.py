"""Settings of a backtest: its origins, and the metric that follows the objective."""

import dataclasses
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from helpers.subjects.backtests import empty
from hypothesis import given
from hypothesis import strategies as st

from mediagym.agents.studies import BacktestCommand, origins_of
from mediagym.agents.studies.backtest import BacktestSettings
from mediagym.data.errors import ConfigError, DataError
from mediagym.data.history import MISSING, History


def settings_of(**given: Any) -> BacktestSettings:
    defaults = {
        "first": 28, "every": 7, "horizon": 10, "seed": 0, "start": None, "maximum": None,
        "workers": 1, "goals": {"origins": {}, "latest": {}},
    }  # fmt: skip
    return BacktestSettings.of(defaults | given, "backtest")


@given(st.integers(28, 400), st.integers(28, 100), st.integers(1, 40), st.integers(1, 40))
def test_origins_are_evenly_spaced_and_the_last_ends_with_the_history(
    days: int, first: int, every: int, horizon: int
) -> None:
    settings = settings_of(first=first, every=every, horizon=horizon)
    if days < first + horizon:
        with pytest.raises(DataError, match=rf"{days} days; {first} .* {horizon}"):
            origins_of(empty(days), settings)
        return
    origins = origins_of(empty(days), settings)
    assert origins[-1] == days - horizon
    assert origins[0] == min(first, origins[-1])
    assert all(later - one == every for one, later in pairwise(origins[:-1]))
    assert origins == sorted(set(origins))


def test_the_latest_origins_are_taken_and_the_latest_horizon_on_top() -> None:
    history = empty(100)
    every = origins_of(history, settings_of())
    assert origins_of(history, settings_of(maximum=3)) == [*every[-4:-1], 90]
    assert origins_of(history, settings_of(maximum=100)) == every


def test_the_first_horizon_starts_on_a_day_or_later() -> None:
    history = empty(100)
    assert origins_of(history, settings_of(start="2024-02-20"))[0] == 50  # that day exactly
    assert origins_of(history, settings_of(start="2020-01-01"))[0] == 28
    assert origins_of(history, settings_of(start="2024-03-31")) == [90]
    with pytest.raises(ConfigError, match=r"backtest\.start: 2024-04-01 .* up to 2024-03-31"):
        origins_of(history, settings_of(start="2024-04-01"))


def test_a_horizon_that_nobody_reported_is_no_origin() -> None:
    history = empty(100)
    presence = history.presence.copy()
    presence[42:52] = MISSING
    gap = dataclasses.replace(history, presence=presence)
    assert set(origins_of(history, settings_of())) - set(origins_of(gap, settings_of())) == {42}


@pytest.mark.parametrize(
    ("objective", "metric"),
    [("conversions",) * 2, ("revenue",) * 2, ("profit", "revenue")],
)
def test_what_is_forecast_follows_the_objective(
    conf: Callable[..., dict[str, Any]], config: dict[str, Any], objective: str, metric: str
) -> None:
    given = config | {"objective": conf(f"objective/{objective}.yaml")}
    assert BacktestCommand.read(given).metric == metric


def test_journeys_are_no_forecast(
    conf: Callable[..., dict[str, Any]], config: dict[str, Any], few: History
) -> None:
    given = config | {"objective": conf("objective/journeys.yaml")}
    with pytest.raises(ConfigError, match="objective: journeys"):
        _ = BacktestCommand.read(given).metric
    journeys = config["priors"]["journeys"] | {"carryover": True}
    asked = config | {"priors": config["priors"] | {"journeys": journeys}}
    with pytest.raises(ConfigError, match=r"priors\.journeys"):
        BacktestCommand.read(asked)


def test_an_objective_that_is_none_is_refused(config: dict[str, Any]) -> None:
    wrong = config | {"objective": config["objective"] | {"name": "roas"}}
    with pytest.raises(ConfigError, match=r"objective\.name: got 'roas'"):
        _ = BacktestCommand.read(wrong).metric


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("first", 5), ("every", 0), ("horizon", 0), ("maximum", 0), ("workers", 0),
        ("start", "soon"),
    ],
)  # fmt: skip
def test_settings_are_refused_by_key(config: dict[str, Any], key: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"backtest\.{key}"):
        BacktestSettings.of(config["backtest"] | {key: value}, "backtest")
