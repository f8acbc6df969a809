from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mediagym.agents import apg, ppo
from mediagym.agents.evaluation import Trial, fly_policy
from mediagym.agents.learned import LearnedPolicy, Network
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.ppo import PPOSettings, train_ppo
from mediagym.agents.workflow import Session, learn
from mediagym.data.errors import ConfigError, DataError

Learner = Callable[..., PPOSettings]
Trials = Callable[..., Trial]


def _train(session: Session, trial: Trial, settings: PPOSettings, seed: int = 0) -> Network:
    markets = session.posterior.training()
    return train_ppo(session.problem, markets, trial, session.env, settings, seed, progress=False)


def _weights(network: Network) -> torch.Tensor:
    return torch.cat([value.view(-1) for value in network.policy.state_dict().values()])


def test_training_is_bitwise_the_same_for_a_seed_and_another_for_another(
    session: Session, held_trial: Trials, learner: Learner
) -> None:
    # what is kept may be the untrained network: compare what each has seen
    networks = [_train(session, held_trial(2), learner(checks=1), seed) for seed in (3, 3, 4)]
    one, same, other = map(_weights, networks)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_global_generators_do_not_steer_the_training(
    session: Session, held_trial: Trials, learner: Learner
) -> None:
    found = []
    for noise in (0, 1):
        torch.manual_seed(noise)
        np.random.seed(noise)  # noqa: NPY002  # someone else's doing
        found.append(_weights(_train(session, held_trial(2), learner())))
    assert torch.equal(*found)


def test_what_is_kept_is_never_worse_than_the_static_plan_on_its_validation_markets(
    session: Session, held_trial: Trials, learner: Learner
) -> None:
    trial, problem = held_trial(6), session.problem
    wild = learner(rate=0.5, warm={"iterations": 2, "flights": 2, "rate": 1.0})
    network = _train(session, trial, wild)
    kept = fly_policy(problem, LearnedPolicy("ppo", network, problem), trial).total.mean()
    static = fly_policy(problem, PlanPolicy("static", problem.base), trial).total.mean()
    assert kept >= static * (1 - 1e-9)
