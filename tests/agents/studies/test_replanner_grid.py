"""The grid of the re-planner's settings: every pair once, in the markets that are asked for."""

from typing import Any

import pytest

from mediagym.agents.policies import RollingHorizon, RollingHorizonSettings
from mediagym.agents.rollout import EvaluationSet, percent_of, rollout_policy
from mediagym.agents.studies import ReplannerGridCommand, replanner_grid
from mediagym.data.errors import ConfigError
from mediagym.data.storage import shipped_yaml
from mediagym.envs.suite import held_out_markets, posterior_of, problem_for, reference_of, task_of

SMALL = {"tasks": ["Uncertain-S"], "markets": 3, "draws": 16, "walk": [0, 0.1], "temper": [1, 0.5]}


def _command(**changes: Any) -> ReplannerGridCommand:
    return ReplannerGridCommand.read(shipped_yaml("replanner_grid") | SMALL | changes)


def test_every_pair_flies_once_and_the_best_comes_first() -> None:
    done: list[None] = []
    rows = replanner_grid(_command(), lambda: done.append(None))
    assert len(done) == 4
    assert {(row["walk"], row["temper"]) for row in rows} == {
        (0, 1),
        (0, 0.5),
        (0.1, 1),
        (0.1, 0.5),
    }
    means = [row["mean"] for row in rows]
    assert means == sorted(means, reverse=True)
    assert all(row["mean"] == row["tasks"]["Uncertain-S"] for row in rows)
    task = task_of("Uncertain-S")
    problem, posterior = problem_for(task), posterior_of(task)
    policy = RollingHorizon(problem, posterior, 16, 0.1, 0.5)
    flown = rollout_policy(problem, policy, EvaluationSet(*held_out_markets(task, "validation", 3)))
    percent = percent_of(flown.total, reference_of("Uncertain-S").daily["validation"][:3]).mean()
    (row,) = [row for row in rows if (row["walk"], row["temper"]) == (0.1, 0.5)]
    assert row["mean"] == pytest.approx(percent)


@pytest.mark.parametrize(("key", "value"), [("temper", [2]), ("walk", []), ("markets", 201)])
def test_what_no_re_planner_takes_is_refused(key: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=key):
        _command(**{key: value})


def test_the_shipped_settings_are_of_the_grid() -> None:
    command = ReplannerGridCommand.read(shipped_yaml("replanner_grid"))
    shipped = RollingHorizonSettings.of(shipped_yaml("agent/replanner"), "agent")
    assert (shipped.walk, shipped.temper) in command.pairs
    assert shipped.draws == command.draws
