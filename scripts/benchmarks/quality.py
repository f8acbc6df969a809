"""Benchmark of learners: CPU time until three points above the static plan.

On the task Uncertain-M, with actions around the static plan (an action of 0 does not react, so
everything has to be learnt), five training seeds, one torch thread. Only learning is timed, not
the rollouts on the validation markets between iterations. A training that does not reach the goal
within the time limit counts as the limit, so the ratios of the slower one are lower bounds.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from mediagym.agents.experiment import Experiment
from mediagym.agents.networks import Actor, LearnedPolicy, Network, Training
from mediagym.agents.policy import PlanPolicy, Policy
from mediagym.agents.rollout import percent_of, rollout_policy
from mediagym.agents.training import (
    LEARNERS,
    AnalyticPolicyGradient,
    SB3Envs,
    default_ppo,
    learner_of,
)
from mediagym.data.storage import shipped_yaml
from mediagym.envs.environment import BudgetEnv, BudgetVectorEnv
from mediagym.scripts.benchmarks.figure import Figure, Figures
from mediagym.scripts.benchmarks.training import task_experiment

_SEEDS = 5
_MARGIN = 3.0  # percent of the clairvoyant above the static plan
_TIME_LIMIT = 200.0  # CPU seconds


def quality() -> Figures:
    """Median over the seeds of the CPU seconds to the same quality, for three trainings."""
    torch.set_num_threads(1)
    experiment = task_experiment("env.action.follow=0")
    default, scratch, warm = (
        np.array([_seconds_to_goal(experiment, make(experiment, seed)) for seed in range(_SEEDS)])
        for make in (_default_ppo, _batched_ppo, _warm_start)
    )
    unit = f"CPU seconds, median of {_SEEDS} seeds"
    return {
        "PPO, DummyVecEnv of 8, batch 64, from scratch": Figure(float(np.median(default)), 0, unit),
        "ppo_scratch": Figure(float(np.median(scratch)), 0, unit),
        "the warm start": Figure(float(np.median(warm)), 0, unit),
        "the first over ppo_scratch": _ratio(default, scratch, 4),
        "the first over the warm start": _ratio(default, warm, 20),
    }


def _ratio(slow: Any, fast: Any, target: float) -> Figure:
    return Figure(float(np.median(slow) / np.median(fast)), target, "times", at_least=True)


def _seconds_to_goal(experiment: Experiment, training: tuple[Any, Callable[[], None]]) -> float:
    """Return the CPU seconds of learning until the goal is reached, at most the time limit."""
    policy, iterate = training
    evaluation_set = experiment.held_out("validation")
    best = evaluation_set.best
    assert best is not None  # noqa: S101  # tasks ship their clairvoyant values

    def percent(candidate: Policy) -> float:
        rollout = rollout_policy(experiment.problem, candidate, evaluation_set)
        return float(percent_of(rollout.total, best).mean())

    record = Training(task=None, campaigns=[], objective="", seed=0, threads=1, steps=0)
    network = Network(Actor.of(policy), experiment.env.action, record, "ppo", "")
    goal = percent(PlanPolicy("static", experiment.problem.static_plan)) + _MARGIN
    seconds = 0.0
    while seconds < _TIME_LIMIT:
        start = time.process_time()
        iterate()
        seconds += time.process_time() - start
        if percent(LearnedPolicy("ppo", network, experiment.problem)) >= goal:
            return seconds
    return _TIME_LIMIT


def _default_ppo(experiment: Experiment, seed: int) -> tuple[Any, Callable[[], None]]:
    settings = learner_of({**shipped_yaml("agent/ppo_scratch"), "n_epochs": 10})
    problem, source, env = experiment.problem, experiment.source, experiment.env
    model = default_ppo(lambda: BudgetEnv(problem, source, env), settings, seed)
    return model.policy, lambda: _learn(model)


def _batched_ppo(experiment: Experiment, seed: int) -> tuple[Any, Callable[[], None]]:
    settings = learner_of(shipped_yaml("agent/ppo_scratch"))
    envs = BudgetVectorEnv(experiment.problem, experiment.source, experiment.env, settings.n_envs)
    model = LEARNERS["ppo_scratch"].build(SB3Envs(envs), settings, seed)
    model.lr_schedule = lambda _: settings.learning_rate  # constant: the end is unknown
    return model.policy, lambda: _learn(model)


def _warm_start(experiment: Experiment, seed: int) -> tuple[Any, Callable[[], None]]:
    settings = learner_of(shipped_yaml("agent/ppo"))
    envs = BudgetVectorEnv(experiment.problem, experiment.source, experiment.env, 1)
    policy = LEARNERS["ppo"].build(SB3Envs(envs), settings, seed).policy
    warm = AnalyticPolicyGradient(
        Actor.of(policy),
        experiment.problem,
        experiment.source,
        experiment.env,
        settings.warm,
        seed,
    )
    return policy, warm.step


def _learn(model: Any) -> None:
    model.learn(int(model.n_steps * model.n_envs), reset_num_timesteps=False)
