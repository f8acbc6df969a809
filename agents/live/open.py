"""Entry point: from a plan, the exports and a policy's name to a flight."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConfigError
from ...data.formats import money
from ...data.storage import shipped_yaml
from ...data.types import Floats, Progress
from ...envs.calibration import Posterior
from ...envs.constraints import Constraints, FlightStart, constraints_from_json
from ...envs.environment import problem_in
from ...envs.flight import Problem, problem_of, promoted
from ...envs.market import Objective
from ..experiment import Experiment
from ..plans import Flag
from ..policies import BASELINES, baseline
from ..policy import Policy
from ..setup import (
    CalibrateCommand,
    ExperimentConfig,
    advertiser_experiment,
    calibrated_or_updated,
    changed_groups,
    find_journeys,
    load,
    shared_groups,
)
from ..setup import trained as trained_policy
from .flight import Flight, Parts
from .limits import anchor, limits_of
from .reports import reported_days
from .settings import ReplanCommand, require_path, require_policy
from .source import SourcePlan

Cents = NDArray[np.int64]
_WEEK = 7  # days whose mean spend is the live budget
DEFAULT_POLICY = "ensemble"  # the pilot that loses least in markets that are not ours


def open_flight(
    plan: str | Path,
    data: str | Path,
    policy: str | Path = DEFAULT_POLICY,
    *,
    as_of: str | date | None = None,
    config: Mapping[str, Any] | None = None,
    progress: Progress = lambda _: None,
) -> Flight:
    """Return the flight of a plan, with the reports that the exports hold.

    Args:
        plan: plan.json of ``scripts/plan.py`` or ``scripts/replan.py``.
        data: folder of the exports, with the history and the flight's days so far.
        policy: a baseline such as ``ensemble``, ``replanner``, ``follow`` or ``static``, or the
            folder of a training run.
        as_of: last day to take from the exports; None: the last that they have.
        config: keys that differ from the defaults, by group, as in ``conf/replan.yaml``, such as
            ``{"constraints": {"total": 150000}, "live": {"hold": None}}``.
        progress: called with a line of progress from time to time.

    Raises:
        MediaGymError: for anything in the files or the settings that a user has to fix.
    """
    require_path(plan, "plan", "a plan.json")
    require_path(data, "data", "the folder of the exports")
    changes = {"plan": str(plan), "policy": str(policy), **(config or {})}
    if as_of is not None:
        changes["as_of"] = as_of
    groups = changed_groups(defaults(), changes)
    groups["data"] = {**groups["data"], "path": str(data)}
    return flight_of(ReplanCommand.read(groups), progress)


def defaults() -> dict[str, Any]:
    """Return the configuration of ``scripts/replan.py`` as it ships."""
    return {**shared_groups(), **shipped_yaml("replan"), "output": "."}


def flight_of(command: ReplanCommand, progress: Progress = lambda _: None) -> Flight:
    """Return the flight of the command's options: calibrated on the days before it, and replayed.

    Raises:
        MediaGymError: as ``open_flight``.
    """
    config, source = command.experiment, command.source
    if config.objective.name != source.objective:
        raise ConfigError(
            f"objective: {config.objective.name} was given, and {source.path} was made for "
            f"{source.objective}. Allowed: the plan's. To fix: give objective={source.objective}."
        )
    history, notes = load(config, progress, source.start - 1)
    days = reported_days(history, source, command.live, command.as_of)
    start = FlightStart(np.nanmean(days.past.spend[-_WEEK:], axis=0), int(source.start.astype(int)))
    limits_of(source, command.given, days.past.names, start)  # before the long calibration
    progress("reading the journeys")
    findings = find_journeys(config, days.past)
    calibration = CalibrateCommand(experiment=config, update=None, report=False)
    posterior = calibrated_or_updated(calibration, days.past, findings, progress)
    objective = Objective.of(config.objective, findings.ratios)
    start = FlightStart(posterior.recent, int(source.start.astype(int)))
    limits = limits_of(source, command.given, posterior.names, start)
    posterior = promoted(posterior, limits)
    planned = source.cents(posterior.names)
    base = anchor(limits, planned, days.reports.days)
    problem = problem_of(posterior, _continued(limits, base), objective, base)
    if command.policy not in BASELINES:
        problem = _trained_around(config, posterior, objective, problem)
    experiment = advertiser_experiment(config, problem, posterior, (*notes, *limits.notes))
    progress("replaying the flight's days")
    policy = policy_of(command.policy, experiment)
    is_changed = any(value is not None for value in command.given.values())
    flags = (*days.flags, *_total_flag(experiment.problem.constraints, source))
    dated = source.dated_cents(posterior.names)
    parts = Parts(
        experiment, policy, command.policy, command.live, planned, is_changed, flags, dated
    )
    flight = Flight(parts, days.reports)
    flight.prepare()
    return flight


def _continued(limits: Constraints, base: Floats) -> Constraints:
    """Return the set that goes on with a plan where its days depend on each other."""
    return replace(limits, course=base) if limits.is_continued else limits


def _trained_around(
    config: ExperimentConfig, posterior: Posterior, objective: Objective, problem: Problem
) -> Problem:
    """Return the problem of a training run, whose actions start from the static plan."""
    static = problem_in(
        config.cache / "replan",
        posterior,
        constraints=config.constraints,
        objective=objective,
        days=problem.days,
        solver=config.solver,
    )
    return replace(problem, static_plan=static.static_plan)


def policy_of(name: str, experiment: Experiment) -> Policy:
    """Return the policy of a name: a baseline, or the folder of a training run.

    Raises:
        ConfigError: if there is none, or it knows the true market.
    """
    require_policy(name)
    if name in BASELINES:
        return baseline(name, experiment)
    return trained_policy(Path(name), experiment)


def _total_flag(constraints: Constraints, source: SourcePlan) -> list[Flag]:
    before = constraints_from_json(source.constraints).total_cents
    now, unit = constraints.total_cents, source.currency
    if before == now or not constraints.spend_all:
        return []
    text = (
        f"the total is {money(now / 100, unit)} now; the plan was for {money(before / 100, unit)}. "
        "The days left take up the difference."
    )
    return [Flag("total_changed", None, None, text)]
