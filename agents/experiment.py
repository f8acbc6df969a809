"""An experiment: a task of the benchmark, or an advertiser's calibration.

Both hold the same things: the problem, what is known before the flight, where training episodes
come from, and the held-out markets with the plans of an oracle that knows them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from ..data.cache import Entry
from ..data.errors import ConfigError
from ..data.settings import Settings
from ..data.storage import digest, shipped_yaml
from ..data.types import Floats, Progress
from ..envs.calibration import Posterior
from ..envs.environment import EnvSettings, MarketSource
from ..envs.flight import Problem
from ..envs.market import Stream
from ..envs.planning import SolverSettings, best_constant_plan, clairvoyant_values
from ..envs.suite import (
    HELD_OUT_SPLITS,
    Task,
    held_out_markets,
    posterior_of,
    problem_for,
    reference_of,
    source_of,
)
from .policy import PlanPolicy
from .rollout import (
    EvaluationSet,
    EvaluationSettings,
    clairvoyant_rollout,
    draw_evaluation_set,
    rollout_policy,
)

AgentSettings = TypeVar("AgentSettings", bound=Settings)
PlanKind = Literal["daily", "constant"]
CALIBRATED = "mediagym/Calibrated-v1"
_VERSION = 3  # version of cached results; raise it when a method changes


@dataclass(frozen=True, eq=False, kw_only=True)
class Experiment(ABC):
    """Problem, posterior, markets and settings shared by training and comparisons."""

    id: str  # Gymnasium id, as in gym.make
    problem: Problem
    posterior: Posterior  # draws of the market, given what is known before the flight
    source: MarketSource  # markets of the training episodes
    env: EnvSettings
    evaluation: EvaluationSettings
    solver: SolverSettings
    agent: Settings | None  # settings of a learner or a baseline; None: no agent
    cache: Path  # folder of results that are slow to compute, keyed by content
    notes: tuple[str, ...] = ()  # caveats that accompany every result
    config: Mapping[str, Any] = field(default_factory=dict)  # plain values, written beside results

    @abstractmethod
    def held_out(self, split: str) -> EvaluationSet:
        """Return the markets of ``validation`` or ``test`` with their noise.

        Raises:
            ConfigError: if there is no such split, or not enough is held out.
        """

    @abstractmethod
    def _optimise_plans(self, split: str, kind: PlanKind, progress: Progress) -> Floats:
        """Compute the plans that ``plans`` returns."""

    def plans(self, split: str, kind: PlanKind, progress: Progress = lambda _: None) -> Floats:
        """Return the best plans of a split's markets, (days, markets, campaigns) dollars.

        Args:
            split: ``validation`` or ``test``.
            kind: ``daily``, or ``constant`` for plans that are the same every day.
            progress: called with lines of progress, if they are not in the cache.
        """
        markets, campaigns = self.held_out(split).market.elasticity.shape
        depends = split, markets, self.evaluation.seed
        shape = self.problem.days, markets, campaigns
        return self.cached(
            f"{kind}-{split}", depends, shape, lambda: self._optimise_plans(split, kind, progress)
        )

    def settings(self, name: str, kind: type[AgentSettings]) -> AgentSettings:
        """Return a baseline's settings: the configured ones if it is the agent, else the defaults.

        Args:
            name: name of the baseline.
            kind: class of its settings.
        """
        if isinstance(self.agent, kind):
            return self.agent
        return kind.of(shipped_yaml(f"agent/{name}"), "agent")

    def cached(
        self, name: str, depends: Any, shape: tuple[int, ...], compute: Callable[[], Floats]
    ) -> Floats:
        """Return an array that is slow to compute, from the cache if it is there and sound.

        Args:
            name: prefix of the file's name.
            depends: JSON-able; everything that the array depends on beside the problem.
            shape: shape of the array.
            compute: computes the array; called if it is not in the cache.
        """
        path = self.cache_path(name, depends, "npz")
        entry = Entry(path, f"{path.parent.name}/{path.stem}", _VERSION)
        arrays = entry.arrays({"result": shape})
        if arrays is None:
            arrays = {"result": compute()}
            entry.write_arrays(arrays)
        return arrays["result"]

    def cache_path(self, name: str, depends: Any, suffix: str) -> Path:
        """Return the file of a result that depends on this experiment and on ``depends``."""
        return self.cache / self._key / f"{name}-{digest(_VERSION, depends)}.{suffix}"

    @property
    def validation_markets(self) -> int | None:
        """Markets on which a network is selected; None where the agent has no such key."""
        return getattr(self.agent, "validation", None)

    @cached_property
    def _key(self) -> str:
        problem = self.problem
        content = digest(
            self.id,
            self.posterior.fingerprint(),
            problem.constraints.to_json(),
            problem.objective.to_json(),
            problem.static_plan.round(4).tolist(),
        )
        return f"experiment-{content}"


@dataclass(frozen=True, eq=False, kw_only=True)
class TaskExperiment(Experiment):
    """A task of the benchmark; its clairvoyant values ship, and some of an informed policy."""

    task: Task

    @classmethod
    def of(cls, task: Task, **fields: Any) -> "TaskExperiment":
        """Return a task's experiment; ``fields`` are those that the task does not define."""
        return cls(
            task=task,
            id=task.id,
            problem=problem_for(task),
            posterior=posterior_of(task),
            source=source_of(task, "train"),
            **fields,
        )

    def held_out(self, split: str) -> EvaluationSet:
        """Return the split's published markets, the first of them if fewer are asked for."""
        _require_held_out(split)
        count = self.evaluation.markets if split == "test" else self.validation_markets
        market, state, noise = held_out_markets(self.task, split, count)
        markets, reference = len(market.elasticity), reference_of(self.task.key)
        informed = reference.informed.get(split, np.zeros(0))[:markets]
        known = informed if len(informed) == markets else None
        return EvaluationSet(market, state, noise, reference.daily[split][:markets], known)

    def _optimise_plans(self, split: str, kind: PlanKind, progress: Progress) -> Floats:
        markets = self.held_out(split)
        known = (self.problem, markets.market, markets.state, markets.noise.without_count_noise())
        if kind == "daily":
            return clairvoyant_values(*known).plan
        return _every_day(best_constant_plan(*known).plan, self.problem.days)


@dataclass(frozen=True, eq=False, kw_only=True)
class AdvertiserExperiment(Experiment):
    """An advertiser's calibration; the last draws of its posterior are held out.

    The evaluation takes the first of them and validation the last ones.
    """

    def held_out(self, split: str) -> EvaluationSet:
        """Return held-out draws with noise of their own."""
        _require_held_out(split)
        draws, markets = self.posterior.held_out, self.evaluation.markets
        days = self.problem.days
        if split == "test":
            return draw_evaluation_set(*self.posterior.held(markets), days, self.evaluation.seed)
        validation = self.validation_markets or draws - markets
        require_apart(validation, markets, draws)
        market, state = self.posterior.held(validation, skip=draws - validation)
        return draw_evaluation_set(market, state, days, Stream.VALIDATION)

    def _optimise_plans(self, split: str, kind: PlanKind, progress: Progress) -> Floats:
        problem, markets = self.problem, self.held_out(split)
        if kind == "constant":
            path = markets.noise.without_count_noise()
            optimum = best_constant_plan(problem, markets.market, markets.state, path)
            return _every_day(optimum.plan, problem.days)
        start = rollout_policy(problem, PlanPolicy("static", problem.static_plan), markets)
        # the static plan is near: with half of the steps the values are .01 % below those of all
        half = {"iterations": max(self.solver.iterations // 2, 1)}
        solver = self.solver.model_copy(update=half)
        return clairvoyant_rollout(problem, markets, [start], solver, progress).spend


def require_apart(validation: int, markets: int, held_out: int) -> None:
    """Raise ConfigError if networks were chosen on markets that the evaluation uses too."""
    if validation + markets > held_out or validation < 1:
        raise ConfigError(
            f"agent.validation: {validation} markets and evaluation.markets: {markets} are more "
            f"than the {held_out} held out; raise calibration.held_out or lower one of them."
        )


def _require_held_out(split: str) -> None:
    if split not in HELD_OUT_SPLITS:
        raise ConfigError(
            f"split: {split!r} is not held out; allowed: {', '.join(HELD_OUT_SPLITS)}."
        )


def _every_day(plan: Floats, days: int) -> Floats:
    """Return (markets, 1, campaigns) dollars repeated on every day, (days, markets, campaigns)."""
    return np.repeat(plan.swapaxes(0, 1), days, 0)
