"""Environments of a calibration, behind ``gym.make("mediagym/Calibrated-v1")``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from ...data.cache import Entry, note, user_cache
from ...data.errors import ConfigError
from ...data.settings import with_changes
from ...data.storage import SAMPLE, digest, shipped_yaml
from ...data.types import Floats
from ..calibration import Posterior, load_posterior
from ..constraints import (
    Constraints,
    ConstraintSettings,
    FlightStart,
    KnownSpend,
    measured_against_rhythm,
    parse_constraints,
    with_rhythm,
)
from ..flight import Problem, problem_of, promoted
from ..market import Objective, ObjectiveSettings, Ratio
from ..planning import (
    SolverSettings,
    executable_plan,
    paced_plan,
    rules_in,
    static_plan,
    unrestricted_plan,
    weekday_rhythm,
)
from .batch import EnvSettings
from .env import BudgetEnv, BudgetVectorEnv

GROUPS = {  # configuration group -> name of its default YAML
    "constraints": "default",
    "env": "default",
    "objective": "conversions",
    "solver": "default",
}
_VERSION = 6  # version of cached static plans; increase it when the solver changes


def problem_in(
    folder: Path,
    posterior: Posterior,
    *,
    constraints: ConstraintSettings,
    objective: Objective,
    days: int,
    solver: SolverSettings,
    progress: Callable[[str], None] = lambda _: None,
) -> Problem:
    """Return the problem of a posterior and a configuration.

    The static plan is cached in the folder, under a digest of everything it depends on; that of a
    shipped calibration, whose folder is not written to, in the user's cache folder.

    Args:
        folder: folder of the calibration.
        posterior: posterior of that calibration; the calendar's promotions are added to it.
        constraints: settings of the constraint set.
        objective: objective of the flight; `journeys` needs one ratio per campaign.
        days: length of the flight.
        solver: settings of the static plan's solver.
        progress: called with a line of progress from time to time.

    Raises:
        ConfigError: if ratios of journeys are missing or the constraints are infeasible.
    """
    if objective.name == "journeys" and len(objective.ratios or ()) != len(posterior.campaigns):
        raise ConfigError(
            f"ratios: {len(objective.ratios or ())} were given; objective=journeys needs one for "
            f"each of the {len(posterior.campaigns)} campaigns. Give mean and log_sd of each, or "
            "plan with scripts/plan.py, which finds them."
        )
    posterior, limits, key = _limits(posterior, constraints, objective, days, solver)
    shape = (days, len(posterior.campaigns))
    if limits.has_rules:
        arguments = (posterior, limits, objective, days, solver, progress)
        against = measured_against_rhythm(constraints) and limits.ramp is not None
        shapes = {"plan": shape, "rhythm": shape, "costs": (len(rules_in(limits)), 2)}
        arrays = _cached_arrays(
            folder, f"static-{key}", shapes, lambda: _planned(*arguments, against)
        )
        problem = _ruled_problem(posterior, limits, objective, arrays, against)
        costs = zip(rules_in(limits), arrays["costs"].tolist(), strict=True)
        return replace(problem, rule_costs=tuple((rule, *cost) for rule, cost in costs))
    arrays = _cached_arrays(
        folder,
        f"static-{key}",
        {"plan": shape},
        lambda: {"plan": static_plan(posterior, limits, objective, days, solver, progress)},
    )
    return problem_of(posterior, limits, objective, arrays["plan"])


def problem_near(
    folder: Path,
    posterior: Posterior,
    near: Floats,
    *,
    constraints: ConstraintSettings,
    objective: Objective,
    days: int,
    solver: SolverSettings,
) -> tuple[Problem, Floats]:
    """Return the problem of a configuration whose plan is sought from a near one.

    What rules cost is left out. The arguments are those of `problem_in`, and ``near``, a plan
    that is likely to be close, such as that of another budget, best without rules of execution:
    (days, campaigns) dollars.

    Returns:
        The problem, and its best plan without rules of execution, from which the search for the
        next one may begin.

    Raises:
        ConfigError: if the constraints are infeasible.
    """
    posterior, limits, key = _limits(posterior, constraints, objective, days, solver)
    shape = (days, len(posterior.campaigns))
    arguments = (posterior, limits, objective, days, solver, lambda _: None)
    against = measured_against_rhythm(constraints) and limits.ramp is not None

    def compute() -> dict[str, Floats]:
        if limits.has_rules:
            return _planned(*arguments, against, near)
        plan = static_plan(*arguments, near)
        return {"plan": plan, "rhythm": np.ones_like(plan), "free": plan}

    shapes = dict.fromkeys(("plan", "rhythm", "free"), shape)
    arrays = _cached_arrays(folder, f"near-{key}", shapes, compute)
    if not limits.has_rules:
        return problem_of(posterior, limits, objective, arrays["plan"]), arrays["free"]
    return _ruled_problem(posterior, limits, objective, arrays, against), arrays["free"]


def _limits(
    posterior: Posterior,
    constraints: ConstraintSettings,
    objective: Objective,
    days: int,
    solver: SolverSettings,
) -> tuple[Posterior, Constraints, str]:
    """Return the posterior with the calendar's demand, the constraint set, and the plan's digest.

    The digest is of all that the plan depends on.
    """
    limits = parse_constraints(
        constraints,
        posterior.campaigns,
        days,
        posterior.currency,
        known_spend(posterior),
        FlightStart(posterior.recent, first_day_of(posterior)),
    )
    posterior = promoted(posterior, limits)
    key = digest(
        _VERSION,
        posterior.fingerprint(),
        limits.to_json(),
        objective.to_json(),
        solver.model_dump(),
        measured_against_rhythm(constraints),
    )
    return posterior, limits, key


def _ruled_problem(
    posterior: Posterior,
    limits: Constraints,
    objective: Objective,
    arrays: Mapping[str, Floats],
    against_rhythm: bool,
) -> Problem:
    """Return the problem of a set with rules of execution, from its plan and rhythm."""
    if against_rhythm:
        limits = with_rhythm(limits, arrays["rhythm"])
    limits = replace(limits, course=arrays["plan"])
    return problem_of(posterior, limits, objective, paced_plan(limits, arrays["plan"]))


def first_day_of(posterior: Posterior) -> int:
    """Return the first day of a posterior's flight, days since 1970-01-01."""
    return int(posterior.mean()[1].day)


def _planned(
    posterior: Posterior,
    limits: Constraints,
    objective: Objective,
    days: int,
    solver: SolverSettings,
    progress: Callable[[str], None],
    against_rhythm: bool,
    near: Floats | None = None,
) -> dict[str, Floats]:
    """Return the executable plan, the rhythm of its levels, the plan without rules of execution.

    Without a near plan, the costs of the rules too.
    """
    free = unrestricted_plan(posterior, limits, objective, days, solver, progress, near)
    rhythm = np.ones_like(free)
    if against_rhythm:
        rhythm = weekday_rhythm(free, first_day_of(posterior))
        limits = with_rhythm(limits, rhythm)
    found = executable_plan(
        posterior, limits, objective, days, solver, progress, free, near is not None
    )
    if near is not None:
        return {"plan": found.plan, "rhythm": rhythm, "free": free}
    costs = {cost.rule: (cost.value, cost.share) for cost in found.costs}
    return {
        "plan": found.plan,
        "rhythm": rhythm,
        "costs": np.array([costs[rule] for rule in rules_in(limits)]).reshape(-1, 2),
    }


def known_spend(posterior: Posterior) -> KnownSpend | None:
    """Return what the campaigns have spent; None for a posterior that does not say it."""
    if posterior.spending is None:
        return None
    return KnownSpend(posterior.recent_max, posterior.known_max, posterior.spend_max)


def _cached_arrays(
    folder: Path,
    key: str,
    shapes: Mapping[str, tuple[int, int]],
    compute: Callable[[], dict[str, Floats]],
) -> dict[str, Floats]:
    """Return a static plan from the folder of its calibration or the user's cache, or compute it.

    Args:
        folder: folder of the calibration.
        key: name of the entry.
        shapes: the arrays of the entry and their shapes.
        compute: computes the arrays; called if no sound entry is found.
    """
    shipped = folder.resolve().is_relative_to(SAMPLE.resolve())
    writable = user_cache() if shipped else folder
    places = [folder] if writable in (None, folder) else [folder, writable]
    entries = [Entry(place / f"{key}.npz", key, _VERSION) for place in places if place]
    for entry in entries:
        arrays = entry.arrays(shapes)
        if arrays is not None:
            return dict(arrays)
    arrays = compute()
    if writable is None:
        note("there is no home folder, so the static plan is not cached; set HOME to keep it.")
    else:
        entries[-1].keep_arrays(arrays)
    return arrays


def make_env(
    calibration: str | Path | None = None,
    render_mode: str | None = None,
    ratios: Sequence[Mapping[str, float]] | None = None,
    **groups: Any,
) -> BudgetEnv:
    """Return an environment of one flight at a time over a calibration's training draws.

    Args:
        calibration: folder written by ``scripts/calibrate.py``; None for the shipped sample's.
        render_mode: ``ansi``, ``rgb_array`` or None.
        ratios: for ``objective={"name": "journeys"}``: ``mean`` and ``log_sd`` of the journey
            conversions per claimed one, one mapping per campaign.
        groups: ``constraints``, ``env``, ``objective``, ``solver``: mappings that change keys of
            the defaults in ``conf``, e.g. ``constraints={"total": 100000}``.
    """
    problem, posterior, settings = _parts(calibration, ratios, groups)
    return BudgetEnv(problem, posterior.training(), settings, render_mode)


def make_vector_env(
    num_envs: int = 1,
    calibration: str | Path | None = None,
    render_mode: str | None = None,
    autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    ratios: Sequence[Mapping[str, float]] | None = None,
    **groups: Any,
) -> BudgetVectorEnv:
    """Return an environment of ``num_envs`` flights in lockstep, 1 to 65,536.

    ``autoreset_mode`` says when the next flight starts: ``SameStep``, ``NextStep`` or ``Disabled``
    (never by itself); the other arguments are those of ``make_env``.
    """
    problem, posterior, settings = _parts(calibration, ratios, groups)
    return BudgetVectorEnv(
        problem, posterior.training(), settings, num_envs, render_mode, autoreset_mode
    )


def _parts(
    calibration: str | Path | None,
    ratios: Sequence[Mapping[str, float]] | None,
    changes: Mapping[str, Any],
) -> tuple[Problem, Posterior, EnvSettings]:
    folder = SAMPLE / "calibration" if calibration is None else Path(calibration)
    _require_known(changes)
    groups = {
        group: with_changes(shipped_yaml(f"{group}/{name}"), changes.get(group), group)
        for group, name in GROUPS.items()
    }
    settings = EnvSettings.of(groups["env"], "env")
    objective = ObjectiveSettings.of(groups["objective"], "objective")
    posterior = load_posterior(folder)
    problem = problem_in(
        folder,
        posterior,
        constraints=ConstraintSettings.of(groups["constraints"], "constraints"),
        objective=Objective.of(objective, [Ratio.of(ratio, "ratios") for ratio in ratios or ()]),
        days=settings.days,
        solver=SolverSettings.of(groups["solver"], "solver"),
    )
    return problem, promoted(posterior, problem.constraints), settings


def _require_known(changes: Mapping[str, Any]) -> None:
    unknown = [name for name in changes if name not in GROUPS]
    if unknown:
        raise TypeError(f"unknown argument {unknown[0]!r}; allowed: {', '.join(GROUPS)}")
