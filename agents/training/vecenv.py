"""Adapter of the batched environment to Stable-Baselines3's ``VecEnv``."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from ...data.errors import MediaGymError
from ...envs.flight import Problem


class Lockstep(Protocol):
    """Flights side by side, as ``BudgetVectorEnv`` runs them; see there."""

    metadata: dict[str, Any]
    num_envs: int
    render_mode: str | None
    single_observation_space: Any
    single_action_space: Any

    @property
    def problem(self) -> Problem:
        """What is known before the flights."""
        ...

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start new flights."""
        ...

    def step(self, actions: NDArray[Any]) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Spend a day in every flight."""
        ...


class SB3Envs(VecEnv):
    """Batched environment as a ``VecEnv``; all episodes end on the same day, and reset together."""

    def __init__(self, envs: Lockstep) -> None:
        """Args: envs: the batched environment, whose flights restart in the step that ends them.

        Raises:
            MediaGymError: its flights restart otherwise.
        """
        mode = envs.metadata["autoreset_mode"]
        if mode is not AutoresetMode.SAME_STEP:
            raise MediaGymError(
                f"autoreset_mode: {mode.value} was given; Stable-Baselines3 needs SameStep, the "
                "default."
            )
        self.envs, self.problem = envs, envs.problem
        self.render_mode = envs.render_mode
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)
        self._returns = np.zeros(envs.num_envs)  # sums of rewards in the episodes in progress
        self.first = 0  # number of the first episode in progress, from 0
        self._started = False
        self._actions: NDArray[Any] | None = None

    def reset(self) -> NDArray[np.float32]:
        """Start the next episodes, or the first ones after a new seed; (flights, size)."""
        seed = self._seeds[0] if self._seeds else None
        self._reset_seeds()
        following = self.first + self.num_envs if self._started else 0
        return self.start(seed, following if seed is None else 0)

    def start(self, seed: int | None, first: int) -> NDArray[np.float32]:
        """Start episodes from a given number on, as a resumed training does.

        Args:
            seed: seed of the episodes; None for the last one given.
            first: number of the first episode.
        """
        self._returns[:] = 0
        self.first, self._started = first, True
        observation, _ = self.envs.reset(seed=seed, options={"episode": first})
        return observation

    def step_async(self, actions: NDArray[Any]) -> None:
        """Store the actions for ``step_wait``."""
        self._actions = actions

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[Any], NDArray[Any], list[Any]]:
        """Simulate one day; return observations, rewards, ends and infos of all episodes."""
        assert self._actions is not None  # noqa: S101  # step_async comes first
        observation, reward, ended, _, extra = self.envs.step(self._actions)
        self._returns += reward
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if ended[0]:
            length = self.problem.days
            for info, last, total in zip(infos, extra["final_obs"], self._returns, strict=True):
                info["terminal_observation"] = last
                info["episode"] = {"r": float(total), "l": length}
            self._returns[:] = 0
            self.first += self.num_envs
        return observation, np.asarray(reward, np.float32), ended, infos

    def close(self) -> None:
        """Do nothing: there are no resources to release."""

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Seed the next reset; one integer seeds the whole batch."""
        self._seeds = [seed] * self.num_envs
        return self._seeds

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute of the batch, repeated per environment."""
        return [getattr(self.envs, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of the batch."""
        setattr(self.envs, attr_name, value)

    def env_method(
        self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any
    ) -> list[Any]:
        """Call a method of the batch once; return its result, repeated per environment."""
        result = getattr(self.envs, method_name)(*args, **kwargs)
        return [result] * len(list(self._get_indices(indices)))

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Any = None) -> list[bool]:
        """Return False per environment: there are no wrappers inside."""
        return [False] * len(list(self._get_indices(indices)))


def dummy_vec_env(make: Callable[[], gym.Env[Any, Any]], count: int) -> DummyVecEnv:
    """Return single environments stepped one by one, SB3's usual setting, for comparison."""
    return DummyVecEnv([make] * count)
