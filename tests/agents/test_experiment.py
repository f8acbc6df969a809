"""A task's arena and a calibration's know the same things."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment, TaskExperiment
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import rollout_policy
from mediagym.agents.training import validation_percent
from mediagym.data.errors import ConfigError
from mediagym.envs.market import simulate
from mediagym.envs.suite import reference_of, task_of


@pytest.fixture
def experiment(experiment: Experiment, tmp_path: Path) -> Experiment:
    """A task's arena of a few markets."""
    few = experiment.evaluation.model_copy(update={"markets": 3})
    return TaskExperiment.of(
        task_of("Uncertain-S"), experiment.env, few, {"validation": 4}, tmp_path
    )


def test_a_task_s_trials_are_its_published_markets_with_their_bound(experiment: Experiment) -> None:
    shipped = reference_of("Uncertain-S").daily
    for split, count in (("validation", 4), ("test", 3)):
        trial = experiment.held_out(split)
        np.testing.assert_array_equal(trial.best, shipped[split][:count])
        assert trial.noise.demand.shape[:2] == (30, count)
    many = replace(experiment, evaluation=experiment.evaluation.model_copy(update={"markets": 500}))
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
    experiment: Experiment, experiment: Experiment, split: str
) -> None:
    for one in (experiment, experiment):
        with pytest.raises(ConfigError, match="not held out; allowed: validation, test"):
            one.held_out(split)


@pytest.mark.parametrize("kind", ["daily", "steady"])
def test_plans_of_a_calibration_are_better_than_the_static_one_and_kept(
    experiment: Experiment, tmp_path: Path, kind: str
) -> None:
    experiment = replace(experiment, cache=tmp_path)
    trial, plans = experiment.held_out("test"), experiment.plans("test", kind)
    base = experiment.problem.static_plan
    if kind == "steady":
        base = np.tile(base.mean(0), (len(base), 1))
    static = rollout_policy(experiment.problem, PlanPolicy("static", base), trial)
    known = rollout_policy(experiment.problem, PlanPolicy(kind, plans), trial)
    assert known.total.mean() > static.total.mean()
    if kind == "steady":
        assert np.ptp(plans, axis=0).max() < 1e-9
    (file,) = tmp_path.rglob("*.npz")
    before = file.stat().st_mtime_ns
    np.testing.assert_array_equal(experiment.plans("test", kind), plans)
    assert file.stat().st_mtime_ns == before


def test_a_task_s_daily_plans_are_worth_what_ships(experiment: Experiment) -> None:
    trial, plans = experiment.held_out("test"), experiment.plans("test", "daily")
    _, outcomes = simulate(trial.market, trial.state, plans, trial.noise.without_count_noise())
    value = sum(outcome.expected.sum(-1) for outcome in outcomes)
    np.testing.assert_allclose(value, trial.best, rtol=1e-4)


def test_what_is_kept_is_found_by_all_that_it_depends_on(experiment: Experiment) -> None:
    places = [experiment.cache_path("x", {"a": a}, "json") for a in (1, 2)]
    problem = experiment.problem._replace(static_plan=experiment.problem.static_plan * 0.9)
    other = replace(experiment, problem=problem).cache_path("x", {"a": 1}, "json")
    assert len({*places, other}) == 3
    assert replace(experiment).cache_path("x", {"a": 1}, "json") == places[0]


def test_the_score_of_a_sweep_is_that_of_the_validation_markets(
    experiment: Experiment, experiment: Experiment
) -> None:
    static = PlanPolicy("static", experiment.problem.static_plan)
    trial = experiment.held_out("validation")
    expected = 100 * (rollout_policy(experiment.problem, static, trial).total / trial.best).mean()
    assert validation_percent(experiment._replace(experiment=experiment), static) == pytest.approx(
        expected
    )
    assert (
        50
        < validation_percent(experiment, PlanPolicy("static", experiment.problem.static_plan))
        <= 100 + 1e-6
    )
