"""Tasks as problems, environments and held-out trials; with what is shipped beside them.

``data/tasks/<Task>-<Size>.json`` holds a task's static plan, the hash of its held-out markets and
the clairvoyant values; ``scripts/clairvoyant.py`` writes it.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.errors import ConfigError, DataError
from ..data.files import read_json, write_json
from .batch import Draw, EnvSettings, Pool
from .budget import BudgetEnv, BudgetVectorEnv
from .clairvoyant import clairvoyant_bound, shared_plan
from .constraints import Constraints, parse_constraints
from .flight import Problem, problem_of
from .market import Market, MarketState, Noise, gather
from .noise import draw_noises
from .objective import Objective
from .plans import steady_plan
from .posterior import Posterior
from .scenarios import HELD_OUT, fingerprint, markets_of, path_generator, split_of
from .tasks import ROOT, Task, overrides_of, shipped, task_of

Floats = NDArray[np.float64]
Say = Callable[[str], None]
REFERENCE = ROOT / "data" / "tasks"
_KNOWN = 512  # training markets that stand for what is known before the flight
_POOL = 4096  # training markets that an environment draws its flights from
_PLANNED = 192  # training markets that the static plan is made for
_COUNTS = 103  # purpose of a held-out flight's counting noise
HELD = ("validation", "test")


class Reference(NamedTuple):
    """What is shipped of a task."""

    base: Floats  # (days, campaigns) dollars: the posterior-static plan
    sha256: Mapping[str, str]  # of the markets of each held-out split
    daily: Mapping[str, Floats]  # clairvoyant value of every market, by split
    steady: Mapping[str, Floats]  # that of its best steady plan


class HeldOut:
    """The markets of a held-out split, one an episode in their order.

    Markets and demand paths are those of the split's seeds, whatever the reset's seed; the seed
    moves only what counting brings.
    """

    def __init__(self, task: Task, split: str) -> None:
        self.task, self.seeds = task, split_of(split).seeds(HELD_OUT)
        self.market, self.state = markets_of(task, self.seeds)

    def draw(self, seed: int, episodes: range, days: int) -> Draw:
        """Return the flights of these episodes; see ``budget.Pool.draw``."""
        index = np.array(episodes) % len(self.seeds)
        market, state = gather(self.market, index), gather(self.state, index)
        paths = (path_generator(self.seeds[i]) for i in index)
        counts = (np.random.Generator(np.random.PCG64([_COUNTS, seed, i])) for i in episodes)
        shocks = self.task.settings.shocks
        return Draw(market, state, draw_noises(market, days, paths, counts, shocks))


def posterior_of(task: Task) -> Posterior:
    """Return what an advertiser knows of a task before the flight: training markets."""
    market, state = markets_of(task, split_of("train").seeds(_KNOWN))
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
    given = shipped("constraints", "default") | {"total": task.size.total, "pacing": None} | changes
    constraints = parse_constraints(given, posterior.campaigns, task.size.days)
    objective = Objective.of(shipped("objective", "conversions"), "objective")
    if not changes and not anew and reference_path(task).exists():
        base = reference_of(task.key).base
        return _problem(task, posterior, constraints, objective, base)
    base = steady_plan(constraints, posterior.spend, task.size.days)
    problem = _problem(task, posterior, constraints, objective, base)
    market, state = posterior.sample_training(_PLANNED)
    paths = (path_generator(int(i)) for i in split_of("train").seeds(len(market.elasticity)))
    noise = draw_noises(market, task.size.days, paths, None, task.settings.shocks).path()
    base = shared_plan(problem, market, state, noise)
    return _problem(task, posterior, constraints, objective, base)


def trial_noise(
    task: Task, split: str, count: int | None = None
) -> tuple[Market, MarketState, Noise]:
    """Return a held-out split's markets and noise, (days, markets, campaigns).

    Args:
        task: the task.
        split: ``validation`` or ``test``.
        count: only the first so many; all of them if absent or more than there are.
    """
    episodes = range(min(count or HELD_OUT, HELD_OUT))
    draw = HeldOut(task, split).draw(0, episodes, task.size.days)
    return draw.market, draw.state, draw.noise


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
    values = {k: {s: np.array(told[k][s]) for s in HELD} for k in ("daily", "steady")}
    return Reference(np.array(told["base"]), told["sha256"], values["daily"], values["steady"])


def write_reference(task: Task, say: Say = lambda _: None) -> Path:
    """Make a task's static plan, hashes and clairvoyant values, and write them."""
    problem = problem_for(task, anew=True)
    problem = problem._replace(base=problem.base.round(2))
    daily, steady = {}, {}
    for split in HELD:
        market, state, noise = trial_noise(task, split)
        bound = clairvoyant_bound(problem, market, state, noise.path(), progress=say)
        daily[split], steady[split] = _told(bound.daily), _told(bound.steady)
    content = {
        "task": task.id,
        "sha256": {split: fingerprint(task, split) for split in HELD},
        "base": problem.base.tolist(),
        "daily": daily,
        "steady": steady,
    }
    return write_json(reference_path(task), content)


def _told(values: Floats) -> list[float]:
    """Return values to four digits, rounded up: a bound stays one."""
    return [float(v) for v in (np.ceil(values * 1e4) / 1e4).round(4)]


def make_env(
    task: str,
    split: str = "train",
    render_mode: str | None = None,
    constraints: Mapping[str, Any] | None = None,
    env: Mapping[str, Any] | None = None,
) -> BudgetEnv:
    """Make one flight at a time in a task's markets.

    Args:
        task: such as ``Full-M``.
        split: ``train``, ``validation`` or ``test``; held-out markets come in their order.
        render_mode: ``ansi``, ``rgb_array`` or None.
        constraints: keys of ``conf/constraints`` that differ.
        env: keys of ``conf/env`` that differ.
    """
    made = task_of(task)
    problem, markets = problem_for(made, constraints), source_of(made, split)
    return BudgetEnv(problem, markets, _env(made, env), render_mode)


def make_vector_env(
    num_envs: int = 1,
    task: str = "Uncertain-M",
    split: str = "train",
    render_mode: str | None = None,
    constraints: Mapping[str, Any] | None = None,
    env: Mapping[str, Any] | None = None,
) -> BudgetVectorEnv:
    """Make many flights in lockstep; the arguments are those of ``make_env``."""
    made = task_of(task)
    problem, markets = problem_for(made, constraints), source_of(made, split)
    return BudgetVectorEnv(problem, markets, _env(made, env), num_envs, render_mode)


def source_of(task: Task, split: str) -> Pool | HeldOut:
    """Return where the flights of a split come from."""
    if split != "train":
        return HeldOut(task, split)
    market, state = markets_of(task, split_of(split).seeds(_POOL))
    return Pool(market, state, task.settings.shocks)


def _problem(
    task: Task, posterior: Posterior, constraints: Constraints, objective: Objective, base: Floats
) -> Problem:
    problem = problem_of(posterior, constraints, objective, base)
    return problem._replace(credit_days=task.settings.credit_days)


def _env(task: Task, changes: Mapping[str, Any] | None) -> EnvSettings:
    usual = shipped("env", "default") | {"days": task.size.days, "relative": False}
    settings = EnvSettings.of(usual | overrides_of(changes, "env"), "env")
    if settings.days != task.size.days:
        raise ConfigError(
            f"env.days: {settings.days} was given; a flight of {task.key} has {task.size.days} "
            "days. Leave the key out, or write a size of your own in conf/size."
        )
    return settings
