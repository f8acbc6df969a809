"""A task as a planning problem, and the reference results that ship with it.

``data/tasks/<Task>-<Size>.json`` holds a task's static plan, the hashes of its held-out markets and
their clairvoyant values; ``scripts/research/clairvoyant.py`` writes it, and
``scripts/research/informed.py`` adds what an informed policy earns.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...data.errors import DataError
from ...data.settings import with_changes
from ...data.storage import ROOT, read_json, shipped_yaml, write_json
from ...data.types import Floats, Progress
from ..calibration import Posterior
from ..constraints import Constraints, ConstraintSettings, FlightStart, parse_constraints
from ..flight import Problem, problem_of
from ..market import Objective, draw_noises
from ..planning import (
    SolverSettings,
    best_shared_plan,
    clairvoyant_values,
    constant_plan,
    executable_plan,
    paced_plan,
)
from .generator import path_generator, sample_markets
from .splits import HELD_OUT_SPLITS, fingerprint, held_out_markets, split_of
from .task import Task, task_of

REFERENCE = ROOT / "data" / "tasks"
_FREE = {"pacing": None, "ramp": None, "steadiness": None}  # rules that no task has by default
_POSTERIOR_MARKETS = 512  # training markets that are the posterior before the flight
_PLANNING_MARKETS = 192  # training markets that the static plan is optimised on


class Reference(NamedTuple):
    """Reference results of a task."""

    static_plan: Floats  # (days, campaigns) dollars: the posterior-static plan
    sha256: Mapping[str, str]  # hash of the markets of each held-out split
    daily: Mapping[str, Floats]  # by split, the best daily plan's value in each market, (markets,)
    constant: Mapping[str, Floats]  # by split, the best constant plan's value in each market
    informed: Mapping[str, Floats]  # by split, the value of the policy `informed`; may be empty


def posterior_of(task: Task) -> Posterior:
    """Return the posterior before the flight: a sample of the task's training markets."""
    market, state = sample_markets(task, split_of("train").seeds(_POSTERIOR_MARKETS))
    spend = np.array([c.spend for c in task.size.campaigns.values()])
    return Posterior(task.size.ordered(), market, state, spend, spend, spend, 0, {})


def problem_for(
    task: Task,
    changes: Mapping[str, Any] | None = None,
    *,
    recompute: bool = False,
    static_plan: Floats | None = None,
) -> Problem:
    """Return a task's problem: constraints, objective, mean market and static plan.

    Args:
        task: task to plan.
        changes: keys of ``conf/constraints`` that differ; with any, the static plan is recomputed.
        recompute: True: compute the static plan even if one ships.
        static_plan: (days, campaigns) dollars, computed before for this task; None: the shipped
            one, or a new one.
    """
    posterior = posterior_of(task)
    keys = shipped_yaml("constraints/default") | _FREE | {"total": task.size.total}
    keys |= task.settings.constraints or {}
    constraints = parse_constraints(
        ConstraintSettings.of(with_changes(keys, changes, "constraints"), "constraints"),
        posterior.campaigns,
        task.size.days,
        start=FlightStart(posterior.spend, int(posterior.state.day)),
    )
    if static_plan is not None:
        return _problem(task, posterior, constraints, static_plan)
    if not changes and not recompute and reference_path(task).exists():
        return _problem(task, posterior, constraints, reference_of(task.key).static_plan)
    if constraints.has_rules:
        solver = SolverSettings.of(
            shipped_yaml("solver/default") | {"draws": _PLANNING_MARKETS}, "solver"
        )
        objective = Objective("conversions", 1.0)
        found = executable_plan(posterior, constraints, objective, task.size.days, solver)
        return _problem(task, posterior, constraints, found.plan)
    start = constant_plan(constraints, posterior.spend, task.size.days)
    problem = _problem(task, posterior, constraints, start)
    market, state = posterior.sample_training(_PLANNING_MARKETS)
    paths = (path_generator(int(i)) for i in split_of("train").seeds(len(market.elasticity)))
    noise = draw_noises(market, task.size.days, paths, None, task.settings.shocks)
    static_plan = best_shared_plan(problem, market, state, noise.without_count_noise())
    return _problem(task, posterior, constraints, static_plan)


def reference_path(task: Task) -> Path:
    """Return the file that ships with a task."""
    return REFERENCE / f"{task.key}.json"


@cache
def reference_of(key: str) -> Reference:
    """Read the reference results of a task, such as ``Full-M``.

    Raises:
        DataError: if none ship.
    """
    path = reference_path(task_of(key))
    if not path.exists():
        raise DataError(
            f"{path}: there are no clairvoyant values of {key}; make them with "
            f"python scripts/research/clairvoyant.py 'tasks=[{key}]'."
        )
    content = read_json(path)
    # Published files keep the keys `base` and `steady` of the fields `static_plan` and `constant`.
    daily, constant = (
        {split: np.array(content[kind][split]) for split in HELD_OUT_SPLITS}
        for kind in ("daily", "steady")
    )
    informed = {split: np.array(values) for split, values in content.get("informed", {}).items()}
    return Reference(np.array(content["base"]), content["sha256"], daily, constant, informed)


def write_reference(task: Task, progress: Progress = lambda _: None) -> Path:
    """Compute a task's static plan, hashes and clairvoyant values, and write them as JSON.

    The file is new: values of ``informed`` are added to it by ``write_informed``.
    """
    problem = problem_for(task, recompute=True)
    problem = replace(problem, static_plan=problem.static_plan.round(2))
    daily, constant = {}, {}
    for split in HELD_OUT_SPLITS:
        market, state, noise = held_out_markets(task, split)
        values = clairvoyant_values(
            problem, market, state, noise.without_count_noise(), progress=progress
        )
        daily[split], constant[split] = _rounded_up(values.daily), _rounded_up(values.constant)
    # Published files keep the keys `base` and `steady` of the fields `static_plan` and `constant`.
    content = {
        "task": task.id,
        "sha256": {split: fingerprint(task, split) for split in HELD_OUT_SPLITS},
        "base": problem.static_plan.tolist(),
        "daily": daily,
        "steady": constant,
    }
    return write_json(reference_path(task), content)


def write_informed(task: Task, split: str, values: Floats) -> Path:
    """Add the values of the policy ``informed`` in a split's markets to a task's file.

    Args:
        task: the task; its file must be there.
        split: ``validation`` or ``test``.
        values: (markets,) expected objective, of the first markets of the split.
    """
    path = reference_path(task)
    content = read_json(path)
    informed = {**content.get("informed", {}), split: values.round(4).tolist()}
    return write_json(path, {**content, "informed": informed})


def _rounded_up(values: Floats) -> list[float]:
    """Return values to four decimals, rounded up so that they remain upper bounds."""
    return [float(v) for v in (np.ceil(values * 1e4) / 1e4).round(4)]


def _problem(
    task: Task, posterior: Posterior, constraints: Constraints, static_plan: Floats
) -> Problem:
    if constraints.has_levels:
        constraints = replace(constraints, course=static_plan)
        static_plan = paced_plan(constraints, static_plan)
    problem = problem_of(posterior, constraints, Objective("conversions", 1.0), static_plan)
    shocks = task.settings.shocks
    return replace(
        problem,
        credit_days=task.settings.credit_days,
        shock_rate=0.0 if shocks is None else shocks.rate,
    )
