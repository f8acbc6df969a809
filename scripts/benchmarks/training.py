"""Benchmark of PPO's throughput: the batched environment against Stable-Baselines3's defaults.

Both run in one process on one torch thread, on the task Uncertain-M. CPU time of whole iterations
(rollouts and gradient steps, without logging) after a warm-up.
"""

import time
from typing import Any

import torch
from hydra import compose, initialize_config_dir

from mediagym.agents.experiment import Experiment
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.agents.setup import ExperimentConfig, candidates_of, prepare
from mediagym.agents.training import LEARNERS, SB3Envs, default_ppo, learner_of
from mediagym.data.storage import CONF, shipped_yaml
from mediagym.envs.suite import make_env, make_vector_env
from mediagym.scripts.benchmarks.figure import Figure, Figures
from mediagym.scripts.cli import to_plain_dict

_TASK = "Uncertain-M"
_OURS: dict[str, Any] = {"n_envs": 1024, "batch_size": 7680, "n_epochs": 10, "net_arch": [64, 64]}
_REPEATS = 3
_WARM_UP = 5  # iterations until the environments of the default setting run at full speed
_FLIGHTS = 1024


def training() -> Figures:
    """Environment steps of PPO per CPU-second, gradient steps included, in both settings."""
    torch.set_num_threads(1)
    settings = learner_of({**shipped_yaml("agent/ppo"), **_OURS})
    envs = SB3Envs(make_vector_env(settings.n_envs, _TASK))
    ours = _steps_per_second(LEARNERS["ppo"].build(envs, settings, 0))
    slow = _steps_per_second(default_ppo(lambda: make_env(_TASK), settings, 0), _WARM_UP)
    unit = "environment steps per CPU-second"
    return {
        "PPO, 1,024 flights, batch 7,680, 10 epochs": Figure(ours, 15_000, unit, at_least=True),
        "PPO, DummyVecEnv of 8, batch 64, 10 epochs": Figure(slow, 0, unit),
        "the first over the second": Figure(ours / slow, 10, "times", at_least=True),
        **decisions(),
    }


def decisions() -> Figures:
    """CPU time per decision for 1,024 flights, of the reference policy and the re-planner."""
    experiment = task_experiment()
    days = experiment.problem.days
    evaluation_set = EvaluationSet(*experiment.source.draw(0, range(_FLIGHTS), days))
    rollouts = [
        rollout_policy(experiment.problem, candidate.policies[0], evaluation_set)
        for candidate in candidates_of(["ppo", "replanner"], experiment)
    ]
    fast, slow = (rollout.seconds / days * 1e3 for rollout in rollouts)
    return {
        "time per decision of ppo, 1,024 flights": Figure(fast, 0, "ms of CPU"),
        "time per decision of the re-planner, 1,024 flights": Figure(slow, 0, "ms of CPU"),
        "the second over the first": Figure(slow / fast, 20, "times", at_least=True),
    }


def task_experiment(*overrides: str) -> Experiment:
    """Return the experiment of the benchmarked task, prepared as by ``scripts/train.py``."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", overrides=[f"task={_TASK}", *overrides])
    return prepare(ExperimentConfig.read(to_plain_dict(config)), lambda _: None)


def _steps_per_second(model: Any, warm_up: int = 1) -> float:
    """Environment steps per CPU-second, measured after ``warm_up`` iterations."""
    iteration = int(model.n_steps * model.n_envs)
    model.learn(warm_up * iteration)
    start = time.process_time()
    model.learn(_REPEATS * iteration, reset_num_timesteps=False)
    return _REPEATS * iteration / (time.process_time() - start)
