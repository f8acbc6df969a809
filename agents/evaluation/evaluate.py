"""Policies compared on the same held-out markets with the clairvoyant."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ...data.types import Floats, Progress
from ...envs.flight import Problem
from ...envs.planning import SolverSettings
from ..policy import Candidate
from ..rollout import (
    CLAIRVOYANT,
    EvaluationSet,
    EvaluationSettings,
    Rollout,
    best_of,
    clairvoyant_rollout,
    percent_of,
    rollout_plans,
    rollout_policy,
)


class PolicyResult(NamedTuple):
    """Rollouts of one candidate: every market once per training seed."""

    name: str
    rollouts: tuple[Rollout, ...]
    origins: tuple[str, ...] = ()  # of learned policies, what each one's weights are

    @property
    def total(self) -> Floats:
        """Expected objective, (seeds, markets)."""
        return np.stack([rollout.total for rollout in self.rollouts])


class Evaluation(NamedTuple):
    """Results of all candidates beside the clairvoyant's values."""

    results: tuple[
        PolicyResult, ...
    ]  # the candidates in the given order, then the clairvoyant if it was computed here
    best: Floats  # (markets,) value of the clairvoyant
    settings: EvaluationSettings
    informed: Floats | None = None  # (markets,) value of the informed policy; None: not known

    def percent(self, result: PolicyResult) -> Floats:
        """Return the values of a candidate's flights in percent of best, (seeds, markets)."""
        return percent_of(result.total, self.best)

    def progress(self, value: Floats) -> Floats:
        """Return the value earned so far in percent of the clairvoyant's size, (days, markets).

        ``value`` is per day. It starts near 0 whatever the sign of ``best``.
        """
        return np.asarray(100 * np.cumsum(value, axis=0) / np.abs(self.best))

    def regret(self, value: Floats) -> Floats:
        """Return the percentage points behind the clairvoyant so far, (days, markets)."""
        return self.progress(self.bound_by_day) - self.progress(value)

    @property
    def bound_by_day(self) -> Floats:
        """The clairvoyant's objective by day, (days, markets).

        Taken from the clairvoyant's rollout if there is one. Otherwise only its value over the
        whole flight is known, which is then spread evenly over the days.
        """
        for result in self.results:
            if result.name == CLAIRVOYANT:
                return result.rollouts[0].value
        days = len(self.results[0].rollouts[0].value)
        return np.tile(self.best / days, (days, 1))


def evaluate(
    problem: Problem,
    candidates: Sequence[Candidate],
    evaluation_set: EvaluationSet,
    solver: SolverSettings,
    settings: EvaluationSettings,
    progress: Progress = lambda _: None,
    plans: Callable[[Progress], Floats] | None = None,
) -> Evaluation:
    """Roll out all candidates in the same markets and noise, and compare with the clairvoyant.

    The clairvoyant knows the market and its demand path but not the count noise. Where the
    evaluation set does not hold its values, it has the best plan known for each market, those of
    the candidates included, so it bounds them all.

    Args:
        problem: constraints and objective.
        candidates: the policies.
        evaluation_set: markets and noise that all of them face.
        solver: settings of the clairvoyant's solver.
        settings: settings of the comparison.
        progress: called with lines of progress.
        plans: returns the clairvoyant's plans, (days, markets, campaigns) dollars; None: they are
            sought here, from the candidates' own.
    """
    results = []
    for candidate in candidates:
        rollouts = []
        for number, policy in enumerate(candidate.policies, start=1):
            progress(f"rolling out {candidate.name} ({number} of {len(candidate.policies)})")
            rollouts.append(rollout_policy(problem, policy, evaluation_set))
        origins = (getattr(policy, "origin", None) for policy in candidate.policies)
        learned = tuple(origin for origin in origins if origin is not None)
        results.append(PolicyResult(candidate.name, tuple(rollouts), learned))
    best, informed = evaluation_set.best, evaluation_set.informed
    if best is not None:
        return Evaluation(tuple(results), best, settings, informed)
    every = [rollout for result in results for rollout in result.rollouts]
    if plans is None:
        bound = clairvoyant_rollout(problem, evaluation_set, every, solver, progress)
    else:
        found = rollout_plans(problem, CLAIRVOYANT, plans(progress), evaluation_set)
        bound = best_of([found, *every])
    others = (result for result in results if result.name != CLAIRVOYANT)
    return Evaluation((*others, PolicyResult(CLAIRVOYANT, (bound,))), bound.total, settings)
