"""`rollout` and `step_day`: flights day by day, under environments, planners and evaluation.

The same code runs in numpy and torch, so that a policy or a plan can be trained by backpropagation
through whole flights. All flights of a batch run in lockstep.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from ..arrays import Array, select, zeros
from ..constraints import Ledger, spend_day
from ..market import Market, MarketState, Noise, Outcome, landed_share, step
from .belief import BeliefState, initial_belief, update_belief
from .problem import Problem

SMOOTHING = 0.8  # share of yesterday's value in the smoothed spend


class Observable(NamedTuple):
    """Everything a policy may use; arrays are (..., campaigns)."""

    ledger: Ledger  # money: day, spent so far, yesterday's spend
    belief: BeliefState
    smooth: Array  # exponentially smoothed spend, dollars per day


class FlightState(NamedTuple):
    """State of a batch of flights."""

    hidden_state: MarketState  # the market's own state, hidden from policies
    view: Observable


class DayResult(NamedTuple):
    """Spend and outcome of one day of a flight; (..., campaigns)."""

    spend: Array  # dollars delivered
    planned: Array  # dollars budgeted at the platforms, >= spend
    outcome: Outcome
    value: Array  # expected objective


def initial_state(problem: Problem, state: MarketState, batch: tuple[int, ...]) -> FlightState:
    """Return flights before their first day.

    Args:
        problem: what was known before the flight.
        state: the markets' states, ``(*batch, campaigns)`` or broadcastable to it.
        batch: shape of the batch.
    """
    zero = zeros(problem.state.stock, batch)
    belief = initial_belief(problem, zero)
    ledger = Ledger.start(problem.constraints, batch, zero)
    return FlightState(state, Observable(ledger, belief, problem.mean_static_spend + zero))


def step_day(
    problem: Problem,
    market: Market,
    flight: FlightState,
    requested_spend: Array,
    requested_total: Array,
    noise: Noise | None,
) -> tuple[FlightState, DayResult]:
    """Return the flights after a day of spend, and the day.

    Args:
        problem: what was known before the flight.
        market: the true markets, (..., campaigns).
        flight: state before the day.
        requested_spend: dollars, (..., campaigns); projected onto what the constraints allow.
        requested_total: dollars, (...); clipped to what the constraints allow.
        noise: the day's draws, or None for the expected day.
    """
    before = flight.view
    planned, ledger = spend_day(
        problem.constraints, before.ledger, requested_spend, requested_total
    )
    hidden_state, outcome = step(market, flight.hidden_state, planned, noise)
    spend = outcome.delivered
    if spend is not planned:
        ledger = before.ledger.advance(planned, spend, ledger.live)
    belief = update_belief(problem, before.belief, spend, outcome.claimed)
    smooth = SMOOTHING * before.smooth + (1 - SMOOTHING) * spend
    value = credited_value(problem, market, outcome, problem.days - ledger.day)
    return FlightState(hidden_state, Observable(ledger, belief, smooth)), DayResult(
        spend, planned, outcome, value
    )


def credited_value(problem: Problem, market: Market, outcome: Outcome, days_left: int) -> Array:
    """Return a day's expected objective per campaign, without conversions that land too late.

    Args:
        problem: holds the objective and the days after the flight that count.
        market: the true markets.
        outcome: outcome of the day.
        days_left: days of the flight after this one.
    """
    if problem.credit_days is None:
        return problem.objective.expected(outcome, outcome.delivered)
    share = landed_share(market, days_left + problem.credit_days)
    landed = outcome._replace(
        expected=outcome.expected * share, expected_revenue=outcome.expected_revenue * share
    )
    return problem.objective.expected(landed, landed.delivered)


ActFn = Callable[[Observable, Any], tuple[Array, Array, Any]]
"""(view, memory) -> (requested spend (..., campaigns), requested total (...), memory)."""


def rollout(
    problem: Problem, market: Market, flight: FlightState, noise: Noise | None, act: ActFn
) -> tuple[FlightState, list[DayResult]]:
    """Run flights to their end; return the last state and all days."""
    days, memory = [], None
    for t in range(problem.days):
        spend, total, memory = act(flight.view, memory)
        today = None if noise is None else select(noise, t)
        flight, day = step_day(problem, market, flight, spend, total, today)
        days.append(day)
    return flight, days
