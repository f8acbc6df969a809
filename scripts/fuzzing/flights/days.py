"""The days of a flight: in the environment, and by the live engine with broken plans."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mediagym.agents.live import Flight
from mediagym.data.types import Floats
from mediagym.envs.constraints import Constraints, Ledger, spend_day

Cents = NDArray[np.int64]
Rng = np.random.Generator
ROWS = 3  # flights of a set in the environment, side by side


class Day(NamedTuple):
    """A day of a live flight."""

    number: int  # from 0
    spent: Cents  # before it, (campaigns,)
    today: Cents  # what is set, (campaigns,)
    plan: Cents  # of the days left, (days left, campaigns)
    rest: Constraints  # constraints of the days left


def requested(constraints: Constraints, rng: Rng) -> Floats:
    """Fly random requests in the environment; return what was planned, (days, rows, campaigns)."""
    ledger, days = Ledger.start(constraints, (ROWS,)), []
    for _ in range(constraints.days):
        request = rng.lognormal(5, 2, (ROWS, len(constraints.names)))
        spend, ledger = spend_day(constraints, ledger, request, request.sum(-1))
        days.append(spend)
    return np.stack(days)


def lived(flight: Flight, rng: Rng, troubles: float) -> Iterator[Day]:
    """Fly a flight through the live engine, day by day.

    Args:
        flight: before its first day.
        rng: generator of what platforms deliver and report.
        troubles: share of a campaign's days on which another amount than planned is spent, or none
            is reported.
    """
    per_dollar = _per_dollar(flight)
    for number in range(flight.days_left):
        spent = flight.reports.spend.sum(0)
        budgets = flight.today()
        today = np.array([round(100 * budgets[name]) for name in flight.names], np.int64)
        decision = flight.decide()
        assert decision.rest is not None  # noqa: S101  # there is a day left
        yield Day(number, spent, today, decision.choice.plan, decision.rest)
        rows = {}
        for k, name in enumerate(flight.names):
            trouble = (
                TROUBLES[int(rng.integers(len(TROUBLES)))] if rng.random() < troubles else exact
            )
            share = trouble(rng)
            if share is not None:
                dollars = round(int(today[k]) / 100 * share, 2)
                count = rng.poisson(dollars * per_dollar[k])
                rows[name] = {"spend": dollars, "conversions": float(count)}
        flight.report(flight.dates[number], rows)


def _per_dollar(flight: Flight) -> Floats:
    market = flight.parts.problem.market
    return np.asarray(market.reference_conversions / np.maximum(market.reference_spend, 1e-9))


def exact(rng: Rng) -> float | None:
    """What was planned is spent."""
    return 1.0


def double(rng: Rng) -> float | None:
    """Twice as much is spent."""
    return 2.0


def nothing(rng: Rng) -> float | None:
    """Nothing is delivered."""
    return 0.0


def other(rng: Rng) -> float | None:
    """Somewhat more or less is spent."""
    return float(rng.lognormal(-0.1, 0.3))


def missing(rng: Rng) -> float | None:
    """There is no report."""
    return None


TROUBLES: tuple[Callable[[Rng], float | None], ...] = (double, nothing, other, missing)
