"""Environments of a calibration, behind ``gym.make("mediagym/Calibrated-v0")``."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...data.cache import Entry, note, user_cache
from ...data.errors import ConfigError
from ...data.storage import SAMPLE, digest, shipped_yaml
from ...data.types import Floats
from ..calibration import Posterior, load_posterior
from ..constraints import ConstraintSettings, KnownSpend, parse_constraints
from ..flight import Problem, problem_of
from ..market import Objective, ObjectiveSettings, Ratio
from ..planning import SolverSettings, static_plan
from .batch import EnvSettings
from .env import BudgetEnv, BudgetVectorEnv

GROUPS = {  # configuration group -> name of its default YAML
    "constraints": "default",
    "env": "default",
    "objective": "conversions",
    "solver": "default",
}
_VERSION = 4  # version of cached static plans; increase it when the solver changes


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
        posterior: posterior of that calibration.
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
    limits = parse_constraints(
        constraints, posterior.campaigns, days, posterior.currency, known_spend(posterior)
    )
    key = digest(
        _VERSION,
        posterior.fingerprint(),
        limits.to_json(),
        objective.to_json(),
        solver.model_dump(),
    )
    plan = _cached_plan(
        folder,
        f"static-{key}",
        (days, len(posterior.campaigns)),
        lambda: static_plan(posterior, limits, objective, days, solver, progress),
    )
    return problem_of(posterior, limits, objective, plan)


def known_spend(posterior: Posterior) -> KnownSpend | None:
    """Return what the campaigns have spent; None for a posterior that does not say it."""
    if posterior.spending is None:
        return None
    return KnownSpend(posterior.recent_max, posterior.known_max, posterior.spend_max)


def _cached_plan(
    folder: Path, key: str, shape: tuple[int, int], compute: Callable[[], Floats]
) -> Floats:
    """Return a static plan from the folder of its calibration or the user's cache, or compute it.

    Args:
        folder: folder of the calibration.
        key: name of the entry.
        shape: days and campaigns.
        compute: computes the plan; called if no sound entry is found.
    """
    shipped = folder.resolve().is_relative_to(SAMPLE.resolve())
    writable = user_cache() if shipped else folder
    places = [folder] if writable in (None, folder) else [folder, writable]
    entries = [Entry(place / f"{key}.npz", key, _VERSION) for place in places if place]
    for entry in entries:
        arrays = entry.arrays({"plan": shape})
        if arrays is not None:
            return arrays["plan"]
    plan = compute()
    if writable is None:
        note("there is no home folder, so the static plan is not cached; set HOME to keep it.")
    else:
        entries[-1].keep_arrays({"plan": plan})
    return plan


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
    ratios: Sequence[Mapping[str, float]] | None = None,
    **groups: Any,
) -> BudgetVectorEnv:
    """Return an environment of ``num_envs`` flights in lockstep; other arguments: ``make_env``."""
    problem, posterior, settings = _parts(calibration, ratios, groups)
    return BudgetVectorEnv(problem, posterior.training(), settings, num_envs, render_mode)


def _parts(
    calibration: str | Path | None,
    ratios: Sequence[Mapping[str, float]] | None,
    changes: Mapping[str, Any],
) -> tuple[Problem, Posterior, EnvSettings]:
    folder = SAMPLE / "calibration" if calibration is None else Path(calibration)
    _require_known(changes)
    groups = {
        group: shipped_yaml(f"{group}/{name}") | dict(changes.get(group, {}))
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
    return problem, posterior, settings


def _require_known(changes: Mapping[str, Any]) -> None:
    unknown = [name for name in changes if name not in GROUPS]
    if unknown:
        raise TypeError(f"unknown argument {unknown[0]!r}; allowed: {', '.join(GROUPS)}")
