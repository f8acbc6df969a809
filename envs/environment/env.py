"""Gymnasium environments in which a budget is spent day by day in an unknown market.

``BudgetVectorEnv`` runs any number of flights in lockstep on numpy arrays; ``BudgetEnv`` is a
batch of one. An action of 0 is the posterior-static plan, its campaigns' shares moved by what the
belief has learnt (``env.action.follow``); every action is projected exactly onto what the
constraints allow.
"""

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from ...data.errors import MediaGymError
from ..flight import Problem
from ..market import Market, MarketState
from .batch import EnvSettings, FlightBatch, MarketSource
from .groups import (
    EpisodeSequence,
    Group,
    groups_from_arrays,
    groups_to_arrays,
    in_order,
    infos_of,
    merged,
    split,
)
from .render import flight_picture, flight_text
from .validation import (
    require_action,
    require_autoreset,
    require_count,
    require_mode,
    require_options,
    require_seed,
    require_seeds,
)

Float32s = NDArray[np.float32]
RENDER_MODES = ["ansi", "rgb_array"]


class BudgetVectorEnv(VectorEnv[Float32s, Float32s, NDArray[Any]]):
    """Many flights in lockstep; all end on the same day.

    The next flights start in the step that ends the last ones (SAME_STEP, the default), in the
    step after it, whose actions are not read (NEXT_STEP), or when ``reset`` is called (DISABLED).
    Flights that ``reset_mask`` lets start anew before the others are a group in lockstep.
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
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    ) -> None:
        self.batch = FlightBatch(problem, markets, settings)
        self._autoreset = require_autoreset(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self._autoreset}
        self.num_envs = require_count(num_envs)
        self.render_mode = require_mode(render_mode, RENDER_MODES)
        self.single_observation_space = self.batch.observation_space
        self.single_action_space = self.batch.action_space
        self.observation_space = gym.vector.utils.batch_space(
            self.batch.observation_space, num_envs
        )
        self.action_space = gym.vector.utils.batch_space(self.batch.action_space, num_envs)
        self._template = self.batch.copy()  # never has flights
        self._groups: list[Group] = []  # one, unless some flights alone were reset
        self._episodes = EpisodeSequence(num_envs)

    @property
    def problem(self) -> Problem:
        """What is known before the flights."""
        return self.batch.problem

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32s, dict[str, Any]]:
        """Start new flights; return all observations and an empty ``info``.

        Args:
            seed: one integer >= 0 for the whole batch; a list with one per environment, with which
                its first flight is that of a single environment; None, also in the list,
                continues the sequence of episodes.
            options: ``episode``, the number of the first flight, to resume a sequence;
                ``reset_mask``, (num_envs,) truth values: only these flights start anew.

        Raises:
            MediaGymError: a seed or an option is not allowed.
        """
        seeds = require_seeds(seed, self.num_envs)
        episode, mask = require_options(options, self.num_envs)
        if not (mask.all() or self._groups):
            raise MediaGymError(
                "reset(options=...): reset_mask: no flight is in progress; call reset() first."
            )
        self._episodes.start(seeds, episode, mask)
        kept = [] if mask.all() else split(self._groups, mask)
        new = Group(self._template.copy() if kept else self.batch, np.flatnonzero(mask))
        self._begin(new)
        self._groups = in_order([*kept, new])
        self.batch = self._groups[0].batch
        return merged([g.batch.observation() for g in self._groups], self._groups), {}

    def step(
        self, actions: Float32s
    ) -> tuple[Float32s, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Spend a day in every flight.

        ``infos`` holds the arrays of ``FlightBatch.info``, each with the mask ``_key`` of the
        flights that had a day. With SAME_STEP the last day of a flight stands in ``final_info``
        and ``final_obs`` instead.

        Args:
            actions: (num_envs, 1 + campaigns), in [-1, 1].

        Raises:
            MediaGymError: an action is not allowed, or a flight is over and nothing restarts it.
        """
        actions = require_action(actions, (self.num_envs, *self.batch.action_space.shape))
        groups = self._groups or [Group(self.batch, np.arange(self.num_envs))]
        restarted = [g.batch.done and self._autoreset is AutoresetMode.NEXT_STEP for g in groups]
        if any(g.batch.done for g in groups) and not any(restarted):
            raise MediaGymError(
                "step(): flights are over; call reset(options={'reset_mask': terminations}) first."
            )
        parts = [
            (self._begin(g), np.zeros(len(g.flights)))
            if restart
            else g.batch.play(actions if len(groups) == 1 else actions[g.flights])
            for g, restart in zip(groups, restarted, strict=True)
        ]
        last, reward = (merged(part, groups) for part in zip(*parts, strict=True))
        over = merged([np.full(len(g.flights), g.batch.done) for g in groups], groups)
        same_step = self._autoreset is AutoresetMode.SAME_STEP
        infos = infos_of(groups, restarted, last, over if same_step else None)
        observation = last
        if same_step and over.any():
            following = [
                self._begin(g) if g.batch.done else part[0]
                for g, part in zip(groups, parts, strict=True)
            ]
            observation = merged(following, groups)
        return observation, reward, over, np.zeros(self.num_envs, bool), infos

    def _begin(self, group: Group) -> Float32s:
        """Start the next flights of a group; return their observations."""
        return group.batch.begin(self._episodes.take(group.flights))

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Return the full state as arrays, for ``np.savez`` and ``set_state``."""
        groups = self._groups or [Group(self.batch, np.arange(self.num_envs))]
        return {**groups_to_arrays(groups), "episodes": self._episodes.to_array()}

    def set_state(self, arrays: Mapping[str, NDArray[Any]]) -> Float32s:
        """Continue from a state of an identically configured environment; return observations."""
        groups = groups_from_arrays(arrays, self._template, self.num_envs)
        self._episodes.restore(arrays["episodes"])
        self._groups, self.batch = groups, groups[0].batch
        return merged([group.batch.observation() for group in groups], groups)

    def render(self) -> Any:
        """Return the first flight so far, as a picture (rgb_array) or as text (ansi)."""
        return _render(self.batch, self.render_mode)


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
        """Start the next flight; a seed restarts the sequence of flights.

        Args:
            seed: an integer >= 0; None continues the sequence.
            options: ``episode``, the number of the flight in its sequence.

        Raises:
            MediaGymError: the seed or an option is not allowed.
        """
        if seed is not None:
            require_seed(seed)
        episode, _ = require_options(options)
        super().reset(seed=seed)
        if seed is not None:
            self._seed, self._episode = int(seed), 0
        self._episode = self._episode if episode is None else episode
        observation = self.batch.begin([(self._seed, self._episode)])
        self._episode += 1
        return observation[0], {}

    def step(self, action: Float32s) -> tuple[Float32s, float, bool, bool, dict[str, Any]]:
        """Spend a day; ``info`` is that of ``FlightBatch.info`` for the one flight."""
        action = require_action(action, self.batch.action_space.shape)
        observation, reward = self.batch.play(action[None])
        info = {key: array[0] for key, array in self.batch.info().items()}
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
