"""Trains, is killed, goes on: run as a program of its own, as a process that differentiates may
not fork. Prints, as JSON, the hashes of every learner's uninterrupted and resumed trainings.

Arguments: a folder, how many kills at least, and the learners.
"""

import hashlib
import json
import os
import signal
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch._dynamo  # which the first optimiser would import in every child
import yaml

from mediagym.agents.rollout import EvaluationSet
from mediagym.agents.training import learner_of, save_network
from mediagym.agents.training.checkpoint import read_state
from mediagym.agents.training.network import load_network
from mediagym.agents.training.trainer import train
from mediagym.envs.arrays import select
from mediagym.envs.environment import MarketPool
from mediagym.envs.suite import held_out_markets, problem_for, reference_of, sample_markets, task_of
from mediagym.envs.suite.env import _env

CONF = Path(__file__).parents[2] / "conf" / "agent"
TOY: dict[str, Any] = {
    "warm": {"iterations": 3, "flights": 2, "learning_rate": 3e-3},
    "total_timesteps": 480,
    "n_envs": 4,
    "batch_size": 60,
    "n_epochs": 2,
    "net_arch": [8],
    "validation": 8,
    "checks": 4,
    "checkpoint": 0.0,
    "log_std_final": -3.0,
    "lstm_hidden_size": 4,
    "buffer_size": 400,
    "learning_starts": 120,
    "gradient_steps": 4,
}


def main() -> None:
    """Kill trainings until enough were killed."""
    torch.set_num_threads(1)
    place, least, names = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    rng = np.random.default_rng()  # other moments every time
    told: dict[str, Any] = {name: {"resumed": []} for name in names}
    lengths = {}
    for name in names:
        began = time.monotonic()
        assert _end(_start(name, place / name)) == 0
        lengths[name] = time.monotonic() - began
        told[name]["whole"] = _hash(place / name)
    kills = 0
    for number, name in enumerate(cycle(names)):
        folder, due = place / f"{name}_{number}", rng.uniform(0.05, 0.9, 4)
        for share in due:
            child = _start(name, folder)
            time.sleep(share * lengths[name])
            os.kill(child, signal.SIGKILL)
            killed = _end(child) != 0
            kills += killed
            _require_whole_files(folder)
            if not killed:
                break
        if _end(_start(name, folder)) != 0:
            raise RuntimeError("a resumed training failed")
        told[name]["resumed"].append(_hash(folder))
        assert not list(folder.glob(".*"))
        if kills >= least and number + 1 >= len(names):
            break
    print(json.dumps({"kills": kills, "learners": told}))


def _start(name: str, folder: Path) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        shipped = yaml.safe_load((CONF / f"{name}.yaml").read_text(encoding="utf-8"))
        settings = learner_of({**shipped, **{k: v for k, v in TOY.items() if k in shipped}})
        network = train(PROBLEM, SOURCE, TRIAL, ENV, settings, 0, folder, progress=False)
        save_network(network, folder)
        status = 0
    finally:
        os._exit(status)
    return 0


def _end(child: int) -> int:
    return os.waitpid(child, 0)[1]


def _hash(folder: Path) -> str:
    return hashlib.sha256((folder / "policy.safetensors").read_bytes()).hexdigest()


def _require_whole_files(folder: Path) -> None:
    if (folder / "checkpoint.safetensors").exists():
        read_state(folder / "checkpoint.safetensors")
    if (folder / "policy.json").exists():  # which is written last
        load_network(folder)


TASK = task_of("Uncertain-S")
PROBLEM, ENV = problem_for(TASK), _env(TASK, None)
SOURCE = MarketPool(*sample_markets(TASK, range(16)))
_FEW = np.arange(8)
_MARKET, _STATE, _NOISE = held_out_markets(TASK, "validation")
_SOME = [field if field is None else field[:, :8] for field in _NOISE]
TRIAL = EvaluationSet(
    select(_MARKET, _FEW),
    select(_STATE, _FEW),
    type(_NOISE)(*_SOME),
    reference_of(TASK.key).daily["validation"][:8],
)

if __name__ == "__main__":
    main()
