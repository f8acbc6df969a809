"""Scores of a backtest, its verdict and its report."""

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.subjects.backtests import FIRST, HORIZON, empty
from matplotlib.image import imread
from rich.console import Console

from mediagym.agents.studies import (
    BacktestCommand,
    backtest,
    backtest_document,
    backtest_markdown,
    draw_backtest,
    rolling_table,
    verdict_lines,
)
from mediagym.agents.studies.backtest import Origin
from mediagym.agents.studies.backtest_report import SCORES
from mediagym.data.forecasting import NAIVE_FORECASTS
from mediagym.data.history import METRICS, History

Found = tuple[list[Origin], Origin]
RIVALS = set(NAIVE_FORECASTS) - {"seasonal_naive"}  # those of a history without a year


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


def test_each_origin_knows_the_days_before_it(found: Found, few: History) -> None:
    origins, latest = found
    assert [origin.day for origin in origins] == [FIRST]
    assert origins[0].date == few.dates[FIRST]
    assert latest.day == len(few.dates) - HORIZON
    actual = np.nansum(few.conversions[FIRST : FIRST + HORIZON])
    assert origins[0].model.actual == pytest.approx(actual)
    assert set(origins[0].rivals) == RIVALS
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
        assert set(part["rivals"]) == RIVALS
        for scores in (part["model"], *part["rivals"].values()):
            assert set(scores) == set(SCORES)
    assert again["latest"]["date"] == str(few.dates[-HORIZON])


def test_a_rival_that_wins_is_named_and_no_other(
    content: dict[str, Any], found: Found, few: History, command: BacktestCommand
) -> None:
    count = "1 origin"
    assert len(content["origins"]) == 1
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
    assert content["remarks"][0] == content["verdict"]
    shown = {line.split(" beats ")[0] for line in content["remarks"][1:]}
    assert shown == better
    origins, latest = found
    worst = origins[0].model._replace(daily=1e9, total=1e9, campaign=1e9, crps=1e9)
    bad = (origins[0]._replace(model=worst), latest._replace(model=worst))
    lost = backtest_document([bad[0]], bad[1], command, few)
    assert len(lost["remarks"]) == 1 + 2 * 4 * len(RIVALS)
    best = worst._replace(daily=0.0, total=0.0, campaign=0.0, crps=0.0)
    good = (origins[0]._replace(model=best), latest._replace(model=best))
    won = backtest_document([good[0]], good[1], command, few)
    assert won["remarks"] == [won["verdict"]]


def scored(
    found: Found, model: tuple[float, float], rivals: dict[str, tuple[float, float]]
) -> Origin:
    """An origin whose actual is 1, with errors of total and campaigns by forecaster."""
    base = found[0][0].model

    def of(total: float, campaign: float) -> Any:
        return base._replace(actual=1.0, bias=total, daily=total, total=total, campaign=campaign)

    rivals = {name: of(*errors) for name, errors in rivals.items()}
    return found[0][0]._replace(model=of(*model), rivals=rivals)


def document(origins: list[Origin], few: History, command: BacktestCommand) -> dict[str, Any]:
    return backtest_document(origins, origins[-1], command, few)


def test_a_model_that_wins_is_said_with_its_best_rival(
    found: Found, few: History, command: BacktestCommand
) -> None:
    rivals = {"log_log": (0.071, 0.2), "same_weekday": (0.08, 0.15)}
    content = document([scored(found, (0.066, 0.14), rivals)] * 2, few, command)
    assert content["verdict"] == (
        "The model forecasts 20-day totals best: .066; the best rival, log_log, .071 "
        "(WAPE, 2 origins). The model forecasts totals by campaign best: .140; the best rival, "
        "same_weekday, .150."
    )
    assert content["ratio_to_best_rival"] == pytest.approx(0.066 / 0.071)
    assert verdict_lines(content)[1] == (
        "Error of totals, model over best rival: 0.930 (goal <= 1.05)."
    )


def test_of_many_origins_the_ratio_has_a_paired_interval(
    found: Found, few: History, command: BacktestCommand
) -> None:
    same = [scored(found, (e, 0.1), {"log_log": (2 * e, 0.2)}) for e in (0.05, 0.1, 0.3, 0.02)]
    assert document(same, few, command)["ratio_interval95"] is None
    content = document(same * 2, few, command)
    assert content["ratio_interval95"] == pytest.approx([0.5, 0.5])
    mixed = [scored(found, (0.1, 0.1), {"log_log": (e, 0.2)}) for e in (0.05, 0.3)] * 4
    low, high = document(mixed, few, command)["ratio_interval95"]
    assert low < document(mixed, few, command)["ratio_to_best_rival"] < high
    assert "95 % interval over origins 0.50 to 0.50" in verdict_lines(content)[1]


def test_rivals_that_win_are_in_the_first_line(
    found: Found, few: History, command: BacktestCommand
) -> None:
    rivals = {"same_weekday": (0.08, 0.15), "log_log": (0.0661, 0.2), "last_28_days": (1, 1)}
    content = document([scored(found, (0.089, 0.14), rivals)], few, command)
    assert content["verdict"].startswith(
        "log_log forecasts 20-day totals better than the model: .066 against .089 (WAPE, "
        "1 origin); so does same_weekday (.080). The model forecasts totals by campaign best"
    )
    near = document([scored(found, (0.0662, 0.14), rivals)], few, command)
    assert ".0661 against .0662" in near["verdict"]
    assert backtest_markdown(content, "c").splitlines()[0] == content["verdict"]


def test_one_campaign_has_no_second_verdict(
    found: Found, few: History, command: BacktestCommand
) -> None:
    alone = {name: getattr(few, name)[:, :1] for name in (*METRICS, "presence")}
    one = dataclasses.replace(few, campaigns=few.campaigns[:1], **alone)
    content = document([scored(found, (0.1, 0.1), {"log_log": (0.2, 0.2)})], one, command)
    assert "by campaign" not in content["verdict"]


def test_a_rival_with_fewer_origins_is_compared_over_its_own(
    found: Found, few: History, command: BacktestCommand
) -> None:
    """It wins where it can forecast; over all origins together it would seem to lose."""
    first = scored(found, (0.1, 0.1), {"log_log": (0.4, 0.4)})
    second = scored(found, (0.5, 0.3), {"log_log": (0.6, 0.6), "seasonal_naive": (0.4, 0.5)})
    content = document([first, second], few, command)
    assert content["verdict"].startswith("The model forecasts 20-day totals best: .300;")
    assert content["verdict"].endswith(
        "Over the 1 of 2 origins that it can forecast from, seasonal_naive is better than the "
        "model: 20-day totals, .400 against .500."
    )
    assert content["ratio_to_best_rival"] == pytest.approx(0.6)
    assert content["partial"]["seasonal_naive"]["origins"] == 1
    assert content["partial"]["seasonal_naive"]["model"]["total_wape"] == pytest.approx(0.5)
    rows = [
        line.split(" | ")[1:4:2] for line in backtest_markdown(content, "c").splitlines()
        if line.startswith("| 2 origins |")
    ]  # fmt: skip
    assert rows[-2:] == [["seasonal_naive (1 of 2)", "0.400"], ["model (the same 1)", "0.500"]]


def test_the_seasonal_naive_joins_where_a_year_is_there(
    found: Found, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], few: History
) -> None:
    """The model is left out: its forecast is an average, as only the rivals matter here."""

    class Average:
        def of(self, metric: str) -> tuple[np.ndarray, np.ndarray]:
            return np.ones((2, HORIZON, 1)), np.ones((2, HORIZON, 1))

    module = sys.modules[Origin.__module__]
    monkeypatch.setattr(module, "calibrate", lambda *_: None)
    monkeypatch.setattr(module, "predict", lambda *_: Average())
    history = empty(440)
    ones = {name: np.ones((440, 1)) for name in METRICS}
    sizes = config["backtest"] | {"first": 372, "every": 20, "maximum": None}
    command = BacktestCommand.read(config | {"backtest": sizes})
    origins, latest = backtest(dataclasses.replace(history, **ones), command)
    assert [origin.day for origin in (*origins, latest)] == [372, 392, 412, 420]
    assert [set(o.rivals) - RIVALS for o in origins] == [set(), *[{"seasonal_naive"}] * 2]
    content = backtest_document(origins, latest, command, history)
    assert content["partial"]["seasonal_naive"]["origins"] == 2
    # with no past horizon to err in, there is no interval, and so no coverage
    assert content["rivals"]["seasonal_naive"]["coverage90"] is None
    assert content["rivals"]["log_log"]["coverage90"] is not None
    json.dumps(content, allow_nan=False)
    assert "| seasonal_naive (2 of 3) |" in backtest_markdown(content, "c")


@pytest.mark.slow
def test_processes_give_the_same_scores(found: Found, few: History, config: dict[str, Any]) -> None:
    sizes = config["backtest"] | {"workers": 2}
    seen: list[Origin] = []
    again = backtest(few, BacktestCommand.read(config | {"backtest": sizes}), seen.append)
    assert again == found
    assert sorted(origin.day for origin in seen) == [FIRST, len(few.dates) - HORIZON]


def test_a_screen_and_a_document_show_a_row_a_forecaster(content: dict[str, Any]) -> None:
    console = Console(width=220, file=None)
    with console.capture() as captured:
        console.print(rolling_table(content))
    text = backtest_markdown(content, "the command")
    for name in ("model", *RIVALS):
        assert text.count(f"| {name} |") == 2
        assert captured.get().count(name) == 2
    assert "the command" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {len(SCORES) + 3}


def test_the_picture_is_drawn(content: dict[str, Any], tmp_path: Path) -> None:
    picture = imread(draw_backtest(content, tmp_path))
    assert picture.shape[1] > 800
    assert picture.std() > 0.05
