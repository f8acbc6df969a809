"""Latents taken from the informed policy one by one, and what the filter finds of them."""

from typing import Any

import numpy as np
import pytest

from mediagym.agents.policies import Informed, RollingHorizon
from mediagym.agents.rollout import EvaluationSet, percent_of, rollout_policy
from mediagym.agents.studies.latents import (
    LatentsCommand,
    latents_markdown,
    latents_parts,
    latents_study,
)
from mediagym.data.errors import ConfigError
from mediagym.data.storage import shipped_yaml
from mediagym.envs.suite import held_out_markets, posterior_of, problem_for, reference_of, task_of

TASK = "Attribution-S"
SMALL = {
    "task": TASK,
    "markets": 4,
    "draws": 64,
    "together": [["claims", "curve"], ["halo", "fatigue"]],
    "experiments": [0, 0.5],
    "days": [1, 10],
    "resamples": 100,
}


def _command(**changes: Any) -> LatentsCommand:
    return LatentsCommand.read(shipped_yaml("latents") | SMALL | changes)


@pytest.fixture(scope="module")
def study() -> tuple[dict[str, Any], int]:
    """Return the study of a small task, and how often it called ``done``."""
    done: list[None] = []
    return latents_study(_command(), lambda: done.append(None)), len(done)


def _percent(policy: Any) -> float:
    task = task_of(TASK)
    markets = EvaluationSet(*held_out_markets(task, "test", 4))
    total = rollout_policy(problem_for(task), policy(problem_for(task), markets), markets).total
    return float(percent_of(total, reference_of(TASK).daily["test"][:4]).mean())


def test_the_informed_policy_and_the_re_planner_are_those_of_other_tables(
    study: tuple[dict[str, Any], int],
) -> None:
    document, calls = study
    assert calls == latents_parts(_command())
    assert document["informed"] == pytest.approx(_percent(Informed), abs=1e-9)
    still = document["experiments"][0]
    draws = posterior_of(task_of(TASK))
    assert still["percent"] == pytest.approx(
        _percent(lambda problem, _: RollingHorizon(problem, draws, 64)), abs=1e-9
    )


def test_only_what_the_posterior_does_not_know_is_taken_away(
    study: tuple[dict[str, Any], int],
) -> None:
    unknown = [row["unknown"] for row in study[0]["losses"]]
    assert ["claims"] in unknown
    assert ["curve"] in unknown
    assert ["claims", "curve"] in unknown
    assert not any("halo" in names or "fatigue" in names for names in unknown)


def test_not_knowing_costs(study: tuple[dict[str, Any], int]) -> None:
    loss = {"+".join(row["unknown"]): row["loss"] for row in study[0]["losses"]}
    assert min(loss["efficiency"], loss["claims"], loss["curve"], loss["claims+curve"]) > 0.1


def test_reports_tell_what_is_claimed_at_once_and_never_how_much_of_it_is_true(
    study: tuple[dict[str, Any], int],
) -> None:
    left = study[0]["experiments"][0]["left"]
    assert left["efficiency"][1] < 0.4
    assert left["claims"][10] > 0.2
    assert left["curve"][10] > left["efficiency"][10]


def test_random_spend_keeps_the_day_and_costs_value(study: tuple[dict[str, Any], int]) -> None:
    still, moved = study[0]["experiments"]
    assert moved["percent"] < still["percent"]


def test_the_tables_have_a_row_per_set_and_per_day(study: tuple[dict[str, Any], int]) -> None:
    table = latents_markdown(study[0], "python scripts/research/latents.py")
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + len(study[0]["losses"]) + 1 + 2 * 2
    assert "| claims, curve |" in table


def test_beliefs_that_are_the_truth_change_nothing() -> None:
    task = task_of(TASK)
    markets = EvaluationSet(*held_out_markets(task, "test", 2))
    problem = problem_for(task)
    told = Informed(problem, markets, lambda market, state: (market._replace(), state))
    spends = [rollout_policy(problem, p, markets).spend for p in (Informed(problem, markets), told)]
    np.testing.assert_array_equal(*spends)


@pytest.mark.parametrize(
    ("key", "value"),
    [("together", [["claims"]]), ("together", [["claims", "weather"]]), ("days", []), ("draws", 1)],
)
def test_what_cannot_be_studied_is_refused(key: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=key):
        _command(**{key: value})
