import dataclasses
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread
from rich.console import Console

from mediagym.agents.studies import (
    BacktestCommand,
    backtest,
    backtest_document,
    backtest_markdown,
    draw_backtest,
    rolling_table,
)
from mediagym.agents.studies.backtest import BacktestSettings, Origin, origins_of
from mediagym.agents.studies.backtest_report import SCORES
from mediagym.data.errors import ConfigError, DataError
from mediagym.data.forecasting import NAIVE_FORECASTS
from mediagym.data.history import METRICS, History

Found = tuple[list[Origin], Origin]
FIRST, HORIZON = 90, 20


@pytest.fixture(scope="module")
def config(conf: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """A backtest of two origins and few draws."""
    given = conf("backtest.yaml")
    sizes = {"particles": 64, "mcmc_steps": 1, "final_mcmc_steps": 2, "draws": 96, "held_out": 1}
    return {
        "backtest": given["backtest"] | {"first": FIRST, "every": 1000, "horizon": HORIZON},
        "priors": conf("priors/default.yaml"),
        "calibration": conf("calibration/default.yaml", **sizes),
        "data": conf("data/default.yaml", path="somewhere"),
        "objective": conf("objective/conversions.yaml"),
        "output": None,
    }


@pytest.fixture(scope="module")
def few(history: History) -> History:
    """Three campaigns of the shared history."""
    arrays = {name: getattr(history, name)[:, 2:5] for name in (*METRICS, "presence")}
    return dataclasses.replace(history, campaigns=history.campaigns[2:5], **arrays)


@pytest.fixture(scope="module")
def command(config: dict[str, Any]) -> BacktestCommand:
    return BacktestCommand.read(config)


@pytest.fixture(scope="module")
def found(few: History, command: BacktestCommand) -> Found:
    return backtest(few, command, lambda _: None)


@pytest.fixture(scope="module")
def content(found: Found, few: History, command: BacktestCommand) -> dict[str, Any]:
    return backtest_document(*found, command, few)


def changed(history: History, since: int, until: int | None = None) -> History:
    """The history with other conversions and revenue on some days."""
    arrays = {name: getattr(history, name).copy() for name in ("conversions", "revenue")}
    for array in arrays.values():
        array[since:until] = array[since:until] * 3 + 11
    return dataclasses.replace(history, **arrays)


@given(st.integers(28, 400), st.integers(28, 100), st.integers(1, 40), st.integers(1, 40))
def test_origins_are_evenly_spaced_and_the_last_ends_with_the_history(
    days: int, first: int, every: int, horizon: int
) -> None:
    settings = BacktestSettings.of(
        {
            "first": first, "every": every, "horizon": horizon, "seed": 0,
            "goals": {"origins": {}, "latest": {}},
        },
        "backtest",
    )  # fmt: skip
    if days < first + horizon:
        with pytest.raises(DataError, match=rf"{days} days; {first} .* {horizon}"):
            origins_of(days, settings)
        return
    origins = origins_of(days, settings)
    assert origins[-1] == days - horizon
    assert origins[0] == min(first, origins[-1])
    assert all(later - one == every for one, later in pairwise(origins[:-1]))
    assert origins == sorted(set(origins))


def test_each_origin_knows_the_days_before_it(found: Found, few: History) -> None:
    origins, latest = found
    assert [origin.day for origin in origins] == [FIRST]
    assert origins[0].date == few.dates[FIRST]
    assert latest.day == len(few.dates) - HORIZON
    actual = np.nansum(few.conversions[FIRST : FIRST + HORIZON])
    assert origins[0].model.actual == pytest.approx(actual)
    assert set(origins[0].rivals) == set(NAIVE_FORECASTS)
    for scored in (origins[0].model, *origins[0].rivals.values()):
        assert scored.actual == pytest.approx(actual)


def test_later_days_change_no_forecast(
    found: Found, few: History, command: BacktestCommand
) -> None:
    """Neither what follows the horizon, nor what happened in it, which is only scored."""
    origin = found[0][0]
    until = FIRST + HORIZON
    _, again = backtest(few.window(None, until), command, lambda _: None)
    assert again == origin
    other = changed(few, FIRST).window(None, until)
    _, scored = backtest(other, command, lambda _: None)
    assert scored.model.interval == origin.model.interval
    assert scored.model.bias + scored.model.actual == pytest.approx(
        origin.model.bias + origin.model.actual
    )
    assert scored.model.actual != origin.model.actual
    for name, rival in scored.rivals.items():
        assert rival.interval == origin.rivals[name].interval


def test_earlier_days_do(found: Found, few: History, command: BacktestCommand) -> None:
    other = changed(few, FIRST - 30, FIRST).window(None, FIRST + HORIZON)
    _, scored = backtest(other, command, lambda _: None)
    assert scored.model.interval != found[0][0].model.interval


def test_the_calibration_is_not_far_off_on_its_own_kind_of_market(found: Found) -> None:
    for origin in (*found[0], found[1]):
        assert origin.model.total / origin.model.actual < 0.35
        assert origin.model.campaign_coverage90 > 0.6


def test_revenue_is_forecast_too(
    few: History, config: dict[str, Any], conf: Callable[..., dict[str, Any]]
) -> None:
    short = few.window(None, FIRST + HORIZON)
    revenue = config | {"objective": conf("objective/revenue.yaml")}
    _, origin = backtest(short, BacktestCommand.read(revenue), lambda _: None)
    assert origin.model.actual == pytest.approx(np.nansum(few.revenue[FIRST : FIRST + HORIZON]))
    assert origin.model.total / origin.model.actual < 0.5


def test_the_document_is_json_with_all_scores_of_everybody(
    content: dict[str, Any], few: History
) -> None:
    again = json.loads(json.dumps(content, allow_nan=False))
    assert again["metric"] == again["objective"] == "conversions"
    assert again["history"] == {"fingerprint": few.fingerprint(), "days": len(few.dates)}
    for part in (again, again["latest"], *again["origins"]):
        assert set(part["rivals"]) == set(NAIVE_FORECASTS)
        for scores in (part["model"], *part["rivals"].values()):
            assert set(scores) == set(SCORES)
    assert again["latest"]["date"] == str(few.dates[-HORIZON])


def test_a_rival_that_wins_is_named_and_no_other(
    content: dict[str, Any], found: Found, few: History, command: BacktestCommand
) -> None:
    count = f"{len(content['origins'])} origins"
    better = {
        f"{when}: {name}"
        for when, part in (
            (count, content),
            (f"from {content['latest']['date']}", content["latest"]),
        )
        for name, scores in part["rivals"].items()
        for score in ("daily_wape", "total_wape", "campaign_wape", "crps")
        if scores[score] < part["model"][score]
    }
    shown = {line.split(" beats ")[0] for line in content["remarks"]}
    assert shown == better
    origins, latest = found
    worst = origins[0].model._replace(daily=1e9, total=1e9, campaign=1e9, crps=1e9)
    bad = (origins[0]._replace(model=worst), latest._replace(model=worst))
    lost = backtest_document([bad[0]], bad[1], command, few)
    assert len(lost["remarks"]) == 2 * 4 * len(NAIVE_FORECASTS)
    best = worst._replace(daily=0.0, total=0.0, campaign=0.0, crps=0.0)
    good = (origins[0]._replace(model=best), latest._replace(model=best))
    won = backtest_document([good[0]], good[1], command, few)
    assert won["remarks"] == []


def test_a_screen_and_a_document_show_a_row_a_forecaster(content: dict[str, Any]) -> None:
    console = Console(width=220, file=None)
    with console.capture() as captured:
        console.print(rolling_table(content))
    text = backtest_markdown(content, "the command")
    for name in ("model", *NAIVE_FORECASTS):
        assert text.count(f"| {name} |") == 2
        assert captured.get().count(name) == 2
    assert "the command" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {len(SCORES) + 3}


def test_the_picture_is_drawn(content: dict[str, Any], tmp_path: Path) -> None:
    picture = imread(draw_backtest(content, tmp_path))
    assert picture.shape[1] > 800
    assert picture.std() > 0.05


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


@pytest.mark.parametrize(("key", "value"), [("first", 5), ("every", 0), ("horizon", 0)])
def test_settings_are_refused_by_key(config: dict[str, Any], key: str, value: int) -> None:
    with pytest.raises(ConfigError, match=rf"backtest\.{key}"):
        BacktestSettings.of(config["backtest"] | {key: value}, "backtest")
