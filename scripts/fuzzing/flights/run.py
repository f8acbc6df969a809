"""Many flights of random constraint sets, in several processes."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

from pydantic import Field

from mediagym.agents.processes import results_of
from mediagym.data.settings import Command, Seed

from .account import shipped_account
from .judge import Verdict, fly

OUTCOMES = ("kept", "refused", "broken", "stopped")


class FlightsCommand(Command):
    """Options of the command `fuzz_flights`, as documented in `conf/fuzz_flights.yaml`."""

    cases: Annotated[int, Field(ge=1, le=10**7)]
    first: Annotated[int, Field(ge=0)]  # number of the first case
    seed: Seed
    workers: Annotated[int, Field(ge=1, le=1024)] | None  # None: one per core


def fly_all(
    options: FlightsCommand, done: Callable[[Verdict], None] = lambda _: None
) -> list[Verdict]:
    """Return what became of all cases, by number.

    Args:
        options: options of the command.
        done: called with each case that is finished.
    """
    numbers = range(options.first, options.first + options.cases)
    jobs = [partial(_one, options.seed, number) for number in numbers]
    return results_of(jobs, options.workers, done)


def _one(seed: int, number: int) -> Verdict:
    return fly(shipped_account(), seed, number)


def verdict_counts(flights: Sequence[Verdict]) -> dict[str, int]:
    """Return the number of cases by outcome, and the days that the live engine decided."""
    counts: Counter[str] = Counter(verdict.outcome for verdict in flights)
    days = sum(verdict.days for verdict in flights)
    return {**{outcome: counts[outcome] for outcome in OUTCOMES}, "days": days}
