"""Time training: PPO on the batched environment beside Stable-Baselines3's usual setting.

Both are measured in one run, on one torch thread, on the task Uncertain-M, in CPU seconds: whole
iterations (flying, learning, logging off) after some that are not counted.
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
from mediagym.scripts.benchmarks.figure import Figure
from mediagym.scripts.cli import to_plain_dict

_TASK = "Uncertain-M"
_OURS: dict[str, Any] = {"n_envs": 1024, "batch_size": 7680, "n_epochs": 10, "net_arch": [64, 64]}
_REPEATS = 3
_EARLY = 5  # iterations of the usual setting after which its environments are at full speed
_FLIGHTS = 1024
Figures = dict[str, Figure]


def training() -> Figures:
    """Time environment steps of PPO, learning included, in both settings."""
    torch.set_num_threads(1)
    settings = learner_of({**shipped_yaml("agent/ppo"), **_OURS})
    envs = SB3Envs(make_vector_env(settings.n_envs, _TASK))
    ours = _rate(LEARNERS["ppo"].build(envs, settings, 0))
    slow = _rate(default_ppo(lambda: make_env(_TASK), settings, 0), _EARLY)
    unit = "environment steps a CPU-second"
    return {
        "PPO, 1,024 flights, batch 7,680, 10 epochs": Figure(ours, 15_000, unit, at_least=True),
        "PPO, DummyVecEnv of 8, batch 64, 10 epochs": Figure(slow, 0, unit),
        "the first over the second": Figure(ours / slow, 10, "times", at_least=True),
        **decisions(),
    }


def decisions() -> Figures:
    """Time one decision for 1,024 flights: the reference policy's and the re-planner's."""
    experiment = task_experiment()
    days = experiment.problem.days
    trial = EvaluationSet(*experiment.source.draw(0, range(_FLIGHTS), days))
    flown = [
        rollout_policy(experiment.problem, entrant.policies[0], trial)
        for entrant in candidates_of(["ppo", "replanner"], experiment)
    ]
    fast, slow = (f.seconds / days * 1e3 for f in flown)
    return {
        "a decision of ppo, 1,024 flights": Figure(fast, 0, "ms of CPU"),
        "a decision of the re-planner, 1,024 flights": Figure(slow, 0, "ms of CPU"),
        "the second over the first": Figure(slow / fast, 20, "times", at_least=True),
    }


def task_experiment(*overrides: str) -> Experiment:
    """Return the experiment of the task that is timed, as ``scripts/train.py`` prepares it."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", overrides=[f"task={_TASK}", *overrides])
    return prepare(ExperimentConfig.read(to_plain_dict(config)), lambda _: None)


def _rate(model: Any, before: int = 1) -> float:
    """Return environment steps a CPU-second after iterations that are not counted."""
    iteration = int(model.n_steps * model.n_envs)
    model.learn(before * iteration)
    began = time.process_time()
    model.learn(_REPEATS * iteration, reset_num_timesteps=False)
    return _REPEATS * iteration / (time.process_time() - began)
