"""`WorldEnvs`: flights in any world as environments of Stable-Baselines3.

Observations, actions and the projection are those of our own environment; demand, delivery and
reports are the world's. An episode's noise depends on the seed and its number alone, and on none
of the seeds below 2^31, which are left to comparisons.
"""

from typing import Any, Literal

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats
from ...envs.environment import EnvSettings, daily_value, planned_values
from ...envs.flight import (
    BOUND,
    Observable,
    Problem,
    action_size,
    distance,
    initial_state,
    observation_size,
    observe,
)
from ...envs.flight import requested_spend as requested
from ...envs.market import Stream, generator
from ..policy import PlanPolicy
from ..training import SB3Envs
from .fly import Flights, fly, fly_day
from .world import Day, World

SEEDS = {  # the world's seeds: first, and behind the last
    "training": (2**31, 2**31 + 2**30),
    "validation": (2**31 + 2**30, 2**32),
}


def world_seed(purpose: Literal["training", "validation"], seed: int, first: int = 0) -> int:
    """Return the world's seed of flights that run side by side, >= 2^31.

    Args:
        purpose: seeds of one purpose are none of the other's.
        seed: seed of the training.
        first: number of the first of the flights.
    """
    return int(generator(Stream.WORLD, seed, first).integers(*SEEDS[purpose]))


class WorldEnvs(SB3Envs):
    """Flights in a world as a ``VecEnv``; all end on the same day, and reset together."""

    def __init__(self, problem: Problem, world: World, settings: EnvSettings, count: int) -> None:
        """Prepare flights.

        Args:
            problem: what is known before the flights.
            world: delivers, and reports.
            settings: settings of the environment. The reward is the day's expected conversions
                (``expected``) or what was reported that day (``counted``), over the mean day that
                the static plan promises. Taken from it is, where it is ``relative``, what the
                static plan brings in the same days of the same world, run first; else what the
                plan promises for the day, a constant.
            count: number of flights side by side.
        """
        super().__init__(_WorldFlights(problem, world, settings, count))


class _WorldFlights:
    """Flights in lockstep in a world; they restart at once when they end."""

    render_mode: str | None = None

    def __init__(self, problem: Problem, world: World, settings: EnvSettings, count: int) -> None:
        self.problem, self.world, self.settings, self.num_envs = problem, world, settings, count
        campaigns, channels = len(problem.constraints.names), len(problem.constraints.channels)
        size = observation_size(campaigns, channels)
        self.single_observation_space = gym.spaces.Box(-BOUND, BOUND, (size,), np.float32)
        self.single_action_space = gym.spaces.Box(-1.0, 1.0, (action_size(campaigns),), np.float32)
        self._scale = daily_value(problem)
        self._promised = planned_values(problem)[:, None]
        self._static = PlanPolicy("static", problem.static_plan)
        self._seed, self._following = 0, 0
        self._day: int
        self._view: Observable
        self._reference: Floats

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start the flights from number ``options["episode"]`` on, else from the next one."""
        if seed is not None:
            self._seed, self._following = seed, 0
        self._following = (options or {}).get("episode", self._following)
        self._prepare()
        return self._observation(), {}

    def step(
        self, actions: NDArray[Any]
    ) -> tuple[NDArray[np.float32], Floats, NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Spend a day in every flight; the last day's observation is ``info["final_obs"]``."""
        if self._day == 0:
            self._begin()
        clipped = np.clip(np.asarray(actions, np.float64), -1.0, 1.0)
        spend, total = requested(self.problem, self._view, clipped, self.settings.action)
        planned, day, self._view = fly_day(self.problem, self.world, self._view, spend, total)
        reward = (self._counts(day) - self._reference[self._day]) / self._scale
        if self.settings.distance_penalty:
            reward -= self.settings.distance_penalty * distance(spend, total, planned)
        self._day += 1
        over, infos = self._day == self.problem.days, dict[str, Any]()
        observation = self._observation()
        if over:
            infos["final_obs"] = observation
            self._prepare()
            observation = self._observation()
        ended = np.full(self.num_envs, over)
        return observation, reward, ended, np.zeros(self.num_envs, bool), infos

    def _prepare(self) -> None:
        """Go on to the next flights; the world is free for others until their first day."""
        self._view = initial_state(self.problem, self.problem.state, (self.num_envs,)).view
        self._flights, self._day = self._following, 0
        self._following += self.num_envs

    def _begin(self) -> None:
        """Start the flights, and fly the plan through them first where it is the reference."""
        seed = world_seed("training", self._seed, self._flights)
        self._reference = self._promised
        if self.settings.relative:
            flights = fly(self.problem, self._static, self.world, seed, self.num_envs)
            self._reference = self._counts(flights)
        self.world.begin(seed, self.num_envs)

    def _counts(self, brought: Day | Flights) -> Floats:
        """Return what the reward counts, summed over campaigns, (..., flights)."""
        counted = self.settings.reward == "counted"
        return np.asarray((brought.claimed if counted else brought.value).sum(-1))

    def _observation(self) -> NDArray[np.float32]:
        return np.ascontiguousarray(observe(self.problem, self._view, np.float32))
