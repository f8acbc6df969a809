import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from mediagym.data.history import History
from mediagym.data.plotting import blank
from mediagym.envs.calibration import Posterior, Priors
from mediagym.envs.calibration.report import calibration_content, verdict_of
from mediagym.envs.calibration.report.content import calibration_document
from mediagym.envs.calibration.report.figures import FIGURES
from mediagym.envs.calibration.report.page import write_report
from mediagym.envs.calibration.report.past import (
    describe,
    least_separable,
    past_rows,
    season_note,
)

STRUCTURE = {
    "level_half_life": 180.0, "level_sd": 0.3, "demand_half_life": 4.0, "demand_sd": 0.03,
    "weight": 1.0, "season": False,
}  # fmt: skip


@pytest.fixture
def report() -> dict[str, Any]:
    """Report of three structures, of which one is too light, and of two naive forecasts."""
    return {
        "history": {"days": 400},
        "structures": {
            "weights": {"slow": 0.2, "slow, season": 0.79, "month": 0.01},
            "names": ["slow", "slow, season"],
            "settings": {
                "slow": STRUCTURE,
                "slow, season": STRUCTURE | {"season": True},
                "month": STRUCTURE | {"level_half_life": 30.0, "level_sd": 1.0},
            },
        },
        "past": {
            "stack": {"total": 0.12, "campaign": 0.2},
            "structures": {
                "slow": {"total": 0.2, "campaign": 0.3},
                "slow, season": {"total": 0.1, "campaign": 0.25},
                "month": None,
            },
            "rivals": {
                "log_log": {"total": 0.5, "campaign": 0.6},
                "last_28_days": {"total": 0.15, "campaign": 0.19},
            },
            "verdict": "The model is best.",
        },
    }


def test_the_verdict_is_that_of_the_forecasts_of_the_past(report: dict[str, Any]) -> None:
    assert verdict_of(report) == "The model is best."


def test_without_forecasts_of_the_past_the_verdict_says_why(report: dict[str, Any]) -> None:
    del report["past"]
    assert "an update keeps the weights" in verdict_of(report)
    report["structures"]["settings"] = {}
    assert "it has no structures of demand" in verdict_of(report)
    assert "earlier version" in verdict_of({"history": {"days": 400}})


def test_rows_are_structures_by_weight_then_the_model_then_naive_forecasts(
    report: dict[str, Any],
) -> None:
    rows = past_rows(report)
    assert [row.name for row in rows] == [
        "slow, season", "slow", "month", "stack", "log_log", "last_28_days",
    ]  # fmt: skip
    assert [row.kind for row in rows] == ["structure"] * 3 + ["model"] + ["naive"] * 2
    assert [row.weight for row in rows] == [0.79, 0.2, 0.01, None, None, None]
    assert [row.left_out for row in rows] == [False, False, True, False, False, False]


def test_the_smallest_error_of_each_kind_is_marked(report: dict[str, Any]) -> None:
    rows = past_rows(report)
    assert [row.name for row in rows if row.best_total] == ["slow, season"]
    assert [row.name for row in rows if row.best_campaign] == ["last_28_days"]


def test_errors_that_are_not_known_are_no_best_ones(report: dict[str, Any]) -> None:
    past = report["past"]
    past["stack"], past["rivals"] = None, {}
    past["structures"] = dict.fromkeys(past["structures"])
    rows = past_rows(report)
    assert len(rows) == 4
    assert not any(row.best_total or row.best_campaign for row in rows)
    assert all(row.total is None for row in rows)


def test_without_structures_there_are_no_rows() -> None:
    assert past_rows({"history": {"days": 9}}) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, ["slowly", "half-life 180 days", "by 35%", "shared demand by 3%"]),
        ({"level_half_life": 30.0}, ["within weeks", "half-life 30 days"]),
        ({"level_half_life": 4.0}, ["within days"]),
        ({"level_sd": 1.0}, ["a factor of 2.7"]),
        ({"season": True}, ["with season and events"]),
    ],
)
def test_a_structure_is_described_in_words(changed: dict[str, Any], words: list[str]) -> None:
    description = describe(STRUCTURE | changed)
    assert all(word in description for word in words), description
    assert ("season" in description) == bool(changed.get("season"))


def test_why_there_is_no_season(report: dict[str, Any]) -> None:
    structures = report["structures"]
    assert season_note(report) == ""
    structures["names"] = ["slow"]
    assert "worse" in season_note(report)
    del structures["settings"]["slow, season"]
    assert "when first calibrated" in season_note(report)
    report["history"]["days"] = 150
    assert season_note(report) == "Less than a year of history: no season can be known."
    structures["settings"] = {}
    assert season_note(report) == ""


def _campaign(low: float, high: float, elasticity: float, days: int = 9) -> dict[str, Any]:
    parameters = {"follow": {"p05": low, "p95": high}, "elasticity": {"mean": elasticity}}
    return {"parameters": parameters, "days_with_spend": days}


def test_the_least_separable_campaign_has_the_widest_following_by_elasticity() -> None:
    campaigns = {
        "wide": _campaign(0.0, 0.6, 0.8),
        "widest": _campaign(0.1, 0.5, 0.2),
        "off": _campaign(0.0, 1.0, 0.1, days=0),
    }
    assert least_separable({"campaigns": campaigns}) == "widest"
    assert least_separable({"campaigns": {}}) is None


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blank figures, for tests that do not look at them."""
    for name in FIGURES:
        monkeypatch.setitem(FIGURES, name, lambda _: blank(1, 1))


@pytest.mark.usefixtures("quick")
def test_the_verdict_comes_first_in_page_and_document(
    history: History, posterior: Posterior, priors: Priors, tmp_path: Path
) -> None:
    content = calibration_content(history, posterior, priors)
    html, data, *_ = write_report(content, "conversions", tmp_path)
    verdict = posterior.report["past"]["verdict"]
    page, document = html.read_text(encoding="utf-8"), json.loads(data.read_text(encoding="utf-8"))
    first = page.split("What to do</h2>")[1].strip().splitlines()[0]
    assert first.endswith(f"><b>{verdict}</b></p>")
    assert next(iter(document.items())) == ("verdict", verdict)


@pytest.mark.usefixtures("quick")
def test_the_page_lists_structures_rivals_and_how_spend_follows_demand(
    history: History, posterior: Posterior, priors: Priors, tmp_path: Path
) -> None:
    content = calibration_content(history, posterior, priors)
    html, data, *_ = write_report(content, "conversions", tmp_path)
    page, document = html.read_text(encoding="utf-8"), json.loads(data.read_text(encoding="utf-8"))
    for row in past_rows(posterior.report):
        assert page.count(f">{row.description}</th>") == 1
    assert page.count("(best)") == 2
    assert "Less than a year of history: no season can be known." in page
    least = document["least_separable"]
    assert f"help most for <bdi>{least}</bdi>, where follow is widest" in page
    assert posterior.follow is not None
    strength = posterior.follow.strength[: posterior.draws - posterior.held_out]
    for k, campaign in enumerate(document["campaigns"].values()):
        follow = campaign["parameters"]["follow"]
        assert follow["mean"] == pytest.approx(strength[:, k].mean())
        low, high = follow["posterior"][0], follow["posterior"][-1]
        assert f">{follow['mean']:.2f} ({low:.2f} to {high:.2f})<" in page


@pytest.mark.usefixtures("quick")
def test_a_posterior_without_structures_is_shown_without_their_table(
    history: History, posterior: Posterior, priors: Priors, tmp_path: Path
) -> None:
    """As those of earlier versions are, or those of the priors alone."""
    bare = copy.deepcopy(posterior.report)
    for key in ("structures", "past", "demand"):
        del bare[key]
    old = dataclasses.replace(posterior, report=bare, follow=None)
    content = calibration_content(history, old, priors)
    written = write_report(content, "conversions", tmp_path)
    page = written[0].read_text(encoding="utf-8")
    assert "demand.png" not in [path.name for path in written]
    assert "Forecasts of the past" not in page
    assert "follow" not in page
    assert "was not compared with naive forecasts" in page
    assert calibration_document(content)["demand"] is None
