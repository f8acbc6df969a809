"""A learned policy: a Stable-Baselines3 network, its scales, and how they are kept on disk."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from stable_baselines3.common.policies import ActorCriticPolicy

from ..data.config import Settings
from ..data.errors import DataError
from ..data.files import read_arrays, read_json, write_arrays, write_json
from ..envs.actions import ActionSettings, wanted
from ..envs.arrays import Array
from ..envs.flight import Problem, View
from ..envs.observation import BOUND, observe

_VERSION = 1
Size = Annotated[int, Field(ge=1)]
Shape = Annotated[list[Size], Field(min_length=1, max_length=1)]


class NetworkFacts(Settings):
    """The content of ``policy.json``."""

    version: int
    name: str  # of the learner
    origin: str  # what training it has gone through
    observation: Shape
    actions: Shape
    hidden: list[Size]  # sizes of the hidden layers
    action: ActionSettings


@dataclass(frozen=True)
class Network:
    """Weights of an actor-critic network and the scale of its actions."""

    policy: ActorCriticPolicy
    action: ActionSettings
    hidden: list[int]
    name: str = "ppo"  # of the learner
    origin: str = ""  # what training it has gone through

    @classmethod
    def of(
        cls,
        policy: Any,
        action: ActionSettings,
        hidden: list[int],
        name: str = "ppo",
        origin: str = "",
    ) -> "Network":
        """Take over a trained policy."""
        policy.set_training_mode(False)
        return cls(policy, action, hidden, name, origin)

    def actions(self, observation: NDArray[Any]) -> NDArray[np.float64]:
        """Return the mean actions, clipped to [-1, 1], (flights, size)."""
        with torch.no_grad():
            seen = torch.as_tensor(observation, dtype=torch.float32)
            mean = self.policy.get_distribution(seen).distribution.mean  # type: ignore[union-attr]
        return np.clip(mean.numpy().astype(np.float64), -1.0, 1.0)


class LearnedPolicy:
    """Lets a network act on what it observes, without exploration."""

    open_loop = False

    def __init__(self, name: str, network: Network, problem: Problem) -> None:
        """Args: name, the network, and the problem it is to solve."""
        self.name, self.network, self.problem = name, network, problem

    def act(self, view: View, memory: Any) -> tuple[Array, Array, Any]:
        """Return the dollars that the network's action asks for."""
        seen = np.asarray(observe(self.problem, view), np.float32)
        action = self.network.actions(seen.reshape(-1, seen.shape[-1]))
        action = action.reshape(*seen.shape[:-1], -1)
        target, total = wanted(self.problem, view, action, self.network.action)
        return target, total, None


def save_network(network: Network, folder: Path) -> None:
    """Write ``policy.npz`` (weights) and ``policy.json`` (everything else)."""
    weights = {name: value.numpy() for name, value in network.policy.state_dict().items()}
    facts = {
        "version": _VERSION,
        "observation": network.policy.observation_space.shape,
        "actions": network.policy.action_space.shape,
        "hidden": network.hidden,
        "name": network.name,
        "origin": network.origin,
        "action": network.action.model_dump(),
    }
    write_arrays(folder / "policy.npz", weights)
    write_json(folder / "policy.json", facts)


def load_network(folder: Path) -> Network:
    """Read what ``save_network`` wrote; nothing is unpickled.

    Raises:
        DataError: if the files are missing, of another version, or do not fit each other.
        ConfigError: naming the key of ``policy.json`` that is missing or not allowed.
    """
    facts = _read_facts(folder / "policy.json")
    if facts.version != _VERSION:
        raise DataError(
            f"{folder / 'policy.json'}: version {facts.version}; this program reads {_VERSION}. "
            "Train the policy again."
        )
    policy = ActorCriticPolicy(
        gym.spaces.Box(-BOUND, BOUND, tuple(facts.observation), np.float32),
        gym.spaces.Box(-1.0, 1.0, tuple(facts.actions), np.float32),
        lr_schedule=lambda _: 0.0,
        net_arch=facts.hidden,
    )
    weights = read_arrays(folder / "policy.npz")
    try:
        policy.load_state_dict({k: torch.as_tensor(v) for k, v in weights.items()})
    except (RuntimeError, TypeError) as error:
        raise _unfit(folder, " ".join(str(error).split())) from None
    if not all(np.isfinite(array).all() for array in weights.values()):
        raise _unfit(folder, "a weight is not a finite number")
    return Network.of(policy, facts.action, facts.hidden, facts.name, facts.origin)


def _read_facts(path: Path) -> NetworkFacts:
    facts = read_json(path)
    if not isinstance(facts, dict):
        raise DataError(f"{path}: not what a training writes; train the policy again.")
    return NetworkFacts.of(facts, str(path))


def _unfit(folder: Path, why: str) -> DataError:
    return DataError(
        f"{folder / 'policy.npz'}: the weights do not fit policy.json ({why}); use the two files "
        "of one run."
    )
