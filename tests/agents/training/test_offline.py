"""Offline learning: the log, its advantages, and what a network learns from them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from mediagym.agents.experiment import Experiment
from mediagym.agents.networks import Actor, LearnedPolicy, Network, Training
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.agents.training import OfflineLearning
from mediagym.agents.training.offline import Log, advantages, logged
from mediagym.agents.training.trainer import train
from mediagym.envs.environment import BudgetVectorEnv, MarketPool

FLIGHTS = 6


def _log(experiment: Experiment, seed: int = 3) -> Log:
    markets = experiment.posterior.training()
    envs = BudgetVectorEnv(experiment.problem, markets, experiment.env, FLIGHTS)
    return logged(envs, 0.5, seed)


def test_a_log_is_that_of_its_seed(experiment: Experiment) -> None:
    one, same, other = (_log(experiment, seed) for seed in (3, 3, 4))
    for a, b, c in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.shape[:2] == (experiment.problem.days, FLIGHTS)
        assert np.abs(a - c).max() > 0
    assert np.abs(one.action).max() <= 1
    assert one.action.std() == pytest.approx(0.5, rel=0.15)  # a little is cut off at 1


def _synthetic(days: int = 5, flights: int = 400) -> Log:
    rng = np.random.default_rng(0)
    action = rng.standard_normal((days, flights, 2)).astype(np.float32)
    known = rng.standard_normal((flights, 3)).astype(np.float32)  # the same on all days
    observation = np.repeat(known[None], days, 0)
    reward = 3 * observation[..., 0] + action[..., 0] + 0.1 * rng.standard_normal((days, flights))
    return Log(observation, action, reward)


@pytest.mark.parametrize("lam", [0.1, 0.5])
def test_an_advantage_is_what_the_action_brought_without_what_the_day_was_worth(lam: float) -> None:
    log = _synthetic()
    advantage = advantages(log, 1.0, lam)
    assert advantage.std() == pytest.approx(1)
    for t, found in enumerate(advantage):
        features = np.stack([log.action[t, :, 0], log.action[t, :, 1], log.observation[t, :, 0]])
        first, second, day = np.corrcoef(np.vstack([found, features]))[0, 1:]
        assert first > 0.8
        assert abs(second) < 0.25
        assert abs(day) < 0.25


def test_discounting_to_nothing_leaves_the_days_own_reward() -> None:
    log = _synthetic()
    later = log._replace(reward=np.concatenate([log.reward[:1], 5 * log.reward[1:]]))
    one, two = (advantages(each, 1e-9, 0.5)[0] for each in (log, later))
    assert np.corrcoef(one, two)[0, 1] > 1 - 1e-6


def _offline(
    actor: Actor, experiment: Experiment, learner: Callable, **changes: object
) -> OfflineLearning:
    warm = {"iterations": 60, "flights": 256, "learning_rate": 1e-2}
    settings = learner("offline", batch_size=512, **({"warm": warm} | changes))
    source = MarketPool(*experiment.posterior.training())
    learning = OfflineLearning(actor, experiment.problem, source, experiment.env, settings, 0)
    for _ in range(settings.warm.iterations):
        learning.step()
    return learning


def test_it_improves_on_a_plan_that_is_far_from_the_optimum(
    actor: Actor,
    far_from_the_optimum: Experiment,
    held_out_set: Callable[..., EvaluationSet],
    record: Training,
    learner: Callable,
) -> None:
    experiment = far_from_the_optimum
    learning = _offline(actor, experiment, learner)
    network = Network(actor, experiment.env.action, record, "offline", "")
    policies = (
        LearnedPolicy("zero", replace(network, actor=actor.zero_action_copy()), experiment.problem),
        LearnedPolicy("offline", network, experiment.problem),
    )
    before, after = (
        rollout_policy(experiment.problem, policy, held_out_set(4)).total.mean()
        for policy in policies
    )
    assert after > 1.02 * before
    assert learning.steps == 256 * experiment.problem.days


def test_it_continues_from_its_state(
    actor: Actor, experiment: Experiment, learner: Callable
) -> None:
    warm = {"iterations": 4, "flights": FLIGHTS, "learning_rate": 1e-2}
    other = actor.copy()
    whole = _offline(actor, experiment, learner, warm=warm)
    half = _offline(other, experiment, learner, warm=warm | {"iterations": 2})
    again = _offline(other, experiment, learner, warm=warm | {"iterations": 0})
    again.settings = whole.settings
    again.restore(half.state())
    assert again.iterations == 2
    again.step()
    again.step()
    assert again.iterations == whole.iterations
    for one, two in zip(actor.parameters(), other.parameters(), strict=True):
        assert torch.isfinite(two).all()
        assert one.shape == two.shape


def test_its_network_starts_from_the_static_plan_in_every_environment(
    experiment: Experiment, held_out_set: Callable[..., EvaluationSet], learner: Callable
) -> None:
    following = experiment.env.action.model_copy(update={"follow": 1.0})
    env = experiment.env.model_copy(update={"action": following})
    markets, validation = experiment.posterior.training(), held_out_set(2)
    settings = learner("offline", total_timesteps=0)
    network = train(experiment.problem, markets, validation, env, settings, 0, None, progress=False)
    assert network.action.follow == 0
    assert network.training.steps == settings.warm.flights * experiment.problem.days
