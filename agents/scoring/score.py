"""Scores of plans and their differences on common random numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...data.types import Floats, Progress
from ..experiment import Experiment
from .entries import Entry, entry_beside, flight_of, named_apart, own_entry
from .outcomes import common_draws
from .own_plan import Flight, own_plan
from .written import Notation


class Comparison(NamedTuple):
    """Plan A against plan B, draw by draw; (draws,) each."""

    a: str
    b: str
    conversions: Floats  # expected conversions of A less those of B
    revenue: Floats  # the same of revenue
    value: Floats  # the same of the objective

    @classmethod
    def of(cls, a: Entry, b: Entry) -> "Comparison":
        """Return the differences of two plans in the same markets."""
        fields = ("conversions", "revenue", "value")
        return cls(
            a.name,
            b.name,
            *(getattr(a.outcomes, field) - getattr(b.outcomes, field) for field in fields),
        )


class Score(NamedTuple):
    """All plans, the user's first, and each of the user's against every other."""

    flight: Flight
    objective: str
    draws: int
    entries: tuple[Entry, ...]
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...]  # of the data and the constraints


def probability_above(differences: Floats) -> float:
    """Return the share of draws above 0; draws without a difference count half."""
    return float((differences > 0).mean() + (differences == 0).mean() / 2)


def score_plans(
    experiment: Experiment,
    plans: Sequence[Path],
    beside: Sequence[str],
    notation: Notation | None = None,
    contents: Sequence[object] | None = None,
    progress: Progress = lambda _: None,
) -> Score:
    """Score a user's plans beside others on the held-out draws of the posterior.

    The same markets, demand paths and count noise meet every plan. A user's plan is not projected
    onto the constraints: it is scored as it stands, and the rules that it breaks are named.

    Args:
        experiment: an advertiser's experiment; its constraints are what plans may break.
        plans: files of the user's plans.
        beside: plans to hold them against, see `entry_beside`.
        notation: of dates and numbers, where a file leaves it open.
        contents: what `opened` returned for each plan; None to read the files here.
        progress: called with the name of each plan.

    Raises:
        DataError: a file is no plan for this flight.
    """
    notation = notation or Notation()
    flight = flight_of(experiment)
    given = contents or [None] * len(plans)
    read = [
        own_plan(path, flight, notation, content)
        for path, content in zip(plans, given, strict=True)
    ]
    draws = common_draws(experiment.posterior, flight.days)
    names = named_apart([*(path.stem for path in plans)])
    entries = []
    for plan, name in zip(read, names, strict=True):
        progress(name)
        entries.append(own_entry(experiment, draws, plan, name))
    for other in beside:
        progress(other)
        entries.append(entry_beside(experiment, draws, other, notation))
    unique = named_apart([entry.name for entry in entries])
    entries = [entry._replace(name=name) for entry, name in zip(entries, unique, strict=True)]
    pairs = [
        Comparison.of(entries[a], entries[b])
        for a in range(len(read))
        for b in range(a + 1, len(entries))
    ]
    return Score(
        flight,
        experiment.problem.objective.name,
        len(draws.market.elasticity),
        tuple(entries),
        tuple(pairs),
        tuple(experiment.notes),
    )


def differences(values: Floats) -> dict[str, float]:
    """Return the mean and the paired 90 % interval of differences, (draws,)."""
    low, high = np.quantile(values, [0.05, 0.95])
    return {"mean": float(values.mean()), "p05": float(low), "p95": float(high)}
