"""Policies compared on the same held-out markets with the clairvoyant."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ...envs.flight import Problem
from ...envs.planning import SolverSettings
from ..policy import Candidate
from ..rollout import (
    CLAIRVOYANT,
    EvaluationSet,
    EvaluationSettings,
    Rollout,
    clairvoyant_rollout,
    percent_of,
    rollout_policy,
)


class PolicyResult(NamedTuple):
    """What an entrant did: a flight of every market for each of its training seeds."""

    name: str
    rollouts: tuple[Rollout, ...]

    @property
    def total(self) -> Floats:
        """Expected objective, (seeds, markets)."""
        return np.stack([flown.total for flown in self.rollouts])


class Evaluation(NamedTuple):
    """Every entrant beside the bound."""

    results: tuple[PolicyResult, ...]  # as given; then the clairvoyant, where it was found here
    best: Floats  # (markets,) value of the clairvoyant
    settings: EvaluationSettings

    def percent(self, entry: PolicyResult) -> Floats:
        """Return an entrant's flights in percent of the clairvoyant, (seeds, markets)."""
        return percent_of(entry.total, self.best)

    def progress(self, value: Floats) -> Floats:
        """Return what a flight's days, (days, markets), brought so far, in percent of the bound."""
        return np.asarray(100 * np.cumsum(value, axis=0) / np.abs(self.best))

    def regret(self, value: Floats) -> Floats:
        """Return the points that a flight, (days, markets), is behind the clairvoyant so far."""
        return self.progress(self.bound_by_day) - self.progress(value)

    @property
    def bound_by_day(self) -> Floats:
        """The clairvoyant's objective by day, (days, markets).

        Of its flight where it was flown; else its value in equal parts, as only that is known.
        """
        for entry in self.results:
            if entry.name == CLAIRVOYANT:
                return entry.rollouts[0].value
        days = len(self.results[0].rollouts[0].value)
        return np.tile(self.best / days, (days, 1))


def evaluate(
    problem: Problem,
    entrants: Sequence[Candidate],
    trial: EvaluationSet,
    solver: SolverSettings,
    settings: EvaluationSettings,
    progress: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Fly all entrants in the same markets and noise, and compare with the clairvoyant.

    The clairvoyant knows the market and its demand path, count noise averaged out. Where a trial
    does not know its value, its climb starts at the best of the entrants' own plans, which are
    feasible, so it bounds them all.
    """
    entries = []
    for entrant in entrants:
        flown = []
        for number, policy in enumerate(entrant.policies, start=1):
            progress(f"flying {entrant.name} ({number} of {len(entrant.policies)})")
            flown.append(rollout_policy(problem, policy, trial))
        entries.append(PolicyResult(entrant.name, tuple(flown)))
    if trial.best is not None:
        return Evaluation(tuple(entries), trial.best, settings)
    every = [flown for entry in entries for flown in entry.rollouts]
    bound = clairvoyant_rollout(problem, trial, every, solver, progress)
    others = (entry for entry in entries if entry.name != CLAIRVOYANT)
    return Evaluation((*others, PolicyResult(CLAIRVOYANT, (bound,))), bound.total, settings)
