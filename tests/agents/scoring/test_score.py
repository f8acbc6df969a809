"""Plans are compared on the same draws, as they stand, with the rules that they break."""

import csv
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.plan_files import export_plan
from mediagym.agents.plans import document, plan_of, write_plan
from mediagym.agents.policies import baseline
from mediagym.agents.scoring import (
    LIVE,
    Notation,
    broken_lines,
    common_draws,
    difference_table,
    flight_of,
    outcomes_of,
    own_plan,
    score_plans,
    score_table,
    write_score,
)
from mediagym.agents.scoring.figures import difference_figure
from mediagym.agents.scoring.score import probability_above
from mediagym.envs.constraints import to_cents


def write_csv(experiment: Experiment, cents: np.ndarray, path: Path) -> Path:
    """A plan in long form."""
    problem = experiment.problem
    first = date(1970, 1, 1) + timedelta(int(problem.state.day))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "campaign", "amount"])
        for t, day in enumerate(cents):
            for name, amount in zip(problem.constraints.names, day, strict=True):
                writer.writerow([first + timedelta(t), name, f"{amount / 100:.2f}"])
    return path


@pytest.fixture(scope="module")
def static_cents(experiment: Experiment) -> np.ndarray:
    return to_cents(experiment.problem.static_plan, experiment.problem.constraints)


def test_the_proposed_plan_as_ones_own_ties_with_it(
    experiment: Experiment, static_cents: np.ndarray, tmp_path: Path
) -> None:
    path = write_csv(experiment, static_cents, tmp_path / "mine.csv")
    score = score_plans(experiment, [path], ["static"])
    (pair,) = score.comparisons
    assert np.abs(pair.conversions).max() < 1e-9
    assert probability_above(pair.conversions) == 0.5
    assert score.entries[0].broken == ()
    assert score.entries[0].notes == ()


def test_estimates_agree_with_those_of_plan_json(experiment: Experiment, tmp_path: Path) -> None:
    plan = plan_of(experiment, baseline("static", experiment), [])
    theirs = write_plan(plan, tmp_path / "plan.json")["totals"]
    score = score_plans(experiment, [tmp_path / "plan.json"], ["historical"])
    content = write_score(score, tmp_path / "score.json")
    ours = content["plans"][0]
    for key in ("conversions", "revenue"):
        for part in ("mean", "p05", "p95"):
            assert ours[key][part] == pytest.approx(theirs[key][part], rel=1e-5)
    assert ours["cpa"]["mean"] == pytest.approx(theirs["cpa"], rel=1e-5)


def test_every_file_that_a_plan_leaves_in_is_read_back_to_the_cent(
    experiment: Experiment, static_cents: np.ndarray, tmp_path: Path
) -> None:
    content = document(plan_of(experiment, baseline("static", experiment), []))
    for path in export_plan(content, ["csv_long", "csv_wide", "xlsx"], tmp_path):
        assert own_plan(path, flight_of(experiment), Notation()).cents.tolist() == (
            static_cents.tolist()
        ), path.name


def test_a_plan_that_breaks_rules_is_scored_as_it_stands(
    experiment: Experiment, static_cents: np.ndarray, tmp_path: Path
) -> None:
    cents = static_cents.copy()
    cents[:, 1] = 0
    cents[:, 0] *= 2
    path = write_csv(experiment, cents, tmp_path / "mine.csv")
    score = score_plans(experiment, [path], ["static"])
    mine = score.entries[0]
    assert mine.cents.tolist() == cents.tolist()
    name = experiment.problem.constraints.names[1]
    rules = {rule.name for rule in mine.broken}
    assert {"total: above the total", f"{name}: below its floor"} <= rules
    draws = common_draws(experiment.posterior, len(cents))
    alone = outcomes_of(experiment.problem, cents / 100, draws)
    assert np.array_equal(alone.conversions, mine.outcomes.conversions)
    assert np.array_equal(
        score.comparisons[0].conversions,
        mine.outcomes.conversions - score.entries[1].outcomes.conversions,
    )


def test_a_rule_of_single_days_is_named_once_with_its_days(
    experiment: Experiment, static_cents: np.ndarray, tmp_path: Path
) -> None:
    cents = static_cents.copy()
    cents[:5] = 0
    path = write_csv(experiment, cents, tmp_path / "mine.csv")
    limits = replace(experiment.problem.constraints, pacing=(0.5, 1.5))
    paced = replace(experiment, problem=replace(experiment.problem, constraints=limits))
    (mine,) = score_plans(paced, [path], []).entries
    (slow,) = [rule for rule in mine.broken if "below 0.5 times an even pace" in rule.name]
    assert slow.name == "total of a day: below 0.5 times an even pace"
    assert slow.times >= 5
    assert slow.example.startswith("day 1: $0 is below")


def test_common_draws_narrow_the_interval_of_a_difference(
    experiment: Experiment, static_cents: np.ndarray, tmp_path: Path
) -> None:
    cents = static_cents.copy()
    cents[:, 0] = np.rint(cents[:, 0] * 0.9)
    path = write_csv(experiment, cents, tmp_path / "mine.csv")
    score = score_plans(experiment, [path], ["static"])
    difference = score.comparisons[0].conversions
    apart = score.entries[0].outcomes.conversions, score.entries[1].outcomes.conversions
    assert difference.std() < 0.5 * np.hypot(apart[0].std(), apart[1].std())


def test_live_budgets_go_on_every_day(experiment: Experiment, tmp_path: Path) -> None:
    static = to_cents(experiment.problem.static_plan, experiment.problem.constraints)
    path = write_csv(experiment, static, tmp_path / "mine.csv")
    live = score_plans(experiment, [path], [LIVE]).entries[1]
    assert (live.cents == live.cents[0]).all()
    assert live.cents[0] / 100 == pytest.approx(experiment.posterior.recent, abs=0.005)


def test_the_document_holds_plain_numbers_and_its_views_draw(
    experiment: Experiment, static_cents: np.ndarray, tmp_path: Path
) -> None:
    first = write_csv(experiment, static_cents, tmp_path / "mine.csv")
    zero = write_csv(experiment, 0 * static_cents, tmp_path / "nothing.csv")
    score = score_plans(experiment, [first, zero], ["static", "follow", LIVE, str(first)])
    content = write_score(score, tmp_path / "score.json")
    assert json.loads((tmp_path / "score.json").read_text()) == content
    names = [plan["name"] for plan in content["plans"]]
    assert names == ["mine", "nothing", "static", "follow", LIVE, "mine (2)"]
    assert len(content["comparisons"]) == 5 + 4
    assert content["plans"][1]["cpa"] is None
    assert content["plans"][1]["budget"] == 0
    assert any("reacts to daily reports" in note for note in content["plans"][3]["notes"])
    assert score_table(content).row_count == 6
    assert difference_table(content).row_count == 9
    assert any(
        "nothing breaks a rule: total: $0 is below the total" in line
        for line in broken_lines(content)
    )
    difference_figure(content).canvas.draw()
