"""`fly`: flights of a policy in a world, with the ledger and the belief of our own flights."""

from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.constraints import count_violations, spend_day
from ...envs.flight import SMOOTHING, Observable, Problem, initial_state, update_belief
from ..policy import Policy
from .world import Day, World

_CENTS = 100


class Flights(NamedTuple):
    """Flights of one policy in one world; (days, flights, campaigns) unless noted."""

    planned: Floats  # dollars set
    delivered: Floats  # dollars spent
    claimed: Floats  # conversions reported
    value: Floats  # expected conversions

    @property
    def total(self) -> Floats:
        """Expected conversions of each flight, (flights,)."""
        return np.asarray(self.value.sum((0, 2)))

    @property
    def turnover(self) -> Floats:
        """Mean share of the day's budget that changes campaign overnight, (flights,)."""
        shares = self.planned / np.maximum(self.planned.sum(-1, keepdims=True), 1e-9)
        return np.asarray(np.abs(np.diff(shares, axis=0)).sum(-1).mean(0) / 2)

    def broken(self, problem: Problem) -> Floats:
        """Return the number of broken constraints of each flight, (flights,).

        The plan that is judged is what was spent until the last day and what was set then: a dollar
        that the last day did not deliver could not be set on a later one.
        """
        spend = np.concatenate([self.delivered[:-1], self.planned[-1:]]).swapaxes(0, 1)
        return np.asarray(count_violations(problem.constraints, spend))

    def cents_off(self, problem: Problem) -> Floats:
        """Return the cents by which the last day's budgets miss the money left, (flights,).

        Money that platforms spent beyond the total on earlier days is gone: nothing is left then.
        """
        total = problem.constraints.total
        left = np.maximum(total - self.delivered[:-1].sum((0, 2)), 0.0)
        return np.asarray(np.abs(np.round((self.planned[-1].sum(-1) - left) * _CENTS)))


def fly(problem: Problem, policy: Policy, world: World, seed: int, episodes: int) -> Flights:
    """Run a policy through flights side by side.

    Args:
        problem: what is known before the flight.
        policy: decides what to request; requests are projected onto the constraints.
        world: delivers, and reports.
        seed: seed of the world.
        episodes: number of flights.
    """
    world.begin(seed, episodes)
    view, memory, days = initial_state(problem, problem.state, (episodes,)).view, None, []
    for _ in range(problem.days):
        requested, total, memory = policy.act(view, memory)
        planned, day, view = fly_day(problem, world, view, requested, total)
        days.append((planned, *day))
    return Flights(*(np.stack(column) for column in zip(*days, strict=True)))


def fly_day(
    problem: Problem, world: World, view: Observable, requested: Array, total: Array
) -> tuple[Floats, Day, Observable]:
    """Run a day of the flights.

    Args:
        problem: what is known before the flight.
        world: delivers, and reports.
        view: what is seen at the beginning of the day.
        requested: dollars, (flights, campaigns), before the projection onto the constraints.
        total: dollars, (flights,), before the projection.

    Returns:
        The dollars planned, (flights, campaigns), what the day brought, and what is seen then.
    """
    planned, ledger = spend_day(problem.constraints, view.ledger, requested, total)
    day = world.spend(planned)
    after = Observable(
        view.ledger.advance(planned, day.delivered, ledger.live),
        update_belief(problem, view.belief, day.delivered, day.claimed),
        SMOOTHING * view.smooth + (1 - SMOOTHING) * day.delivered,
    )
    return planned, day, after
