"""The belief and a policy's memory, replayed over the flight's days from their reports."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats
from ...envs.flight import SMOOTHING, Observable, Problem, initial_state, update_belief
from ..policy import Policy, Report, remembered
from .reports import Reports

Cents = NDArray[np.int64]


class Standing(NamedTuple):
    """Where a flight stands when a day begins; a batch of one flight."""

    view: Observable  # ledger, belief and smoothed spend
    memory: Any  # of the policy
    expected: Floats  # claimed conversions per day that were expected before the flight, for the
    # spend and the completeness of each day, (days so far, campaigns)


def begin(problem: Problem) -> Standing:
    """Return where a flight stands before its first day."""
    view = initial_state(problem, problem.state, (1,)).view
    return Standing(view, None, np.zeros((0, len(problem.constraints.names))))


def replay(
    problem: Problem, policy: Policy, standing: Standing, reports: Reports, planned: Cents
) -> Standing:
    """Return where a flight stands after all days of the reports.

    Args:
        problem: what was known before the flight.
        policy: its memory is replayed too.
        standing: where the flight stood after its first days, as in ``begin``.
        reports: all days so far.
        planned: cents planned for each of them, (days so far or more, campaigns).
    """
    for t in range(standing.view.ledger.day, reports.days):
        standing = _next(problem, policy, standing, reports, planned, t)
    return standing


def _next(
    problem: Problem, policy: Policy, standing: Standing, reports: Reports, planned: Cents, t: int
) -> Standing:
    view, memory, expected = standing
    spend, reported = reports.spend[t][None] / 100, reports.conversions[t][None]
    complete = reports.complete[t][None]
    memory = remembered(policy, view, memory, Report(spend, reported, complete))
    belief = update_belief(as_reported(problem, complete), view.belief, spend, reported)
    today = belief.expected - view.belief.expected
    after = view._replace(
        ledger=view.ledger.advance(planned[t][None] / 100, spend, view.ledger.live),
        belief=belief,
        smooth=SMOOTHING * view.smooth + (1 - SMOOTHING) * spend,
    )
    return Standing(after, memory, np.concatenate([expected, today]))


def as_reported(problem: Problem, complete: Floats) -> Problem:
    """Return the problem of a day of which only a share of the conversions is reported so far.

    Of a share of 0 nothing is expected, so that nothing is learnt and uncertainty grows.
    """
    if (complete == 1).all():
        return problem
    market = problem.market
    conversions = market.reference_conversions * complete
    return replace(problem, market=market._replace(reference_conversions=conversions))
