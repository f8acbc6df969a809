"""Tasks as problems, environments and held-out trials; with what is shipped beside them.

``data/tasks/<Task>-<Size>.json`` holds a task's static plan, the hash of its held-out markets and
the clairvoyant values; ``scripts/clairvoyant.py`` writes it.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...data.errors import DataError
from ...data.storage import ROOT, read_json, shipped_yaml, write_json
from ...data.types import Floats, Progress
from ..calibration import Posterior
from ..constraints import Constraints, ConstraintSettings, parse_constraints
from ..flight import Problem, problem_of
from ..market import Objective, draw_noises
from ..planning import best_shared_plan, clairvoyant_values, constant_plan
from .generator import path_generator, sample_markets
from .splits import HELD_OUT_SPLITS, fingerprint, held_out_markets, split_of
from .task import Task, overrides_of, task_of

REFERENCE = ROOT / "data" / "tasks"
_KNOWN = 512  # training markets that stand for what is known before the flight
_PLANNED = 192  # training markets that the static plan is made for


class Reference(NamedTuple):
    """What is shipped of a task."""

    static_plan: Floats  # (days, campaigns) dollars: the posterior-static plan
    sha256: Mapping[str, str]  # of the markets of each held-out split
    daily: Mapping[str, Floats]  # clairvoyant value of every market, by split
    steady: Mapping[str, Floats]  # that of its best steady plan


def posterior_of(task: Task) -> Posterior:
    """Return what an advertiser knows of a task before the flight: training markets."""
    market, state = sample_markets(task, split_of("train").seeds(_KNOWN))
    spend = np.array([c.spend for c in task.size.campaigns.values()])
    return Posterior(task.size.ordered(), market, state, spend, spend, spend, 0, {})


def problem_for(
    task: Task, changes: Mapping[str, Any] | None = None, *, anew: bool = False
) -> Problem:
    """Return a task's problem: constraints, mean market, static plan.

    Args:
        task: the task.
        changes: keys of ``conf/constraints`` that differ; the static plan is then made anew.
        anew: make the static plan even where one is shipped.
    """
    posterior, changes = posterior_of(task), overrides_of(changes, "constraints")
    given = (
        shipped_yaml("constraints/default") | {"total": task.size.total, "pacing": None} | changes
    )
    constraints = parse_constraints(
        ConstraintSettings.of(given, "constraints"), posterior.campaigns, task.size.days
    )
    objective = Objective("conversions", 1.0)
    if not changes and not anew and reference_path(task).exists():
        base = reference_of(task.key).static_plan
        return _problem(task, posterior, constraints, objective, base)
    base = constant_plan(constraints, posterior.spend, task.size.days)
    problem = _problem(task, posterior, constraints, objective, base)
    market, state = posterior.sample_training(_PLANNED)
    paths = (path_generator(int(i)) for i in split_of("train").seeds(len(market.elasticity)))
    noise = draw_noises(
        market, task.size.days, paths, None, task.settings.shocks
    ).without_count_noise()
    base = best_shared_plan(problem, market, state, noise)
    return _problem(task, posterior, constraints, objective, base)


def reference_path(task: Task) -> Path:
    """Return the file that ships with a task."""
    return REFERENCE / f"{task.key}.json"


@cache
def reference_of(key: str) -> Reference:
    """Read what is shipped of a task.

    Raises:
        DataError: if there is none.
    """
    path = reference_path(task_of(key))
    if not path.exists():
        raise DataError(
            f"{path}: there are no clairvoyant values of {key}; make them with "
            f"python scripts/clairvoyant.py 'tasks=[{key}]'."
        )
    told = read_json(path)
    values = {k: {s: np.array(told[k][s]) for s in HELD_OUT_SPLITS} for k in ("daily", "steady")}
    return Reference(np.array(told["base"]), told["sha256"], values["daily"], values["steady"])


def write_reference(task: Task, say: Progress = lambda _: None) -> Path:
    """Make a task's static plan, hashes and clairvoyant values, and write them."""
    problem = problem_for(task, anew=True)
    problem = problem._replace(static_plan=problem.static_plan.round(2))
    daily, steady = {}, {}
    for split in HELD_OUT_SPLITS:
        market, state, noise = held_out_markets(task, split)
        bound = clairvoyant_values(
            problem, market, state, noise.without_count_noise(), progress=say
        )
        daily[split], steady[split] = _told(bound.daily), _told(bound.steady)
    content = {
        "task": task.id,
        "sha256": {split: fingerprint(task, split) for split in HELD_OUT_SPLITS},
        "base": problem.static_plan.tolist(),
        "daily": daily,
        "steady": steady,
    }
    return write_json(reference_path(task), content)


def _told(values: Floats) -> list[float]:
    """Return values to four digits, rounded up: a bound stays one."""
    return [float(v) for v in (np.ceil(values * 1e4) / 1e4).round(4)]


def _problem(
    task: Task, posterior: Posterior, constraints: Constraints, objective: Objective, base: Floats
) -> Problem:
    problem = problem_of(posterior, constraints, objective, base)
    return problem._replace(credit_days=task.settings.credit_days)
