"""The gym: spend a budget day by day in a market that is not known; batched first.

``BudgetVectorEnv`` runs any number of flights in lockstep on numpy arrays; ``BudgetEnv`` is a
batch of one. An action of 0 follows the posterior-static plan; every action is projected exactly
onto what the constraints allow.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Protocol

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray
from pydantic import Field

from ..data.config import Settings
from ..data.errors import MediaGymError
from .actions import ActionSettings, action_size, distance, wanted
from .arrays import at_least, at_most, summed
from .flight import Day, Flight, Problem, advance, start
from .guards import require_action, require_count, require_fitting, require_mode, require_seed
from .market import Market, MarketState, Noise, gather, select, step
from .noise import ShockSettings, draw_noises, generator
from .observation import BOUND, observation_size, observe
from .parameters import require_possible
from .render import draw_flight, tell_flight
from .snapshot import from_arrays, to_arrays

Floats = NDArray[np.float64]
Float32s = NDArray[np.float32]
RENDER_MODES = ["ansi", "rgb_array"]


class EnvSettings(Settings):
    """The group ``env`` of the configuration; see ``conf/env/default.yaml``."""

    days: Annotated[int, Field(ge=2)]
    action: ActionSettings
    reward: Literal["expected", "counted"]
    relative: bool
    distance_penalty: Annotated[float, Field(ge=0)]


class Draw(NamedTuple):
    """The markets and the randomness of a batch of flights."""

    market: Market  # fields (flights, campaigns)
    state: MarketState
    noise: Noise  # fields (days, flights, campaigns)


class Source(Protocol):
    """Where flights come from."""

    @property
    def market(self) -> Market:
        """All markets that may be drawn, fields (markets, campaigns)."""

    def draw(self, seed: int, episodes: range, days: int) -> Draw:
        """Return the markets and the noise of these episodes."""


class Pool(NamedTuple):
    """Markets that flights are drawn from at random."""

    market: Market  # fields (markets, campaigns)
    state: MarketState
    shocks: ShockSettings | None = None

    def draw(self, seed: int, episodes: range, days: int) -> Draw:
        """Return one flight an episode; its randomness depends on (seed, episode) alone."""
        rngs = [generator(seed, episode) for episode in episodes]
        index = np.array([int(rng.integers(len(self.market.elasticity))) for rng in rngs])
        market, state = gather(self.market, index), gather(self.state, index)
        return Draw(market, state, draw_noises(market, days, rngs, None, self.shocks))


class Batch:
    """A batch of flights in progress; what both environments share."""

    def __init__(
        self, problem: Problem, markets: tuple[Market, MarketState] | Source, settings: EnvSettings
    ) -> None:
        self.problem, self.settings = problem, settings
        self.source: Source = Pool(*markets) if type(markets) is tuple else markets  # type: ignore
        require_possible(self.source.market, problem.constraints.names)
        campaigns, channels = len(problem.constraints.names), len(problem.constraints.channels)
        size = observation_size(campaigns, channels)
        self.observation_space = gym.spaces.Box(-BOUND, BOUND, (size,), np.float32)
        self.action_space = gym.spaces.Box(-1.0, 1.0, (action_size(campaigns),), np.float32)
        self._scale = _daily_value(problem)
        self.trace: list[tuple[Floats, float]] = []  # the first flight: dollars, value a day

    def begin(self, seed: int, episodes: range) -> Float32s:
        """Start one flight an episode."""
        self._draw = self.source.draw(seed, episodes, self.problem.days)
        self._static = self._draw.state
        self.flight: Flight = start(self.problem, self._draw.state, (len(episodes),))
        self.trace = []
        return self.observation()

    def observation(self) -> Float32s:
        """Return what a policy sees now, (flights, size)."""
        return np.ascontiguousarray(observe(self.problem, self.flight.view, np.float32))

    def play(self, action: NDArray[Any]) -> tuple[Float32s, Floats]:
        """Spend a day; return the observations and rewards."""
        if not hasattr(self, "_draw") or self.done:
            raise MediaGymError("step(): there is no flight to fly; call reset() first.")
        inside = at_most(at_least(np.asarray(action, np.float64, order="F"), -1.0), 1.0)
        target, total = wanted(self.problem, self.flight.view, inside, self.settings.action)
        today = select(self._draw.noise, len(self.trace))
        self.flight, day = advance(
            self.problem, self._draw.market, self.flight, target, total, today
        )
        self.day = day
        self.trace.append((day.spend[0].copy(), float(day.value[0].sum())))
        reward = self._reward(day, today)
        if self.settings.distance_penalty:
            reward = reward - self.settings.distance_penalty * distance(target, total, day.planned)
        return self.observation(), reward

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that decides the rest of the flights, as arrays by name."""
        self._require_flight("get_state()")
        parts = {"draw": self._draw, "static": self._static, "flight": self.flight}
        spend, value = (np.array([day[k] for day in self.trace]) for k in (0, 1))
        return {**to_arrays(parts), "trace.spend": spend, "trace.value": value}

    def restore(self, arrays: Mapping[str, NDArray[Any]], flights: int) -> Float32s:
        """Continue from what ``state`` returned; the problem must be the same."""
        require_fitting(arrays, self.problem.days, flights, len(self.problem.constraints.names))
        parts = from_arrays(arrays, {"draw": Draw, "static": MarketState, "flight": Flight})
        self._draw, self._static, self.flight = parts["draw"], parts["static"], parts["flight"]
        rows = zip(arrays["trace.spend"], arrays["trace.value"], strict=True)
        self.trace = [(spend, float(value)) for spend, value in rows]
        return self.observation()

    def _require_flight(self, what: str) -> None:
        if not hasattr(self, "_draw"):
            raise MediaGymError(f"{what}: there is no flight; call reset() first.")

    @property
    def done(self) -> bool:
        """Whether the flights have ended."""
        return len(self.trace) == self.problem.days

    def _reward(self, day: Day, today: Noise) -> Floats:
        """Return today's objective over the plan's mean day, less the static plan's if asked."""
        objective = self.problem.objective
        counted = self.settings.reward == "counted"
        worth = objective.counted(day.outcome, day.spend) if counted else day.value
        value = summed(worth)
        if self.settings.relative:
            plan = self.problem.base[len(self.trace) - 1]
            self._static, outcome = step(self._draw.market, self._static, plan, today.path())
            value = value - summed(objective.expected(outcome, plan))
        return np.asarray(value / self._scale)


class BudgetVectorEnv(VectorEnv[Float32s, Float32s, NDArray[Any]]):
    """Many flights in lockstep; all end on the same day and restart at once (SAME_STEP)."""

    metadata = {"render_modes": RENDER_MODES, "autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012

    def __init__(
        self,
        problem: Problem,
        markets: tuple[Market, MarketState] | Source,
        settings: EnvSettings,
        num_envs: int,
        render_mode: str | None = None,
    ) -> None:
        self.batch = Batch(problem, markets, settings)
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
        """Start all flights anew.

        Args:
            seed: one integer for the whole batch.
            options: ``episode``, the number of the first flight, to go on where a batch was.
        """
        if seed is not None:
            self._seed, self._episode = require_seed(seed), 0
        self._episode = (options or {}).get("episode", self._episode)
        return self._begin(), {}

    def step(
        self, actions: Float32s
    ) -> tuple[Float32s, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Spend a day in every flight; the last day's observation comes as ``final_obs``."""
        shape = self.num_envs, *self.batch.action_space.shape
        seen, reward = self.batch.play(require_action(actions, shape))
        over = np.full(self.num_envs, self.batch.done)
        infos: dict[str, Any] = {}
        if self.batch.done:
            infos = {"final_obs": seen, "_final_obs": over}
            seen = self._begin()
        return seen, reward, over, np.zeros(self.num_envs, bool), infos

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Return the full state as arrays, for ``np.savez`` and ``set_state``."""
        return {**self.batch.state(), "episodes": np.array([self._seed, self._episode])}

    def set_state(self, arrays: Mapping[str, NDArray[Any]]) -> Float32s:
        """Continue from a state of an environment of the same making; return the observations."""
        seen = self.batch.restore(arrays, self.num_envs)
        self._seed, self._episode = (int(n) for n in arrays["episodes"])
        return seen

    def render(self) -> Any:
        """Return the first flight so far, as a picture or as text."""
        return _render(self.batch, self.render_mode)

    def _begin(self) -> Float32s:
        episodes = range(self._episode, self._episode + self.num_envs)
        self._episode += self.num_envs
        return self.batch.begin(self._seed, episodes)


class BudgetEnv(gym.Env[Float32s, Float32s]):
    """One flight: a batch of one."""

    metadata = {"render_modes": RENDER_MODES, "render_fps": 4}  # noqa: RUF012

    def __init__(
        self,
        problem: Problem,
        markets: tuple[Market, MarketState] | Source,
        settings: EnvSettings,
        render_mode: str | None = None,
    ) -> None:
        self.batch = Batch(problem, markets, settings)
        self.observation_space = self.batch.observation_space
        self.action_space = self.batch.action_space
        self.render_mode = require_mode(render_mode, RENDER_MODES)
        self._seed, self._episode = 0, 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32s, dict[str, Any]]:
        """Start the next flight; a seed starts the sequence of flights anew."""
        super().reset(seed=seed)
        if seed is not None:
            self._seed, self._episode = require_seed(seed), 0
        seen = self.batch.begin(self._seed, range(self._episode, self._episode + 1))
        self._episode += 1
        return seen[0], {}

    def step(self, action: Float32s) -> tuple[Float32s, float, bool, bool, dict[str, Any]]:
        """Spend a day; ``info`` holds the dollars and the reported conversions."""
        given = require_action(action, self.batch.action_space.shape)
        seen, reward = self.batch.play(given[None])
        day = self.batch.day
        info = {"spend": day.spend[0], "conversions": day.outcome.conversions[0]}
        return seen[0], float(reward[0]), self.batch.done, False, info

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Return the full state as arrays, for ``np.savez`` and ``set_state``."""
        return {**self.batch.state(), "episodes": np.array([self._seed, self._episode])}

    def set_state(self, arrays: Mapping[str, NDArray[Any]]) -> Float32s:
        """Continue from a state of an environment of the same making; return the observation."""
        seen = self.batch.restore(arrays, 1)
        self._seed, self._episode = (int(n) for n in arrays["episodes"])
        first: Float32s = seen[0]
        return first

    def render(self) -> Any:
        """Return the flight so far, as a picture (rgb_array) or as text (ansi)."""
        return _render(self.batch, self.render_mode)


def _render(batch: Batch, mode: str | None) -> Any:
    if mode is None:
        return None
    names, first = batch.problem.constraints.names, batch.problem.state.day
    spend = np.array([spend for spend, _ in batch.trace]).reshape(-1, len(names))
    value = np.array([value for _, value in batch.trace])
    show = tell_flight if mode == "ansi" else draw_flight
    return show(names, first, spend, value, batch.problem.constraints.total)


def _daily_value(problem: Problem) -> float:
    """Return the static plan's mean daily conversions (or dollars) in the mean market."""
    state, total = problem.state, 0.0
    for plan in problem.base:
        state, outcome = step(problem.market, state, plan, None)
        total += float(np.abs(problem.objective.expected(outcome, plan).sum()))
    return max(total / problem.days, 1e-9)
