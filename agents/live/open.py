"""Entry point: from a plan, the exports and a policy's name to a flight."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConfigError
from ...data.storage import shipped_yaml
from ...data.types import Progress
from ...envs.calibration import Posterior
from ...envs.constraints import Constraints, parse_constraints
from ...envs.environment import MarketPool, known_spend, problem_in
from ...envs.flight import problem_of
from ...envs.market import Objective
from ..experiment import CALIBRATED, AdvertiserExperiment, Experiment
from ..plans import Flag
from ..policies import BASELINES, ORACLES, baseline, unknown_policy
from ..policy import Policy
from ..setup import CalibrateCommand, ExperimentConfig, calibrated_or_updated, find_journeys, load
from ..setup import trained as trained_policy
from .flight import Flight, Parts
from .reports import Flown, Reports, flown
from .settings import ReplanCommand, require_path
from .source import SourcePlan, laid_over

Cents = NDArray[np.int64]
DEFAULT_POLICY = "replanner"  # the pilot that loses least in markets that are not ours
_GROUPS = {  # group of the configuration -> its default in conf
    "data": "default",
    "attribution": "default",
    "priors": "default",
    "calibration": "default",
    "objective": "conversions",
    "env": "following",
    "solver": "default",
    "evaluation": "default",
}


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
        policy: a baseline such as ``replanner``, ``follow`` or ``static``, or the folder of a
            training run.
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
    groups = defaults()
    for key, value in changes.items():
        if key not in groups:
            raise ConfigError(
                f"{key}: there is no such key. Allowed: {', '.join(groups)}. To fix: correct it."
            )
        groups[key] = _merged(groups[key], value)
    groups["data"] = {**groups["data"], "path": str(data)}
    return flight_of(ReplanCommand.read(groups), progress)


def defaults() -> dict[str, Any]:
    """Return the configuration of ``scripts/replan.py`` as it ships."""
    shared, own = shipped_yaml("problem"), shipped_yaml("replan")
    groups = {group: shipped_yaml(f"{group}/{name}") for group, name in _GROUPS.items()}
    groups["env"] = _merged(shipped_yaml("env/default"), groups["env"])
    return {**shared, **groups, **own, "output": "."}


def _merged(before: Any, value: Any) -> Any:
    """Return a value with the keys of a mapping, at any depth, laid over it."""
    if not isinstance(before, Mapping) or not isinstance(value, Mapping):
        return value
    return {**before, **{key: _merged(before.get(key), new) for key, new in value.items()}}


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
    history, notes = load(config, progress)
    days = flown(history, source, command.live, command.as_of)
    parse_constraints(config.constraints, days.past.campaigns, source.days, source.currency)
    progress("reading the journeys")
    findings = find_journeys(config, days.past)
    calibration = CalibrateCommand(experiment=config, update=None, report=False)
    posterior = calibrated_or_updated(calibration, days.past, findings, progress)
    objective = Objective.of(config.objective, findings.ratios)
    experiment = experiment_of(config, source, posterior, objective, command.policy, days, notes)
    progress("replaying the flight's days")
    policy = policy_of(command.policy, experiment)
    is_changed = config.constraints.model_dump() != _as_planned(config, source)
    planned = source.cents(posterior.names)
    flags = (*days.flags, *_total_flag(experiment.problem.constraints, planned))
    parts = Parts(experiment, policy, command.policy, command.live, planned, is_changed, flags)
    return Flight(parts, days.reports)


def _as_planned(config: ExperimentConfig, source: SourcePlan) -> dict[str, Any]:
    return type(config.constraints).of(laid_over(source, {}), "constraints").model_dump()


def experiment_of(
    config: ExperimentConfig,
    source: SourcePlan,
    posterior: Posterior,
    objective: Objective,
    policy: str,
    days: Flown,
    notes: tuple[str, ...],
) -> Experiment:
    """Return the experiment of a flight: its static plan is the plan that is under way.

    A training run is flown around the static plan that it was trained around.
    """
    spend = known_spend(posterior)
    limits = parse_constraints(
        config.constraints, posterior.campaigns, source.days, posterior.currency, spend
    )
    planned = source.cents(posterior.names)
    if policy in BASELINES:
        base = anchor(limits, planned, days.reports)
        problem = problem_of(posterior, limits, objective, base)
    else:
        problem = problem_in(
            config.cache / "replan",
            posterior,
            constraints=config.constraints,
            objective=objective,
            days=source.days,
            solver=config.solver,
        )
    return AdvertiserExperiment(
        id=CALIBRATED,
        problem=problem,
        posterior=posterior,
        source=MarketPool(*posterior.training()),
        env=config.env,
        evaluation=config.evaluation,
        solver=config.solver,
        agent=None,
        cache=config.cache,
        notes=(*notes, *limits.notes),
        config=config.model_dump(mode="json"),
    )


def anchor(constraints: Constraints, planned: Cents, reports: Reports) -> Any:
    """Return the plan that policies start from, (days, campaigns) units of the currency.

    It is the plan under way; where the total has changed, its days left are scaled to the money.
    """
    total, first = int(planned.sum()), reports.days
    rest = int(planned[first:].sum())
    if total == constraints.total_cents or not rest:
        return planned / 100
    factor = max(constraints.total_cents - int(planned[:first].sum()), 1) / rest
    return np.concatenate([planned[:first], planned[first:] * factor]) / 100


def policy_of(name: str, experiment: Experiment) -> Policy:
    """Return the policy of a name: a baseline, or the folder of a training run.

    Raises:
        ConfigError: if there is none, or it knows the true market.
    """
    if name in BASELINES and name not in ORACLES:
        return baseline(name, experiment)
    if name in ORACLES or not Path(name).is_dir():
        raise unknown_policy(name)
    return trained_policy(Path(name), experiment)


def _total_flag(constraints: Constraints, planned: Cents) -> list[Flag]:
    before, now = int(planned.sum()), constraints.total_cents
    if before == now or not constraints.spend_all:
        return []
    text = (
        f"the total is {now / 100:,.2f} now; the plan was for {before / 100:,.2f}. The days left "
        "take up the difference."
    )
    return [Flag("total_changed", None, None, text)]
