"""A batch of flights, day by day: the one loop under environments, planners and evaluation.

Everything is written for numpy and torch alike, so that a policy or a plan can be trained by
backpropagation through whole flights. All flights of a batch run in lockstep.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from ..arrays import Array, select, zeros
from ..constraints import Ledger, spend_day
from ..market import (
    Market,
    MarketState,
    Noise,
    Outcome,
    landed_share,
    step,
)
from .belief import BeliefState, initial_belief, update_belief
from .problem import Problem

SMOOTHING = 0.8  # share of yesterday's value in the smoothed spend


class Observable(NamedTuple):
    """All that a policy sees of a batch of flights; arrays are (..., campaigns)."""

    ledger: Ledger  # money: day, spent so far, yesterday's spend
    belief: BeliefState
    smooth: Array  # exponentially smoothed spend, dollars a day


class FlightState(NamedTuple):
    """State of a batch of flights."""

    hidden_state: MarketState  # the market's own state, hidden from policies
    view: Observable


class DayResult(NamedTuple):
    """What one day of a flight brought; (..., campaigns)."""

    spend: Array  # dollars delivered
    planned: Array  # dollars asked of the platforms, >= spend
    outcome: Outcome
    value: Array  # of the objective, expected


def initial_state(problem: Problem, state: MarketState, batch: tuple[int, ...]) -> FlightState:
    """Return flights on their eve.

    Args:
        problem: what is planned.
        state: the markets' states, (*batch, campaigns) or broadcastable to it.
        batch: shape of the batch.
    """
    zero = zeros(problem.state.stock, batch)
    belief = initial_belief(problem, zero)
    return FlightState(
        state, Observable(Ledger(0, zero, zero), belief, problem.mean_static_spend + zero)
    )


def step_day(
    problem: Problem,
    market: Market,
    flight: FlightState,
    target: Array,
    total: Array,
    noise: Noise | None,
) -> tuple[FlightState, DayResult]:
    """Spend a day.

    Args:
        problem: what is planned.
        market: the true markets, (..., campaigns).
        flight: state before the day.
        target: dollars wanted, (..., campaigns); projected onto what is allowed.
        total: dollars wanted in all, (...); clipped to what is allowed.
        noise: the day's draws, or None for the expected day.
    """
    before = flight.view
    planned, ledger = spend_day(problem.constraints, before.ledger, target, total)
    truth, outcome = step(market, flight.hidden_state, planned, noise)
    spend = outcome.delivered
    if spend is not planned:
        ledger = before.ledger.advance(planned, spend)
    belief = update_belief(problem, before.belief, spend, outcome.claimed)
    smooth = SMOOTHING * before.smooth + (1 - SMOOTHING) * spend
    value = credited_value(problem, market, outcome, problem.days - ledger.day)
    return FlightState(truth, Observable(ledger, belief, smooth)), DayResult(
        spend, planned, outcome, value
    )


def credited_value(problem: Problem, market: Market, outcome: Outcome, days_left: int) -> Array:
    """Return a day's expected objective by campaign, less what lands too late to count.

    Args:
        problem: says what counts.
        market: the true markets.
        outcome: of the day.
        days_left: days of the flight after this one.
    """
    if problem.credit_days is None:
        return problem.objective.expected(outcome, outcome.delivered)
    share = landed_share(market, days_left + problem.credit_days)
    lands = outcome._replace(
        expected=outcome.expected * share, expected_revenue=outcome.expected_revenue * share
    )
    return problem.objective.expected(lands, lands.delivered)


ActFn = Callable[[Observable, Any], tuple[Array, Array, Any]]
"""(what is seen, memory) -> (dollars wanted by campaign, dollars wanted in all, memory)."""


def rollout(
    problem: Problem, market: Market, flight: FlightState, noise: Noise | None, act: ActFn
) -> tuple[FlightState, list[DayResult]]:
    """Run flights to their end and return the last state and all days."""
    days, memory = [], None
    for t in range(problem.days):
        target, total, memory = act(flight.view, memory)
        today = None if noise is None else select(noise, t)
        flight, day = step_day(problem, market, flight, target, total, today)
        days.append(day)
    return flight, days
