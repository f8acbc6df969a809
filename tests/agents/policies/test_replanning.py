"""`mpc` and `weekly`: the markets that they plan for, and when they plan."""

from collections.abc import Callable

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.policies.mpc import Mpc, MpcSettings, belief_markets
from mediagym.agents.policies.weekly import Weekly, WeeklySettings
from mediagym.agents.rollout import percent_of, rollout_policy
from mediagym.data.storage import shipped_yaml
from mediagym.envs.flight import Observable, initial_state, weights
from mediagym.envs.market import odds_at_reference


@pytest.fixture(scope="module")
def experiment(task_experiment: Callable[..., Experiment]) -> Experiment:
    return task_experiment("Uncertain-S", markets=8)


def _weekly(experiment: Experiment, **changes: object) -> Weekly:
    settings = WeeklySettings.of(shipped_yaml("agent/weekly") | changes, "agent")
    return Weekly(experiment.problem, experiment.posterior, settings)


def _mpc(experiment: Experiment, **changes: object) -> Mpc:
    return Mpc(experiment.problem, MpcSettings.of(shipped_yaml("agent/mpc") | changes, "agent"))


def _view(experiment: Experiment) -> Observable:
    return initial_state(experiment.problem, experiment.problem.state, (3,)).view


def test_the_points_have_the_beliefs_mean_and_covariance(experiment: Experiment) -> None:
    problem, belief = experiment.problem, _view(experiment).belief
    market, state = belief_markets(problem, belief, 4)
    count = len(problem.constraints.names)
    level = (state.level / problem.claim_slope).reshape(3, 4, count)
    odds = odds_at_reference(market.elasticity, problem.market.slope)
    log_odds = np.log(odds).reshape(3, 4, count)
    level, log_odds = (
        level - level.mean(1, keepdims=True),
        log_odds - log_odds.mean(1, keepdims=True),
    )
    for found, moment in (
        ((level**2).mean(1), belief.covariance.level),
        ((log_odds**2).mean(1), belief.covariance.curve),
        ((level * log_odds).mean(1), belief.covariance.both),
    ):
        np.testing.assert_allclose(found, moment, rtol=1e-9, atol=1e-12)
    factor = np.exp(state.level.reshape(3, 4, count) - belief.state.level[:, None]).mean(1)
    np.testing.assert_allclose(factor, 1, rtol=1e-9)  # uncertainty of the level is no demand


def test_one_point_is_the_mean_market(experiment: Experiment) -> None:
    problem, belief = experiment.problem, _view(experiment).belief
    market, state = belief_markets(problem, belief, 1)
    np.testing.assert_allclose(state.level, problem.state.level + np.zeros((3, 1)), atol=1e-12)
    np.testing.assert_allclose(market.elasticity, problem.market.elasticity + np.zeros((3, 1)))


def test_resampled_draws_have_the_particles_means(experiment: Experiment) -> None:
    policy, view = _weekly(experiment, draws=128, sample=1000), _view(experiment)
    learnt = policy.learn(view, None)
    rng = np.random.default_rng(0)
    log_weight = rng.normal(size=learnt.particle_set.log_weight.shape)
    tilted = learnt.particle_set._replace(log_weight=log_weight)
    market, _ = policy._markets(learnt._replace(particle_set=tilted))
    found = market.elasticity.reshape(3, 1000, -1).mean(1)
    expected = (weights(tilted) * policy.draws.market.elasticity).sum(1)
    np.testing.assert_allclose(found, expected, rtol=0.01)


def test_a_week_is_carried_out_whatever_is_reported(experiment: Experiment) -> None:
    held_out = experiment.held_out("test")
    policy = _weekly(experiment, draws=64, sample=4, iterations=8)
    spend = rollout_policy(experiment.problem, policy, held_out).spend
    static = experiment.problem.static_plan
    np.testing.assert_allclose(spend[:7], static[:7, None] + 0 * spend[:7], rtol=1e-6, atol=0.01)
    assert np.abs(spend[7] - static[7]).max() > 10


def test_both_are_better_than_the_plan_they_start_from(experiment: Experiment) -> None:
    held_out = experiment.held_out("test")
    assert held_out.best is not None
    percent = {}
    for every, policy in (
        ("never", _mpc(experiment, every=366, iterations=1, points=1)),
        ("weekly", _weekly(experiment, draws=64, sample=8, iterations=15)),
        ("daily", _mpc(experiment, iterations=6, points=1)),
    ):
        total = rollout_policy(experiment.problem, policy, held_out).total
        percent[every] = percent_of(total, held_out.best).mean()
    assert percent["never"] < percent["weekly"] < percent["daily"]
