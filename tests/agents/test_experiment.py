"""Experiments of a task and of a calibration hold the same things."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment, TaskExperiment
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import rollout_policy
from mediagym.agents.training import validation_percent
from mediagym.data.errors import ConfigError
from mediagym.data.storage import read_arrays, write_arrays
from mediagym.envs.market import simulate
from mediagym.envs.suite import reference_of, task_of


@pytest.fixture
def task(experiment: Experiment, learner: Callable[..., Any], tmp_path: Path) -> Experiment:
    """A task's experiment with a few markets."""
    return TaskExperiment.of(
        task_of("Uncertain-S"),
        env=experiment.env,
        evaluation=experiment.evaluation.model_copy(update={"markets": 3}),
        solver=experiment.solver,
        agent=learner(validation=4),
        cache=tmp_path,
    )


def test_a_task_s_held_out_sets_are_its_published_markets_with_their_values(
    task: Experiment,
) -> None:
    shipped = reference_of("Uncertain-S").daily
    for split, count in (("validation", 4), ("test", 3)):
        held_out = task.held_out(split)
        np.testing.assert_array_equal(held_out.best, shipped[split][:count])
        assert held_out.noise.demand.shape[:2] == (30, count)
    many = replace(task, evaluation=task.evaluation.model_copy(update={"markets": 500}))
    assert len(many.held_out("test").best) == 200


def test_a_calibration_s_trials_are_held_out_and_apart(experiment: Experiment) -> None:
    trials = [experiment.held_out(split) for split in ("validation", "test")]
    rows = [{tuple(row) for row in trial.market.elasticity} for trial in trials]
    trained = {tuple(row) for row in experiment.source.market.elasticity}
    assert not rows[0] & rows[1]
    assert not (rows[0] | rows[1]) & trained
    assert all(trial.best is None for trial in trials)


@pytest.mark.parametrize("split", ["train", "tset"])
def test_a_split_that_is_not_held_out_is_refused(
    task: Experiment, experiment: Experiment, split: str
) -> None:
    for one in (task, experiment):
        with pytest.raises(ConfigError, match="not held out; allowed: validation, test"):
            one.held_out(split)


@pytest.mark.parametrize("kind", ["daily", "constant"])
def test_plans_of_a_calibration_are_better_than_the_static_one_and_kept(
    experiment: Experiment, tmp_path: Path, kind: str
) -> None:
    experiment = replace(experiment, cache=tmp_path)
    trial, plans = experiment.held_out("test"), experiment.plans("test", kind)
    base = experiment.problem.static_plan
    if kind == "constant":
        base = np.tile(base.mean(0), (len(base), 1))
    static = rollout_policy(experiment.problem, PlanPolicy("static", base), trial)
    known = rollout_policy(experiment.problem, PlanPolicy(kind, plans), trial)
    assert known.total.mean() > static.total.mean()
    if kind == "constant":
        assert np.ptp(plans, axis=0).max() < 1e-9
    (file,) = tmp_path.rglob("*.npz")
    before = file.stat().st_mtime_ns
    np.testing.assert_array_equal(experiment.plans("test", kind), plans)
    assert file.stat().st_mtime_ns == before


def test_a_damaged_result_is_computed_again_and_said(
    task: Experiment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def result(count: int = 2) -> Any:
        return task.cached("x", count, (count,), lambda: np.arange(1.0, 1 + count))

    first = result()
    (file,) = tmp_path.rglob("x-*.npz")
    for damage in (
        lambda: write_arrays(file, {"plan": np.zeros(2)}),  # the old form
        lambda: write_arrays(file, {**read_arrays(file), "result": np.zeros(2)}),
        lambda: file.write_bytes(file.read_bytes()[:-9]),
        lambda: (result(3), next(p for p in tmp_path.rglob("x-*") if p != file).rename(file)),
    ):
        damage()
        np.testing.assert_array_equal(result(), first)
        assert capsys.readouterr().err.count(f"note: cache entry {file}: ") == 1
    np.testing.assert_array_equal(result(), first)
    assert capsys.readouterr().err == ""


def test_a_task_s_daily_plans_are_worth_what_ships(task: Experiment) -> None:
    trial, plans = task.held_out("test"), task.plans("test", "daily")
    _, outcomes = simulate(trial.market, trial.state, plans, trial.noise.without_count_noise())
    value = sum(outcome.expected.sum(-1) for outcome in outcomes)
    np.testing.assert_allclose(value, trial.best, rtol=1e-4)


def test_what_is_kept_is_found_by_all_that_it_depends_on(task: Experiment) -> None:
    places = [task.cache_path("x", {"a": a}, "json") for a in (1, 2)]
    problem = replace(task.problem, static_plan=task.problem.static_plan * 0.9)
    other = replace(task, problem=problem).cache_path("x", {"a": 1}, "json")
    assert len({*places, other}) == 3
    assert replace(task).cache_path("x", {"a": 1}, "json") == places[0]


def test_the_score_of_a_sweep_is_that_of_the_validation_markets(
    task: Experiment, experiment: Experiment
) -> None:
    static = PlanPolicy("static", task.problem.static_plan)
    held_out = task.held_out("validation")
    expected = 100 * (rollout_policy(task.problem, static, held_out).total / held_out.best).mean()
    assert validation_percent(task, static) == pytest.approx(expected)
    static = PlanPolicy("static", experiment.problem.static_plan)
    assert 50 < validation_percent(experiment, static) <= 100 + 1e-6
