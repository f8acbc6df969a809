"""A learned policy: its network, what is on record about it, and how both are kept on disk.

``policy.safetensors`` holds the actor's weights, ``policy.json`` everything else; nothing is ever
unpickled.
"""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from ...data.errors import ConfigError, DataError
from ...data.settings import Settings
from ...data.storage import read_json, write_bytes, write_json
from ...envs.arrays import Array
from ...envs.flight import (
    ActionSettings,
    Observable,
    Problem,
    action_size,
    observation_size,
    observe,
    requested_spend,
)
from .actor import Actor, Shape
from .checkpoint import packed, unpacked

_VERSION = 2
_LIBRARIES = ("torch", "stable-baselines3", "sb3-contrib", "numpy", "gymnasium")


class Training(Settings):
    """What a network was trained for, and how."""

    task: str | None  # id of the task of the suite; None for an advertiser's calibration
    campaigns: list[str]
    objective: str
    seed: Annotated[int, Field(ge=0)]
    threads: Annotated[int, Field(ge=1)]  # of torch
    steps: Annotated[int, Field(ge=0)]  # days flown in training


class NetworkFacts(Settings):
    """The content of ``policy.json``."""

    version: int
    name: str  # of the learner
    origin: str  # what training the kept weights have gone through
    shape: Shape
    action: ActionSettings
    training: Training
    versions: dict[str, str]  # of the libraries it was trained with
    sha256: str  # of policy.safetensors


@dataclass(frozen=True)
class Network:
    """An actor, the scale of its actions and its record."""

    actor: Actor
    action: ActionSettings
    training: Training
    name: str  # of the learner
    origin: str  # what training it has gone through

    def actions(self, seen: NDArray[Any], memory: Any = None) -> tuple[NDArray[np.float64], Any]:
        """Return the mean actions, clipped to [-1, 1], (flights, size), and the memory."""
        with torch.no_grad():
            mean, memory = self.actor(torch.as_tensor(seen, dtype=torch.float32), memory)
        return np.clip(mean.numpy().astype(np.float64), -1.0, 1.0), memory


class LearnedPolicy:
    """Lets a network act on what it observes, without exploration."""

    open_loop = False

    def __init__(self, name: str, network: Network, problem: Problem) -> None:
        """Args: name, the network, and the problem it is to solve."""
        self.name, self.network, self.problem = name, network, problem

    def act(self, view: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the dollars that the network's action asks for."""
        seen = np.asarray(observe(self.problem, view), np.float32)
        action, memory = self.network.actions(seen.reshape(-1, seen.shape[-1]), memory)
        action = action.reshape(*seen.shape[:-1], -1)
        target, total = requested_spend(self.problem, view, action, self.network.action)
        return target, total, memory


def save_network(network: Network, folder: Path) -> None:
    """Write ``policy.safetensors`` (weights, float32) and ``policy.json`` (everything else)."""
    content = packed({name: value.numpy() for name, value in network.actor.state_dict().items()})
    facts = NetworkFacts(
        version=_VERSION,
        name=network.name,
        origin=network.origin,
        shape=network.actor.shape,
        action=network.action,
        training=network.training,
        versions={name: version(name) for name in _LIBRARIES},
        sha256=hashlib.sha256(content).hexdigest(),
    )
    write_bytes(folder / "policy.safetensors", content)
    write_json(folder / "policy.json", facts.model_dump())


def load_network(folder: Path) -> Network:
    """Read what ``save_network`` wrote; nothing is unpickled.

    Raises:
        DataError: if the files are missing, of another version, or do not fit each other.
        ConfigError: naming the key of ``policy.json`` that is missing or not allowed.
    """
    facts = _read_facts(folder / "policy.json")
    path = folder / "policy.safetensors"
    weights, content = unpacked(path)
    if hashlib.sha256(content).hexdigest() != facts.sha256:
        raise _unfit(path, "another SHA-256")
    actor = Actor.built(facts.shape)
    try:
        actor.load_state_dict({k: torch.tensor(v) for k, v in weights.items()})
    except (RuntimeError, TypeError) as error:
        raise _unfit(path, " ".join(str(error).split())) from None
    if not all(np.isfinite(array).all() for array in weights.values()):
        raise _unfit(path, "a weight is not a finite number")
    return Network(actor, facts.action, facts.training, facts.name, facts.origin)


def load_policy(folder: Path, problem: Problem) -> LearnedPolicy:
    """Return the policy of a training run for a problem of the same campaigns.

    Raises:
        ConfigError: if there is none, or it was trained for other campaigns.
        DataError: if its files are damaged.
    """
    if folder.is_file():
        raise ConfigError(
            f"policy: {str(folder)!r} is a file; formats that have to be unpickled are never read. "
            "Give the folder of a run of scripts/train.py."
        )
    if not (folder / "policy.json").exists():
        raise ConfigError(
            f"policy: {str(folder)!r} holds no trained policy (policy.json); give the folder of a "
            "run of scripts/train.py."
        )
    network = load_network(folder)
    trained, names = network.training.campaigns, list(problem.constraints.names)
    if trained != names:
        raise ConfigError(
            f"policy: {str(folder)!r} was trained for the campaigns {', '.join(trained)}; here "
            f"are {', '.join(names)}. Train a policy for them."
        )
    shape = network.actor.shape
    due = observation_size(len(names), len(problem.constraints.channels)), action_size(len(names))
    if (shape.observation, shape.actions) != due:
        raise ConfigError(
            f"policy: {str(folder)!r} was trained on {shape.observation} numbers a day for "
            f"{shape.actions} actions; here they are {due[0]} and {due[1]}. Train it again."
        )
    return LearnedPolicy(network.name, network, problem)


def _read_facts(path: Path) -> NetworkFacts:
    facts = read_json(path)
    if not isinstance(facts, dict):
        raise DataError(f"{path}: not what a training writes; train the policy again.")
    if facts.get("version") != _VERSION:
        raise DataError(
            f"{path}: version {facts.get('version')!r}; this program reads {_VERSION}. "
            "Train the policy again."
        )
    return NetworkFacts.of(facts, str(path))


def _unfit(path: Path, why: str) -> DataError:
    return DataError(
        f"{path}: the weights do not fit policy.json ({why}); use the two files of one run."
    )
