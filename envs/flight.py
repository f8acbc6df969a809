"""A batch of flights, day by day: the one loop under environments, planners and evaluation.

Everything is written for numpy and torch alike, so that a policy or a plan can be trained by
backpropagation through whole flights. All flights of a batch run in lockstep.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .arrays import Array, zeros
from .constraints import Constraints
from .curves import odds_at_reference
from .effects import landed_share
from .inflight import Belief, Doubt, before_flight, learn
from .ledger import Ledger, spend_day
from .market import Market, MarketState, Noise, Outcome, select, step
from .objective import Objective
from .posterior import Posterior

Floats = NDArray[np.float64]
SMOOTHING = 0.8  # share of yesterday's value in the smoothed spend


class _Known(NamedTuple):
    """The fields of ``Problem``."""

    constraints: Constraints  # budget, floors, caps; also the length of the flight
    objective: Objective
    market: Market  # of mean parameters under the posterior
    state: MarketState  # its state on the eve of the flight
    doubt: Doubt  # how far each campaign's level and elasticity may be from the mean market's
    base: Array  # (days, campaigns) the posterior-static plan, dollars: action 0
    trust: Array = 1.0  # share of a surprise in the reports that is one in what is earned
    credit_days: float | None = None  # after the flight; later landings do not count; None: all do


class Problem(_Known):
    """What an advertiser knows before the flight; arrays are (campaigns,) unless noted.

    What follows from it alone is worked out once: its arrays are never written to.
    """

    @cached_property
    def days(self) -> int:
        """Length of the flight."""
        return int(self.base.shape[0])

    @cached_property
    def usual(self) -> Array:
        """Dollars of the static plan's mean day."""
        return self.base.mean(0)

    @cached_property
    def walk(self) -> Array:
        """Variance of a day's change of the log level."""
        return self.market.level_sd**2 + self.market.demand_sd**2

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """What else follows from the problem alone, such as a day's share of the plan."""
        return {}


class View(NamedTuple):
    """All that a policy sees of a batch of flights; arrays are (..., campaigns)."""

    ledger: Ledger  # money: day, spent so far, yesterday's spend
    belief: Belief
    smooth: Array  # exponentially smoothed spend, dollars a day


class Flight(NamedTuple):
    """State of a batch of flights."""

    truth: MarketState  # the market's own state, hidden from policies
    view: View


class Day(NamedTuple):
    """What one day of a flight brought; (..., campaigns)."""

    spend: Array  # dollars delivered
    planned: Array  # dollars asked of the platforms, >= spend
    outcome: Outcome
    value: Array  # of the objective, expected


def start(problem: Problem, state: MarketState, batch: tuple[int, ...]) -> Flight:
    """Return flights on their eve.

    Args:
        problem: what is planned.
        state: the markets' states, (*batch, campaigns) or broadcastable to it.
        batch: shape of the batch.
    """
    zero = zeros(problem.state.stock, batch)
    belief = before_flight(problem, zero)
    return Flight(state, View(Ledger(0, zero, zero), belief, problem.usual + zero))


def advance(
    problem: Problem,
    market: Market,
    flight: Flight,
    target: Array,
    total: Array,
    noise: Noise | None,
) -> tuple[Flight, Day]:
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
    truth, outcome = step(market, flight.truth, planned, noise)
    spend = outcome.delivered
    if spend is not planned:
        ledger = before.ledger.advance(planned, spend)
    belief = learn(problem, before.belief, spend, outcome.claimed)
    smooth = SMOOTHING * before.smooth + (1 - SMOOTHING) * spend
    value = credited(problem, market, outcome, problem.days - ledger.day)
    return Flight(truth, View(ledger, belief, smooth)), Day(spend, planned, outcome, value)


def credited(problem: Problem, market: Market, outcome: Outcome, days_left: int) -> Array:
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


Act = Callable[[View, Any], tuple[Array, Array, Any]]
"""(what is seen, memory) -> (dollars wanted by campaign, dollars wanted in all, memory)."""


def fly(
    problem: Problem, market: Market, flight: Flight, noise: Noise | None, act: Act
) -> tuple[Flight, list[Day]]:
    """Run flights to their end and return the last state and all days."""
    days, memory = [], None
    for t in range(problem.days):
        target, total, memory = act(flight.view, memory)
        today = None if noise is None else select(noise, t)
        flight, day = advance(problem, market, flight, target, total, today)
        days.append(day)
    return flight, days


def simulate(
    market: Market, state: MarketState, plan: Array, noise: Noise | None
) -> tuple[MarketState, list[Outcome]]:
    """Return what markets make of a fixed plan, (days, ..., campaigns) dollars."""
    outcomes = []
    for t in range(plan.shape[0]):
        state, outcome = step(market, state, plan[t], None if noise is None else select(noise, t))
        outcomes.append(outcome)
    return state, outcomes


def problem_of(
    posterior: Posterior, constraints: Constraints, objective: Objective, base: Floats
) -> Problem:
    """Return the problem that a posterior, constraints and the static plan make up."""
    market, state = posterior.mean()
    doubt, trust = _doubt(posterior)
    return Problem(constraints, objective, market, state, doubt, base, trust)


def _doubt(posterior: Posterior) -> tuple[Doubt, Floats]:
    """Return how far, over the training draws, reports at the reference spend and curves differ.

    And how much of a surprise in what is reported is one in what is earned: the slope of the log
    of true conversions on that of the reported ones.
    """
    market, state = posterior.training()
    spend = market.reference_spend + 0 * state.stock
    _, outcome = step(market, state._replace(stock=spend), spend, None)
    odds = odds_at_reference(market.elasticity, market.slope)
    logs = (np.log(outcome.claimed + 1e-9), np.log(odds), np.log(outcome.expected + 1e-9))
    told, curve, true = (log - log.mean(0) for log in logs)
    none = Doubt.none(spend[0])
    doubt = Doubt(none.level + (told**2).mean(0), (curve**2).mean(0), (told * curve).mean(0))
    return doubt, np.asarray((told * true).mean(0) / doubt.level)
