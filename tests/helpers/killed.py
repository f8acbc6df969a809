"""Program that trains, kills and resumes learners and prints hashes of their weights as JSON.

It is run in a process of its own, because a process that has used autograd must not fork.

Arguments: a folder, the minimum number of kills, and the names of the learners.
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
import torch._dynamo  # imported here once instead of in every child

from mediagym.agents.networks import load_network, save_network
from mediagym.agents.rollout import EvaluationSet
from mediagym.agents.training import learner_of
from mediagym.agents.training.checkpoint import read_state
from mediagym.agents.training.trainer import train
from mediagym.data.storage import shipped_yaml
from mediagym.envs.arrays import select
from mediagym.envs.environment import MarketPool
from mediagym.envs.suite import held_out_markets, problem_for, reference_of, sample_markets, task_of
from mediagym.envs.suite.env import _env_settings

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
    """Train every learner once uninterrupted, then kill and resume them often enough."""
    torch.set_num_threads(1)
    root, min_kills, names = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    rng = np.random.default_rng()  # unseeded: other moments in every run
    hashes: dict[str, Any] = {name: {"resumed": []} for name in names}
    durations = {}
    for name in names:
        start = time.monotonic()
        assert _wait(_fork_training(name, root / name)) == 0
        durations[name] = time.monotonic() - start
        hashes[name]["whole"] = _weights_hash(root / name)
    kills = 0
    for number, name in enumerate(cycle(names)):
        folder = root / f"{name}_{number}"
        for share in rng.uniform(0.05, 0.9, 4):
            child = _fork_training(name, folder)
            time.sleep(share * durations[name])
            os.kill(child, signal.SIGKILL)
            killed = _wait(child) != 0
            kills += killed
            _require_readable_files(folder)
            if not killed:
                break
        if _wait(_fork_training(name, folder)) != 0:
            raise RuntimeError(f"{name}: the resumed training failed")
        hashes[name]["resumed"].append(_weights_hash(folder))
        assert not list(folder.glob(".*"))
        if kills >= min_kills and number + 1 >= len(names):
            break
    print(json.dumps({"kills": kills, "learners": hashes}))


def _fork_training(name: str, folder: Path) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        shipped = shipped_yaml(f"agent/{name}")
        settings = learner_of({**shipped, **{k: v for k, v in TOY.items() if k in shipped}})
        network = train(PROBLEM, SOURCE, VALIDATION, ENV, settings, 0, folder, progress=False)
        save_network(network, folder)
        status = 0
    finally:
        os._exit(status)
    return 0


def _wait(child: int) -> int:
    return os.waitpid(child, 0)[1]


def _weights_hash(folder: Path) -> str:
    return hashlib.sha256((folder / "policy.safetensors").read_bytes()).hexdigest()


def _require_readable_files(folder: Path) -> None:
    if (folder / "checkpoint.safetensors").exists():
        read_state(folder / "checkpoint.safetensors")
    if (folder / "policy.json").exists():  # written last
        load_network(folder)


TASK = task_of("Uncertain-S")
PROBLEM, ENV = problem_for(TASK), _env_settings(TASK, None)
SOURCE = MarketPool(*sample_markets(TASK, range(16)))
_FIRST_MARKETS = np.arange(8)
_MARKET, _STATE, _NOISE = held_out_markets(TASK, "validation")
_FIRST_NOISE = [field if field is None else field[:, :8] for field in _NOISE]
VALIDATION = EvaluationSet(
    select(_MARKET, _FIRST_MARKETS),
    select(_STATE, _FIRST_MARKETS),
    type(_NOISE)(*_FIRST_NOISE),
    reference_of(TASK.key).daily["validation"][:8],
)

if __name__ == "__main__":
    main()
