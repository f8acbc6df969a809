"""Gymnasium environments in which a budget is spent day by day in an unknown market.

``BudgetVectorEnv`` runs any number of flights in lockstep on numpy arrays; ``BudgetEnv`` is a
batch of one. An action of 0 follows the posterior-static plan; every action is projected exactly
onto what the constraints allow.
"""

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from ..flight import Problem
from ..market import Market, MarketState
from .batch import EnvSettings, FlightBatch, MarketSource
from .render import flight_picture, flight_text
from .validation import require_action, require_count, require_mode, require_seed

Float32s = NDArray[np.float32]
RENDER_MODES = ["ansi", "rgb_array"]


class BudgetVectorEnv(VectorEnv[Float32s, Float32s, NDArray[Any]]):
    """Many flights in lockstep; all end on the same day and restart at once (SAME_STEP).

    Observations are (num_envs, observation_size), actions (num_envs, 1 + campaigns) in [-1, 1].
    """

    metadata = {"render_modes": RENDER_MODES, "autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012

    def __init__(
        self,
        problem: Problem,
        markets: tuple[Market, MarketState] | MarketSource,
        settings: EnvSettings,
        num_envs: int,
        render_mode: str | None = None,
    ) -> None:
        self.batch = FlightBatch(problem, markets, settings)
        self.num_envs = require_count(num_envs)
        self.render_mode = require_mode(render_mode, RENDER_MODES)
        self.single_observation_space = self.batch.observation_space
        self.single_action_space = self.batch.action_space
        self.observation_space = gym.vector.utils.batch_space(
            self.batch.observation_space, num_envs
        )
        self.action_space = gym.vector.utils.batch_space(self.batch.action_space, num_envs)
        self._seed, self._episode = 0, 0

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32s, dict[str, Any]]:
        """Start new flights; return their observations and an empty ``info``.

        Args:
            seed: one integer >= 0 for the whole batch; None continues the sequence of episodes.
            options: ``episode``, the number of the first flight, to resume a sequence.
        """
        if seed is not None:
            self._seed, self._episode = require_seed(seed), 0
        self._episode = (options or {}).get("episode", self._episode)
        return self._begin(), {}

    def step(
        self, actions: Float32s
    ) -> tuple[Float32s, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Spend a day in every flight; the last day's observation is ``info["final_obs"]``."""
        shape = self.num_envs, *self.batch.action_space.shape
        observation, reward = self.batch.play(require_action(actions, shape))
        over = np.full(self.num_envs, self.batch.done)
        infos: dict[str, Any] = {}
        if self.batch.done:
            infos = {"final_obs": observation, "_final_obs": over}
            observation = self._begin()
        return observation, reward, over, np.zeros(self.num_envs, bool), infos

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Return the full state as arrays, for ``np.savez`` and ``set_state``."""
        return {**self.batch.state(), "episodes": np.array([self._seed, self._episode])}

    def set_state(self, arrays: Mapping[str, NDArray[Any]]) -> Float32s:
        """Continue from a state of an identically configured environment; return observations."""
        observation = self.batch.restore(arrays, self.num_envs)
        self._seed, self._episode = (int(n) for n in arrays["episodes"])
        return observation

    def render(self) -> Any:
        """Return the first flight so far, as a picture (rgb_array) or as text (ansi)."""
        return _render(self.batch, self.render_mode)

    def _begin(self) -> Float32s:
        episodes = range(self._episode, self._episode + self.num_envs)
        self._episode += self.num_envs
        return self.batch.begin(self._seed, episodes)


class BudgetEnv(gym.Env[Float32s, Float32s]):
    """One flight; observations are (observation_size,), actions (1 + campaigns,) in [-1, 1]."""

    metadata = {"render_modes": RENDER_MODES, "render_fps": 4}  # noqa: RUF012

    def __init__(
        self,
        problem: Problem,
        markets: tuple[Market, MarketState] | MarketSource,
        settings: EnvSettings,
        render_mode: str | None = None,
    ) -> None:
        self.batch = FlightBatch(problem, markets, settings)
        self.observation_space = self.batch.observation_space
        self.action_space = self.batch.action_space
        self.render_mode = require_mode(render_mode, RENDER_MODES)
        self._seed, self._episode = 0, 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32s, dict[str, Any]]:
        """Start the next flight; a seed restarts the sequence of flights."""
        super().reset(seed=seed)
        if seed is not None:
            self._seed, self._episode = require_seed(seed), 0
        observation = self.batch.begin(self._seed, range(self._episode, self._episode + 1))
        self._episode += 1
        return observation[0], {}

    def step(self, action: Float32s) -> tuple[Float32s, float, bool, bool, dict[str, Any]]:
        """Spend a day; ``info`` holds the dollars delivered and the counted conversions."""
        action = require_action(action, self.batch.action_space.shape)
        observation, reward = self.batch.play(action[None])
        day = self.batch.day
        info = {"spend": day.spend[0].copy(), "conversions": day.outcome.conversions[0].copy()}
        return observation[0], float(reward[0]), self.batch.done, False, info

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Return the full state as arrays, for ``np.savez`` and ``set_state``."""
        return {**self.batch.state(), "episodes": np.array([self._seed, self._episode])}

    def set_state(self, arrays: Mapping[str, NDArray[Any]]) -> Float32s:
        """Continue from a state of an identically configured environment; return observations."""
        observation = self.batch.restore(arrays, 1)
        self._seed, self._episode = (int(n) for n in arrays["episodes"])
        first: Float32s = observation[0]
        return first

    def render(self) -> Any:
        """Return the flight so far, as a picture (rgb_array) or as text (ansi)."""
        return _render(self.batch, self.render_mode)


def _render(batch: FlightBatch, mode: str | None) -> Any:
    if mode is None:
        return None
    names, first = batch.problem.constraints.names, batch.problem.state.day
    spend = np.array([spend for spend, _ in batch.trace]).reshape(-1, len(names))
    value = np.array([value for _, value in batch.trace])
    render = flight_text if mode == "ansi" else flight_picture
    constraints = batch.problem.constraints
    return render(names, first, spend, value, constraints.total, constraints.currency)
