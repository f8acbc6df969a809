"""Time how long learners take to the same quality: three points above the static plan.

On the task Uncertain-M, around the static plan (an action of 0 does not react, so that everything
has to be learnt), by five training seeds, in CPU seconds of learning alone, on one torch thread;
the network is flown on the validation markets between iterations, and that is not counted. A
training that does not get there within a bound counts with the bound, so that ratios are at least
what is told.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from mediagym.agents.experiment import Experiment
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import percent_of, rollout_policy
from mediagym.agents.training import (
    LEARNERS,
    Actor,
    AnalyticPolicyGradient,
    LearnedPolicy,
    Network,
    SB3Envs,
    Training,
    default_ppo,
    learner_of,
)
from mediagym.data.storage import shipped_yaml
from mediagym.envs.environment import BudgetEnv, BudgetVectorEnv
from mediagym.scripts.benchmarks.figure import Figure
from mediagym.scripts.benchmarks.training import task_experiment

_SEEDS = 5
_ABOVE = 3.0  # points of the clairvoyant over the static plan
_BOUND = 200.0  # CPU seconds
Figures = dict[str, Figure]


def quality() -> Figures:
    """Time three trainings to the same quality, the median of the seeds."""
    torch.set_num_threads(1)
    experiment = task_experiment("env.action.follow=0")
    usual, scratch, warm = (
        np.array([_seconds(experiment, make(experiment, seed)) for seed in range(_SEEDS)])
        for make in (_usual, _batched, _backpropagated)
    )
    unit = f"CPU seconds, median of {_SEEDS} seeds"
    return {
        "PPO, DummyVecEnv of 8, batch 64, from scratch": Figure(float(np.median(usual)), 0, unit),
        "ppo_scratch": Figure(float(np.median(scratch)), 0, unit),
        "the warm start": Figure(float(np.median(warm)), 0, unit),
        "the first over ppo_scratch": _ratio(usual, scratch, 4),
        "the first over the warm start": _ratio(usual, warm, 20),
    }


def _ratio(slow: Any, fast: Any, target: float) -> Figure:
    return Figure(float(np.median(slow) / np.median(fast)), target, "times", at_least=True)


def _seconds(experiment: Experiment, training: tuple[Any, Callable[[], None]]) -> float:
    """Return the CPU seconds until a network is good enough, or the bound."""
    policy, iterate = training
    trial = experiment.held_out("validation")
    best = trial.best
    assert best is not None  # noqa: S101  # a task knows its clairvoyant

    def percent(flown: Any) -> float:
        return float(
            percent_of(rollout_policy(experiment.problem, flown, trial).total, best).mean()
        )

    record = Training(task=None, campaigns=[], objective="", seed=0, threads=1, steps=0)
    network = Network(Actor.of(policy), experiment.env.action, record, "ppo", "")
    enough = percent(PlanPolicy("static", experiment.problem.static_plan)) + _ABOVE
    spent = 0.0
    while spent < _BOUND:
        began = time.process_time()
        iterate()
        spent += time.process_time() - began
        if percent(LearnedPolicy("ppo", network, experiment.problem)) >= enough:
            return spent
    return _BOUND


def _usual(experiment: Experiment, seed: int) -> tuple[Any, Callable[[], None]]:
    settings = learner_of({**shipped_yaml("agent/ppo_scratch"), "n_epochs": 10})
    problem, source, env = experiment.problem, experiment.source, experiment.env
    model = default_ppo(lambda: BudgetEnv(problem, source, env), settings, seed)
    return model.policy, lambda: _learn(model)


def _batched(experiment: Experiment, seed: int) -> tuple[Any, Callable[[], None]]:
    settings = learner_of(shipped_yaml("agent/ppo_scratch"))
    envs = BudgetVectorEnv(experiment.problem, experiment.source, experiment.env, settings.n_envs)
    model = LEARNERS["ppo_scratch"].build(SB3Envs(envs), settings, seed)
    model.lr_schedule = lambda _: settings.learning_rate  # its end is not known beforehand
    return model.policy, lambda: _learn(model)


def _backpropagated(experiment: Experiment, seed: int) -> tuple[Any, Callable[[], None]]:
    settings = learner_of(shipped_yaml("agent/ppo"))
    envs = BudgetVectorEnv(experiment.problem, experiment.source, experiment.env, 1)
    policy = LEARNERS["ppo"].build(SB3Envs(envs), settings, seed).policy
    actor, experiment = Actor.of(policy), experiment
    warm = AnalyticPolicyGradient(
        actor, experiment.problem, experiment.source, experiment.env, settings.warm, seed
    )
    return policy, warm.step


def _learn(model: Any) -> None:
    model.learn(int(model.n_steps * model.n_envs), reset_num_timesteps=False)
