"""A task's arena and a calibration's know the same things."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment, Session, TaskExperiment
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import rollout_policy
from mediagym.agents.training import validation_percent
from mediagym.data.errors import ConfigError
from mediagym.envs.market import simulate
from mediagym.envs.suite import reference_of, task_of


@pytest.fixture
def arena(session: Session, tmp_path: Path) -> Experiment:
    """A task's arena of a few markets."""
    few = session.evaluation.model_copy(update={"markets": 3})
    return TaskExperiment.of(task_of("Uncertain-S"), session.env, few, {"validation": 4}, tmp_path)


def test_a_task_s_trials_are_its_published_markets_with_their_bound(arena: Experiment) -> None:
    shipped = reference_of("Uncertain-S").daily
    for split, count in (("validation", 4), ("test", 3)):
        trial = arena.trial(split)
        np.testing.assert_array_equal(trial.best, shipped[split][:count])
        assert trial.noise.demand.shape[:2] == (30, count)
    many = replace(arena, evaluation=arena.evaluation.model_copy(update={"markets": 500}))
    assert len(many.trial("test").best) == 200


def test_a_calibration_s_trials_are_held_out_and_apart(session: Session) -> None:
    trials = [session.arena.trial(split) for split in ("validation", "test")]
    rows = [{tuple(row) for row in trial.market.elasticity} for trial in trials]
    trained = {tuple(row) for row in session.arena.source.market.elasticity}
    assert not rows[0] & rows[1]
    assert not (rows[0] | rows[1]) & trained
    assert all(trial.best is None for trial in trials)


@pytest.mark.parametrize("split", ["train", "tset"])
def test_a_split_that_is_not_held_out_is_refused(
    arena: Experiment, session: Session, split: str
) -> None:
    for one in (arena, session.arena):
        with pytest.raises(ConfigError, match="not held out; allowed: validation, test"):
            one.trial(split)


@pytest.mark.parametrize("kind", ["daily", "steady"])
def test_plans_of_a_calibration_are_better_than_the_static_one_and_kept(
    session: Session, tmp_path: Path, kind: str
) -> None:
    arena = replace(session.arena, cache=tmp_path)
    trial, plans = arena.trial("test"), arena.plans("test", kind)
    base = arena.problem.static_plan
    if kind == "steady":
        base = np.tile(base.mean(0), (len(base), 1))
    static = rollout_policy(arena.problem, PlanPolicy("static", base), trial)
    known = rollout_policy(arena.problem, PlanPolicy(kind, plans), trial)
    assert known.total.mean() > static.total.mean()
    if kind == "steady":
        assert np.ptp(plans, axis=0).max() < 1e-9
    (file,) = tmp_path.rglob("*.npz")
    before = file.stat().st_mtime_ns
    np.testing.assert_array_equal(arena.plans("test", kind), plans)
    assert file.stat().st_mtime_ns == before


def test_a_task_s_daily_plans_are_worth_what_ships(arena: Experiment) -> None:
    trial, plans = arena.trial("test"), arena.plans("test", "daily")
    _, outcomes = simulate(trial.market, trial.state, plans, trial.noise.without_count_noise())
    value = sum(outcome.expected.sum(-1) for outcome in outcomes)
    np.testing.assert_allclose(value, trial.best, rtol=1e-4)


def test_what_is_kept_is_found_by_all_that_it_depends_on(arena: Experiment) -> None:
    places = [arena.cache_path("x", {"a": a}, "json") for a in (1, 2)]
    problem = arena.problem._replace(static_plan=arena.problem.static_plan * 0.9)
    other = replace(arena, problem=problem).cache_path("x", {"a": 1}, "json")
    assert len({*places, other}) == 3
    assert replace(arena).cache_path("x", {"a": 1}, "json") == places[0]


def test_the_score_of_a_sweep_is_that_of_the_validation_markets(
    arena: Experiment, session: Session
) -> None:
    static = PlanPolicy("static", arena.problem.static_plan)
    trial = arena.trial("validation")
    expected = 100 * (rollout_policy(arena.problem, static, trial).total / trial.best).mean()
    assert validation_percent(session._replace(arena=arena), static) == pytest.approx(expected)
    assert (
        50
        < validation_percent(session, PlanPolicy("static", session.problem.static_plan))
        <= 100 + 1e-6
    )
