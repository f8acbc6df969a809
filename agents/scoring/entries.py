"""Plans that are scored: the user's own, and those that they are held against."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...data.errors import ConstraintError
from ...data.types import Floats
from ...envs.constraints import Constraints, to_cents
from ..experiment import Experiment
from ..policies import BASELINES, baseline
from ..policy import Policy
from ..rollout import EvaluationSet
from ..setup import trained
from .broken import BrokenRule, broken_rules
from .outcomes import Outcomes, expected_plan, outcomes_of, outcomes_of_policy
from .own_plan import Cents, Flight, OwnPlan, own_plan
from .written import Notation

LIVE = "live"  # name of today's budgets going on
_LIVE_DAYS = 7  # days before the flight whose mean is today's budget


class Entry(NamedTuple):
    """A plan with what it brings and which rules it breaks."""

    name: str
    own: bool  # True: the user's; False: one that it is held against
    source: str  # file, or name of the policy
    cents: Cents  # (days, campaigns) as dated
    outcomes: Outcomes
    broken: tuple[BrokenRule, ...]  # rules that it breaks
    notes: tuple[str, ...]

    @property
    def budget(self) -> float:
        """All money, in units of the currency."""
        return int(self.cents.sum()) / 100


def flight_of(experiment: Experiment) -> Flight:
    """Return the days, campaigns and budget of an experiment's flight."""
    constraints = experiment.problem.constraints
    return Flight(
        names=constraints.names,
        first=np.datetime64(int(experiment.problem.state.day), "D"),
        days=constraints.days,
        budget_cents=constraints.total_cents,
        currency=constraints.currency,
        spend_all=constraints.spend_all,
    )


def own_entry(experiment: Experiment, draws: EvaluationSet, plan: OwnPlan, name: str) -> Entry:
    """Return a user's plan, scored as it stands, with the rules that it breaks."""
    problem = experiment.problem
    return Entry(
        name,
        True,
        plan.file,
        plan.cents,
        outcomes_of(problem, plan.cents / 100, draws),
        broken_rules(problem.constraints, plan.cents),
        plan.notes,
    )


def entry_beside(
    experiment: Experiment, draws: EvaluationSet, name: str, notation: Notation
) -> Entry:
    """Return a plan to hold others against.

    Args:
        experiment: problem and posterior.
        draws: markets and noise, the same for every plan.
        name: ``live``, a baseline, the folder of a training run, or the file of a plan.
        notation: of dates and numbers, where a file leaves it open.
    """
    if name == LIVE:
        return _live(experiment, draws)
    if name in BASELINES:
        return _policy_entry(experiment, draws, baseline(name, experiment), name)
    path = Path(name)
    if path.is_dir():
        policy = trained(path, experiment)
        return _policy_entry(experiment, draws, policy, path.name or policy.name)
    plan = own_plan(path, flight_of(experiment), notation)
    return own_entry(experiment, draws, plan, path.stem)._replace(own=False)


def live_budgets(experiment: Experiment) -> Floats:
    """Return today's daily budgets, (campaigns,): the mean of the last week unless given."""
    live = experiment.problem.constraints.live_cents
    recent = np.asarray(experiment.posterior.recent, np.float64)
    return recent if live is None else np.asarray(live, np.float64) / 100


def _live(experiment: Experiment, draws: EvaluationSet) -> Entry:
    """Return today's budgets, the same every day and whatever they add up to."""
    problem = experiment.problem
    quantum = problem.constraints.quantum
    daily = np.rint(100 * live_budgets(experiment) / quantum).astype(np.int64) * quantum
    cents = np.repeat(daily[None], problem.days, 0)
    return Entry(
        LIVE,
        False,
        f"today's daily budgets going on (mean of the last {_LIVE_DAYS} days unless given)",
        cents,
        outcomes_of(problem, cents / 100, draws),
        broken_rules(problem.constraints, cents),
        (),
    )


def _policy_entry(experiment: Experiment, draws: EvaluationSet, policy: Policy, name: str) -> Entry:
    problem = experiment.problem
    cents, broken = _rounded(expected_plan(problem, policy), problem.constraints)
    notes: tuple[str, ...] = ()
    if policy.open_loop:
        outcomes = outcomes_of(problem, cents / 100, draws)
    else:
        outcomes = outcomes_of_policy(problem, policy, draws)
        notes = (
            f"{name} reacts to daily reports: its score assumes that it decides every day; its "
            "dated amounts are its spend if every report is as expected.",
        )
    return Entry(name, False, policy.name, cents, outcomes, broken, notes)


def _rounded(plan: Floats, constraints: Constraints) -> tuple[Cents, tuple[BrokenRule, ...]]:
    """Return a plan in whole cents that keep its total, and the rules that it breaks unrounded."""
    try:
        return to_cents(plan, constraints), ()
    except ConstraintError:
        quantum = constraints.quantum
        spent = np.rint(np.cumsum(100 * plan / quantum)).astype(np.int64) * quantum
        return np.diff(spent, prepend=0).reshape(plan.shape), broken_rules(constraints, plan)


def named_apart(names: Sequence[str]) -> list[str]:
    """Return names with a number behind those that occur before."""
    taken: list[str] = []
    for name in names:
        number, unique = 2, name
        while unique in taken:
            unique, number = f"{name} ({number})", number + 1
        taken.append(unique)
    return taken
