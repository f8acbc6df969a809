"""Learned policies: a network with its training record, and both on disk.

``policy.safetensors`` holds the actor's weights, ``policy.json`` everything else; nothing is ever
unpickled.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from ...data.display import shortened
from ...data.errors import ConfigError, DataError, shown
from ...data.settings import Seed, Settings
from ...data.storage import ROOT, read_json, write_bytes, write_json
from ...envs.arrays import Array
from ...envs.environment import WidthName
from ...envs.flight import (
    ActionSettings,
    Observable,
    Problem,
    action_size,
    observation_size,
    observe,
    requested_spend,
)
from .actor import Actor, FlatShape
from .campaign_actor import CampaignActor, CampaignShape
from .weights import read_safetensors, to_safetensors

AnyActor = Actor | CampaignActor
UNIVERSAL = ROOT / "data" / "policies" / "universal"  # the policy for every advertiser
_VERSION = 2  # version of policy.json
_STEPS = re.compile(
    r"(?P<learner>[^,]+), [\d,]+ steps after backpropagation, (?P<warm>\d+) iterations"
    r"( from (?P<start>.+))?"
)
_IN_A_WORLD = re.compile(r".+; (?P<learner>[^,;]+), [1-9][\d,]* steps in a world")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # names of learners
_LISTED = 12  # campaigns in a message; more are counted
_LIBRARIES = ("torch", "stable-baselines3", "sb3-contrib", "numpy", "gymnasium")


class Training(Settings):
    """Record of a training run: what the network was trained for, and how."""

    task: str | None  # id of the benchmark task; None: an advertiser's calibration
    campaigns: list[str]  # empty: any campaigns
    objective: str
    seed: Seed
    threads: Annotated[int, Field(ge=1)]  # torch threads
    steps: Annotated[int, Field(ge=0)]  # environment days simulated in training
    width: WidthName = "posterior"  # markets that it was trained on, see conf/width
    risk: Annotated[float, Field(gt=0, le=1)] = 1.0  # share of the worst flights it was trained on


class NetworkFacts(Settings):
    """Content of ``policy.json``."""

    version: int
    name: str  # name of the learner, see `_NAME`
    origin: str  # training that the saved weights have gone through
    shape: FlatShape | CampaignShape
    action: ActionSettings
    training: Training
    versions: dict[str, str]  # versions of the libraries it was trained with
    sha256: str  # SHA-256 of policy.safetensors, hexadecimal


@dataclass(frozen=True)
class Network:
    """An actor, the scale of its actions and its training record."""

    actor: AnyActor
    action: ActionSettings
    training: Training
    name: str  # name of the learner
    origin: str  # training that the weights have gone through

    def actions(
        self, observation: NDArray[Any], memory: Any = None
    ) -> tuple[NDArray[np.float64], Any]:
        """Return mean actions in [-1, 1], (flights, actions), and the recurrent state.

        Args:
            observation: (flights, size).
            memory: recurrent state of the day before; None on the first day.
        """
        dtype = next(self.actor.parameters()).dtype
        with torch.no_grad():
            mean, memory = self.actor(torch.as_tensor(observation, dtype=dtype), memory)
        return np.clip(mean.numpy().astype(np.float64), -1.0, 1.0), memory


class LearnedPolicy:
    """Policy of a trained network, without exploration."""

    open_loop = False

    def __init__(self, name: str, network: Network, problem: Problem) -> None:
        """Args: name; network; problem to plan."""
        self.name, self.problem = name, problem
        self.network = replace(network, actor=network.actor.acting_in(problem))

    @property
    def origin(self) -> str:
        """What its weights are, in a word or three; see ``origin_of``."""
        return origin_of(self.network.origin)

    def act(self, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return requested dollars per campaign and in total, and the recurrent state."""
        observation = np.asarray(observe(self.problem, observable), np.float32)
        rows = observation.reshape(-1, observation.shape[-1])
        action, memory = self.network.actions(rows, memory)
        action = action.reshape(*observation.shape[:-1], -1)
        spend, total = requested_spend(self.problem, observable, action, self.network.action)
        return spend, total, memory


def origin_of(origin: str) -> str:
    """Return what weights are by the training that they have gone through.

    Args:
        origin: of ``policy.json``; selection keeps the best weights, which may be of any stage.

    Returns:
        ``untrained``, ``apg`` (backpropagation alone), ``ppo after apg``, ``ppo`` (or another
        learner's name), ``finetune in a world``, or for other words those before the first comma.
    """
    world = _IN_A_WORLD.fullmatch(origin)
    if world is not None:
        return f"{world['learner']} in a world"
    if origin.startswith("no training"):
        return "untrained"
    if origin.startswith("backpropagation"):
        return "apg"
    steps = _STEPS.fullmatch(origin)
    if steps is None:
        return origin.partition(",")[0]
    return steps["learner"] + (" after apg" if int(steps["warm"]) else "")


def save_network(network: Network, folder: Path) -> None:
    """Write ``policy.safetensors`` (weights, float32) and ``policy.json`` (everything else)."""
    weights = network.actor.state_dict()
    content = to_safetensors({name: value.numpy() for name, value in weights.items()})
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
    """Return the network that ``save_network`` wrote; nothing is unpickled.

    Raises:
        DataError: if the files are missing, of another version, or do not belong together.
        ConfigError: naming the key of ``policy.json`` that is missing or not allowed.
    """
    facts = _read_facts(folder / "policy.json")
    path = folder / "policy.safetensors"
    weights, content = read_safetensors(path)
    if hashlib.sha256(content).hexdigest() != facts.sha256:
        raise _mismatch(path, "SHA-256 differs")
    actor: AnyActor
    if isinstance(facts.shape, CampaignShape):
        actor = CampaignActor.from_shape(facts.shape)
    else:
        actor = Actor.from_shape(facts.shape)
    try:
        actor.load_state_dict({k: torch.tensor(v) for k, v in weights.items()})
    except (RuntimeError, TypeError) as error:
        raise _mismatch(path, shortened(str(error), 200)) from None
    if not all(np.isfinite(array).all() for array in weights.values()):
        raise _mismatch(path, "a weight is not finite")
    return Network(actor, facts.action, facts.training, facts.name, facts.origin)


def require_network(folder: Path, key: str) -> None:
    """Refuse what is no folder of a trained policy.

    Args:
        folder: path that was given.
        key: key of the configuration that gave it.

    Raises:
        ConfigError: if it is a file, or holds no policy.
    """
    if folder.is_file():
        raise ConfigError(
            f"{key}: {str(folder)!r} is a file; pickled formats are never read. Give the folder "
            "of a run of scripts/train.py."
        )
    if not (folder / "policy.json").exists():
        raise ConfigError(
            f"{key}: {str(folder)!r} holds no trained policy (policy.json). Give the folder of a "
            "run of scripts/train.py."
        )


def load_policy(folder: Path, problem: Problem) -> LearnedPolicy:
    """Return the policy of a training run for a problem of the same campaigns.

    Raises:
        ConfigError: if the folder holds none, or it was trained for other campaigns.
        DataError: if its files are damaged.
    """
    require_network(folder, "policy")
    network = load_network(folder)
    if isinstance(network.actor, CampaignActor):
        return LearnedPolicy(network.name, network, problem)
    trained, names = network.training.campaigns, list(problem.constraints.names)
    if trained != names:
        raise ConfigError(
            f"policy: {str(folder)!r} was trained for the campaigns {_listed(trained)}; expected "
            f"{_listed(names)}. Train a policy for these campaigns."
        )
    shape = network.actor.shape
    expected = (
        observation_size(len(names), len(problem.constraints.channels)),
        action_size(len(names)),
    )
    if (shape.observation, shape.actions) != expected:
        raise ConfigError(
            f"policy: {str(folder)!r} takes {shape.observation} observations and returns "
            f"{shape.actions} actions; expected {expected[0]} and {expected[1]}. Train it again."
        )
    return LearnedPolicy(network.name, network, problem)


def _read_facts(path: Path) -> NetworkFacts:
    facts = read_json(path)
    if not isinstance(facts, dict):
        raise DataError(
            f"{path}: not a mapping; expected a file of scripts/train.py. Train the policy again."
        )
    if facts.get("version") != _VERSION:
        raise DataError(
            f"{path}: version {shown(facts.get('version'))}; this program reads version "
            f"{_VERSION}. Train the policy again."
        )
    read = NetworkFacts.of(facts, str(path))
    if not _NAME.fullmatch(read.name):
        raise DataError(
            f"{path}: name: {shown(read.name)} was given. Allowed: at most 64 letters, digits, "
            "hyphens, underscores and dots, a letter or digit first. To fix: train the policy "
            "again."
        )
    return read


def _listed(names: Sequence[str]) -> str:
    """Return the first names of a list; the others are counted."""
    more = len(names) - _LISTED
    listed = ", ".join(map(shortened, names[:_LISTED]))
    return f"{listed} and {more} more" if more > 0 else listed


def _mismatch(path: Path, reason: str) -> DataError:
    return DataError(
        f"{path}: the weights do not match policy.json ({reason}). Use the two files of one run."
    )
