"""`SimulatedWorld`: a market of any response form that may break, overspend or report late."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...data.types import Floats
from ...envs.arrays import select
from ...envs.environment import with_lasting_changes
from ...envs.flight import Problem
from ...envs.market import Market, MarketState, Noise, draw_noises, generator
from ...envs.planning import (
    PlanObjective,
    QuadraticProgram,
    climb_rows,
    maximise,
    objective_with_gradient,
    project_daily_plan,
    to_tensors,
)
from ...envs.synthetic import DeliverySettings, ResponseForm, delivered_share, step_with_form
from .world import Day

if TYPE_CHECKING:
    import torch

_DELIVERY = 1  # last word of the key of delivery's generators: [seed, flight, 1]
_EVALUATIONS = 300  # of the objective in the search for the best plans


class Change(NamedTuple):
    """A campaign's efficiency changes for good."""

    campaign: int  # position
    day: int  # first day with it, from 1
    factor: float  # of conversions at the same spend, > 0


class Twist(NamedTuple):
    """How a world departs from its market; None: as it was."""

    change: Change | None = None
    delivery: DeliverySettings | None = None
    late: tuple[float, float] | None = None  # shares reported at once, and of the rest per day


class SimulatedWorld:
    """Flights in one known market; each has noise of its own, the same for every policy."""

    def __init__(
        self,
        form: ResponseForm,
        market: Market,
        state: MarketState,
        days: int,
        twist: Twist = Twist(),  # noqa: B008  # a frozen record
    ) -> None:
        """Args: response form; market and state, (campaigns,); length of the flights; twist."""
        if twist.late is not None:
            at_once, landing = (share + 0 * market.elasticity for share in twist.late)
            market = market._replace(same_day=at_once, landing=landing)
        self.form, self.market, self.state = form, market, state
        self.days, self.twist, self.day = days, twist, 0

    def begin(self, seed: int, episodes: int) -> None:
        """Draw the noise of the flights; flight i depends on (seed, i) alone."""
        zero = np.zeros((episodes, 1))
        self._market = Market(
            *(None if f is None else f + (zero[..., None] if f.ndim == 2 else zero)
              for f in self.market)
        )  # fmt: skip
        self._now = MarketState(
            self.state.day, *(None if f is None else f + zero for f in self.state[1:])
        )
        self.noise = self._changed(
            draw_noises(self._market, self.days, (generator(seed, i) for i in range(episodes)))
        )
        self._shares = self._deliveries(seed, episodes)
        self.day = 0

    def spend(self, dollars: Floats) -> Day:
        """Run a day; on the last one a platform spends no more than was planned."""
        share = self._shares[self.day]
        delivered = dollars * (np.minimum(share, 1.0) if self.day == self.days - 1 else share)
        noise = select(self.noise, self.day)
        self._now, outcome = step_with_form(self.form, self._market, self._now, delivered, noise)
        self.day += 1
        return Day(delivered, np.asarray(outcome.claimed), np.asarray(outcome.expected))

    def objective(self) -> PlanObjective:
        """Return expected conversions and their gradient of plans, (flights, days, campaigns).

        The demand path and the change are known, every dollar is delivered, counts are averaged.
        """
        market, noise = to_tensors(self._market), to_tensors(self.noise.without_count_noise())
        zero = np.zeros_like(self._market.elasticity)
        first = MarketState(self.state.day, *(f if f is None else f + zero for f in self.state[1:]))
        start = to_tensors(first)

        def value(plans: "torch.Tensor") -> "torch.Tensor":
            state, total = start, 0.0
            for t, dollars in enumerate(plans):
                state, outcome = step_with_form(self.form, market, state, dollars, select(noise, t))
                total = total + outcome.expected.sum(-1)
            return total  # type: ignore[return-value]

        return objective_with_gradient(value, self.days)

    def _changed(self, noise: Noise) -> Noise:
        """Return the noise with the change of efficiency, as a jump of log demand."""
        change = self.twist.change
        if change is None:
            return noise
        begins = np.zeros(noise.level.shape, bool)
        begins[change.day - 1, :, change.campaign] = True
        return with_lasting_changes(noise, begins, np.log(change.factor) + 0 * noise.level)

    def _deliveries(self, seed: int, episodes: int) -> Floats:
        """Return the share of a planned dollar that is spent, (days, flights, campaigns)."""
        campaigns, delivery = self.market.elasticity.shape[-1], self.twist.delivery
        if delivery is None:
            return np.ones((self.days, episodes, campaigns))
        flights = []
        for i in range(episodes):
            rng = generator(seed, i, _DELIVERY)
            flights.append([delivered_share(delivery, campaigns, rng) for _ in range(self.days)])
        return np.swapaxes(np.array(flights), 0, 1)


def best_values(
    world: SimulatedWorld, problem: Problem, plans: Sequence[Floats], seed: int, flights: int
) -> Floats:
    """Return the value of each flight's best daily plan within the rules, (flights,).

    Args:
        world: the true market; its noise is drawn again.
        problem: its constraints are kept.
        plans: (days, flights, campaigns) to start from; those of fewer flights are left out.
        seed: seed of the noise.
        flights: number of the flights.
    """
    world.begin(seed, flights)
    objective, constraints = world.objective(), problem.constraints
    static = np.repeat(problem.static_plan[None], flights, 0)
    if constraints.has_rules:
        programs = [QuadraticProgram(constraints)] * flights
        return np.asarray(climb_rows(objective, programs, static).value)
    project = project_daily_plan(constraints)
    starts = [static]
    starts += [project(p.swapaxes(0, 1)) for p in plans if p.shape[1] == flights]
    values = np.stack([objective(start)[0] for start in starts])
    start = np.stack(starts)[values.argmax(0), np.arange(flights)]
    return np.asarray(maximise(objective, project, start, _EVALUATIONS).value)
