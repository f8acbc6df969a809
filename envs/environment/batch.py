"""A batch of flights in progress: what the single and the batched environment share."""

from collections.abc import Mapping
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


class EnvSettings(Settings):
    """The group ``env`` of the configuration; see ``conf/env/default.yaml``."""

    days: Annotated[int, Field(ge=2)]
    action: ActionSettings
    reward: Literal["expected", "counted"]
    relative: bool
    distance_penalty: Annotated[float, Field(ge=0)]


class EpisodeDraw(NamedTuple):
    """The markets and the randomness of a batch of flights."""

    market: Market  # fields (flights, campaigns)
    state: MarketState
    noise: Noise  # fields (days, flights, campaigns)


class MarketSource(Protocol):
    """Where flights come from."""

    @property
    def market(self) -> Market:
        """All markets that may be drawn, fields (markets, campaigns)."""

    def draw(self, seed: int, episodes: range, days: int) -> EpisodeDraw:
        """Return the markets and the noise of these episodes."""


class MarketPool(NamedTuple):
    """Markets that flights are drawn from at random."""

    market: Market  # fields (markets, campaigns)
    state: MarketState
    shocks: ShockSettings | None = None

    def draw(self, seed: int, episodes: range, days: int) -> EpisodeDraw:
        """Return one flight an episode; its randomness depends on (seed, episode) alone."""
        rngs = [generator(seed, episode) for episode in episodes]
        index = np.array([int(rng.integers(len(self.market.elasticity))) for rng in rngs])
        market, state = gather(self.market, index), gather(self.state, index)
        return EpisodeDraw(market, state, draw_noises(market, days, rngs, None, self.shocks))


class FlightBatch:
    """A batch of flights in progress; what both environments share."""

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
        self._fly = partial(step_flights, problem, settings, _daily_value(problem))
        self.trace: list[tuple[Floats, float]] = []  # the first flight: dollars, value a day

    def begin(self, seed: int, episodes: range) -> Float32s:
        """Start one flight an episode."""
        self._draw = self.source.draw(seed, episodes, self.problem.days)
        self._static = self._draw.state
        self.flight: FlightState = initial_state(self.problem, self._draw.state, (len(episodes),))
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
        day, draw, state = len(self.trace), self._draw, (self.flight, self._static)
        played = self._fly(day, draw.market, select(draw.noise, day), state, inside)
        (self.flight, self._static), self.day = played.state, played.day
        self.trace.append((self.day.spend[0].copy(), float(self.day.value[0].sum())))
        return np.ascontiguousarray(played.seen), played.reward

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that decides the rest of the flights, as arrays by name."""
        self._require_flight("get_state()")
        parts = {"draw": self._draw, "static": self._static, "flight": self.flight}
        spend, value = (np.array([day[k] for day in self.trace]) for k in (0, 1))
        return {**to_arrays(parts), "trace.spend": spend, "trace.value": value}

    def restore(self, arrays: Mapping[str, NDArray[Any]], flights: int) -> Float32s:
        """Continue from what ``state`` returned; the problem must be the same."""
        require_fitting(arrays, self.problem.days, flights, len(self.problem.constraints.names))
        parts = from_arrays(
            arrays, {"draw": EpisodeDraw, "static": MarketState, "flight": FlightState}
        )
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


class StepResult(NamedTuple):
    """What a day makes of a batch of flights."""

    state: tuple[FlightState, MarketState]  # the second under the static plan, if that is asked for
    day: DayResult
    reward: Floats  # (flights,)
    seen: Float32s  # (flights, size) what a policy sees then


def step_flights(
    problem: Problem,
    settings: EnvSettings,
    scale: float,
    day: int,
    market: Market,
    today: Noise,
    state: tuple[FlightState, MarketState],
    action: Floats,
) -> StepResult:
    """Spend a day.

    Args:
        problem: what is planned.
        settings: of the environment.
        scale: value a day that is a reward of 1.
        day: days that are over.
        market: the markets.
        today: the day's noise.
        state: before the day, and that of the markets under the static plan.
        action: (flights, 1 + campaigns), in [-1, 1].
    """
    flight, static = state
    target, total = requested_spend(problem, flight.view, action, settings.action)
    flight, spent = step_day(problem, market, flight, target, total, today)
    counted = settings.reward == "counted"
    value = problem.objective.counted(spent.outcome, spent.spend) if counted else spent.value
    worth = summed(value)
    if settings.relative:
        plan = problem.static_plan[day]
        static, outcome = step(market, static, plan, today.without_count_noise())
        worth = worth - summed(problem.objective.expected(outcome, plan))
    reward = worth / scale
    if settings.distance_penalty:
        reward = reward - settings.distance_penalty * distance(target, total, spent.planned)
    return StepResult((flight, static), spent, reward, observe(problem, flight.view, np.float32))


def _daily_value(problem: Problem) -> float:
    """Return the static plan's mean daily conversions (or dollars) in the mean market."""
    state, total = problem.state, 0.0
    for plan in problem.static_plan:
        state, outcome = step(problem.market, state, plan, None)
        total += float(np.abs(problem.objective.expected(outcome, plan).sum()))
    return max(total / problem.days, 1e-9)
