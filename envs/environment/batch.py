"""`FlightBatch`: flights in progress, the core of the single and the vector environment."""

from collections.abc import Mapping, Sequence
from copy import copy
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple, Protocol

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ...data.errors import MediaGymError
from ...data.settings import Settings
from ...data.types import Floats
from ..arrays import at_least, at_most, gather, select, summed
from ..flight import (
    BOUND,
    ActionSettings,
    DayResult,
    FlightState,
    Problem,
    action_size,
    distance,
    initial_state,
    observation_size,
    observe,
    requested_spend,
    step_day,
)
from ..market import (
    Market,
    MarketState,
    Noise,
    ShockSettings,
    draw_noises,
    generator,
    require_possible,
    step,
)
from .state_arrays import from_arrays, to_arrays
from .validation import require_fitting

Float32s = NDArray[np.float32]


MAX_DAYS = 366  # days of a flight
MAX_PENALTY = 1e6  # weight of the distance


class EnvSettings(Settings):
    """The group ``env`` of the configuration; see ``conf/env/default.yaml``."""

    days: Annotated[int, Field(ge=2, le=MAX_DAYS)]
    action: ActionSettings
    reward: Literal["expected", "counted"]
    relative: bool
    distance_penalty: Annotated[float, Field(ge=0, le=MAX_PENALTY)]


class EpisodeDraw(NamedTuple):
    """Markets and noise of a batch of flights."""

    market: Market  # fields (flights, campaigns)
    state: MarketState
    noise: Noise  # fields (days, flights, campaigns)


class MarketSource(Protocol):
    """Source of the markets and the noise of flights."""

    @property
    def market(self) -> Market:
        """All markets that can be drawn, fields (markets, campaigns)."""

    def draw(self, seed: int, episodes: range, days: int) -> EpisodeDraw:
        """Return the markets and the noise of episodes, one flight each."""


class MarketPool(NamedTuple):
    """Markets from which each flight draws one at random."""

    market: Market  # fields (markets, campaigns)
    state: MarketState
    shocks: ShockSettings | None = None

    def draw(self, seed: int, episodes: range, days: int) -> EpisodeDraw:
        """Return one flight per episode; each depends on (seed, episode) alone."""
        rngs = [generator(seed, episode) for episode in episodes]
        index = np.array([int(rng.integers(len(self.market.elasticity))) for rng in rngs])
        market, state = gather(self.market, index), gather(self.state, index)
        return EpisodeDraw(market, state, draw_noises(market, days, rngs, None, self.shocks))


def joined(draws: Sequence[EpisodeDraw]) -> EpisodeDraw:
    """Return the draws of several sets of flights as those of all."""
    if len(draws) == 1:
        return draws[0]

    def concatenated(records: Sequence[Any], axis: int) -> Any:
        columns = zip(*records, strict=True)
        return type(records[0])(
            *(np.concatenate(c, axis) if np.ndim(c[0]) > axis else c[0] for c in columns)
        )

    market, state, noise = zip(*draws, strict=True)
    return EpisodeDraw(concatenated(market, 0), concatenated(state, 0), concatenated(noise, 1))


def _runs(episodes: Sequence[tuple[int, int]]) -> list[tuple[int, range]]:
    """Return runs of consecutive episodes of one seed: (seed, numbers)."""
    runs: list[tuple[int, range]] = []
    for seed, number in episodes:
        if runs and runs[-1][0] == seed and runs[-1][1].stop == number:
            runs[-1] = (seed, range(runs[-1][1].start, number + 1))
        else:
            runs.append((seed, range(number, number + 1)))
    return runs


class FlightBatch:
    """A batch of flights in progress, in lockstep."""

    def __init__(
        self,
        problem: Problem,
        markets: tuple[Market, MarketState] | MarketSource,
        settings: EnvSettings,
    ) -> None:
        self.problem, self.settings = problem, settings
        self.source: MarketSource = MarketPool(*markets) if type(markets) is tuple else markets  # type: ignore
        require_possible(self.source.market, problem.constraints.names)
        campaigns, channels = len(problem.constraints.names), len(problem.constraints.channels)
        size = observation_size(campaigns, channels)
        self.observation_space = gym.spaces.Box(-BOUND, BOUND, (size,), np.float32)
        self.action_space = gym.spaces.Box(-1.0, 1.0, (action_size(campaigns),), np.float32)
        self._step = partial(step_flights, problem, settings, daily_value(problem))
        self.trace: list[tuple[Floats, float]] = []  # first flight: dollars and value per day

    def begin(self, episodes: Sequence[tuple[int, int]]) -> Float32s:
        """Start one flight per episode, (seed, number); return observations, (flights, size)."""
        days = self.problem.days
        self._draw = joined([self.source.draw(*run, days) for run in _runs(episodes)])
        self._static = self._draw.state
        self.flight: FlightState = initial_state(self.problem, self._draw.state, (len(episodes),))
        self.trace = []
        return self.observation()

    def observation(self) -> Float32s:
        """Return the current observations, (flights, size)."""
        return np.ascontiguousarray(observe(self.problem, self.flight.view, np.float32))

    def play(self, action: NDArray[Any]) -> tuple[Float32s, Floats]:
        """Spend a day; return the observations, (flights, size), and rewards, (flights,)."""
        if not hasattr(self, "_draw") or self.done:
            raise MediaGymError("step(): no flight is in progress; call reset() first.")
        clipped = at_most(at_least(np.asarray(action, np.float64, order="F"), -1.0), 1.0)
        day, draw, state = len(self.trace), self._draw, (self.flight, self._static)
        result = self._step(day, draw.market, select(draw.noise, day), state, clipped)
        (self.flight, self._static), self.day = result.state, result.day
        self.trace.append((self.day.spend[0].copy(), float(self.day.value[0].sum())))
        return np.ascontiguousarray(result.observation), result.reward

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the full state of the flights, as arrays by name."""
        self._require_flight("get_state()")
        records = {"draw": self._draw, "static": self._static, "flight": self.flight}
        spend, value = (np.array([day[k] for day in self.trace]) for k in (0, 1))
        return {**to_arrays(records), "trace.spend": spend, "trace.value": value}

    def restore(self, arrays: Mapping[str, NDArray[Any]], flights: int) -> Float32s:
        """Continue from a result of ``state``, for the same problem; return the observations."""
        require_fitting(arrays, self.problem.days, flights, len(self.problem.constraints.names))
        records = from_arrays(
            arrays, {"draw": EpisodeDraw, "static": MarketState, "flight": FlightState}
        )
        self._draw, self._static, self.flight = (
            records["draw"],
            records["static"],
            records["flight"],
        )
        rows = zip(arrays["trace.spend"], arrays["trace.value"], strict=True)
        self.trace = [(spend, float(value)) for spend, value in rows]
        return self.observation()

    def copy(self) -> "FlightBatch":
        """Return a batch of the same problem and markets, with a state of its own."""
        return copy(self)

    def subset(self, index: NDArray[np.int64], flights: int) -> "FlightBatch":
        """Return some of this batch's flights as a batch of their own.

        Args:
            index: positions of the flights in this batch.
            flights: number of flights in this batch.
        """

        def rows(name: str, array: NDArray[Any]) -> NDArray[Any]:
            if array.ndim < 2 or name.startswith("trace."):  # shared by all flights
                return array
            return array.take(index, 1 if name.startswith("draw.noise.") else 0)

        part = self.copy()
        part.restore({name: rows(name, array) for name, array in self.state().items()}, len(index))
        return part

    def _require_flight(self, method: str) -> None:
        if not hasattr(self, "_draw"):
            raise MediaGymError(f"{method}: no flight was started; call reset() first.")

    @property
    def done(self) -> bool:
        """True after the last day of the flights."""
        return len(self.trace) == self.problem.days


class StepResult(NamedTuple):
    """A batch of flights after a day."""

    state: tuple[FlightState, MarketState]  # flights; markets under the static plan, if relative
    day: DayResult
    reward: Floats  # (flights,)
    observation: Float32s  # (flights, size)


def step_flights(
    problem: Problem,
    settings: EnvSettings,
    scale: float,
    day: int,
    market: Market,
    noise: Noise,
    state: tuple[FlightState, MarketState],
    action: Floats,
) -> StepResult:
    """Return the flights after a day of spend, with rewards and observations.

    Args:
        problem: what was known before the flight.
        settings: settings of the environment.
        scale: expected objective of a day, > 0, that counts as a reward of 1.
        day: number of days that are over, >= 0.
        market: the true markets.
        noise: the day's draws.
        state: the flights before the day, and the markets under the static plan.
        action: (flights, 1 + campaigns), in [-1, 1].
    """
    flight, static = state
    requested, total = requested_spend(problem, flight.view, action, settings.action)
    flight, result = step_day(problem, market, flight, requested, total, noise)
    counted = settings.reward == "counted"
    value = problem.objective.counted(result.outcome, result.spend) if counted else result.value
    reward = summed(value)
    if settings.relative:
        plan = problem.static_plan[day]
        static, outcome = step(market, static, plan, noise.without_count_noise())
        reward = reward - summed(problem.objective.expected(outcome, plan))
    reward = reward / scale
    if settings.distance_penalty:
        reward = reward - settings.distance_penalty * distance(requested, total, result.planned)
    observation = observe(problem, flight.view, np.float32)
    return StepResult((flight, static), result, reward, observation)


def daily_value(problem: Problem) -> float:
    """Return the static plan's mean daily objective in the mean market, > 0."""
    values: list[float] = planned_values(problem).tolist()
    return max(sum(map(abs, values)) / problem.days, 1e-9)


def planned_values(problem: Problem) -> Floats:
    """Return the objective that the static plan is expected to bring by day, (days,)."""
    state, values = problem.state, []
    for plan in problem.static_plan:
        state, outcome = step(problem.market, state, plan, None)
        values.append(float(problem.objective.expected(outcome, plan).sum()))
    return np.array(values)
