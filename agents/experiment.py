"""Where policies are trained and compared: a task of the suite, or an advertiser's calibration.

Both know the same things: what is planned, what is known before the flight, where training flights
come from, and the held-out markets with the plans of somebody who knows them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from ..data.errors import ConfigError
from ..data.storage import digest, read_arrays, shipped_yaml, write_arrays
from ..data.types import Floats
from ..envs.calibration import Posterior
from ..envs.environment import EnvSettings, MarketSource
from ..envs.flight import Problem
from ..envs.planning import SolverSettings, best_constant_plan, clairvoyant_values
from ..envs.suite import Task, held_out_markets, posterior_of, problem_for, reference_of, source_of
from .policy import PlanPolicy
from .rollout import (
    EvaluationSet,
    EvaluationSettings,
    clairvoyant_rollout,
    evaluation_set,
    rollout_policy,
)

Kind = Literal["daily", "steady"]
HELD_OUT_SPLITS = ("validation", "test")
CALIBRATED = "mediagym/Calibrated-v0"
_VERSION = 1  # of what is kept; a change of a method must not find old ones
_VALIDATION_SEED = 40  # of the noise in which a calibration's networks are chosen


@dataclass(frozen=True, eq=False)
class Experiment(ABC):
    """What training, comparison and every baseline start from."""

    id: str  # as gym.make knows it
    problem: Problem  # what is planned
    posterior: Posterior  # draws of what is known before the flight
    source: MarketSource  # where training flights come from
    env: EnvSettings
    evaluation: EvaluationSettings
    agent: Mapping[str, Any]  # the configuration's group of that name; may be empty
    cache: Path  # folder of what is slow to find, kept by content

    @abstractmethod
    def trial(self, split: str) -> EvaluationSet:
        """Return the markets of ``validation`` or ``test`` with their noise.

        Raises:
            ConfigError: if there is no such split, or not enough is held out.
        """

    @abstractmethod
    def _optimise_plans(self, split: str, kind: Kind) -> Floats:
        """Find the plans that ``plans`` returns."""

    def plans(self, split: str, kind: Kind) -> Floats:
        """Return the best plans of a split's markets, (days, markets, campaigns) dollars.

        Args:
            split: ``validation`` or ``test``.
            kind: ``daily``, or ``steady`` for plans that are the same every day.
        """
        trial = self.trial(split)
        asked = split, len(trial.market.elasticity), self.evaluation.seed
        return self.cached(f"{kind}-{split}", asked, lambda: self._optimise_plans(split, kind))

    def settings(self, name: str) -> dict[str, Any]:
        """Return the settings of an agent: the configured ones if it is that, else as they ship."""
        return dict(self.agent if self.agent.get("name") == name else shipped_yaml(f"agent/{name}"))

    def cached(self, name: str, depends: Any, make: Callable[[], Floats]) -> Floats:
        """Return an array that is slow to make, from the cache if it is there.

        Args:
            name: what it is, a word for the file.
            depends: JSON-able, all that it depends on beside the problem.
            make: called where it is not there.
        """
        path = self.cache_path(name, depends, "npz")
        if path.exists():
            return read_arrays(path)["plan"]
        made = make()
        write_arrays(path, {"plan": made})
        return made

    def cache_path(self, name: str, depends: Any, suffix: str) -> Path:
        """Return where something is kept that depends on this arena and on ``depends``."""
        return self.cache / self._key / f"{name}-{digest(_VERSION, depends)}.{suffix}"

    @cached_property
    def _key(self) -> str:
        problem = self.problem
        content = digest(
            self.id,
            self.posterior.fingerprint(),
            problem.constraints.to_json(),
            problem.objective.model_dump(mode="json"),
            problem.static_plan.round(4).tolist(),
        )
        return f"arena-{content}"


@dataclass(frozen=True, eq=False)
class TaskExperiment(Experiment):
    """A task of the suite; its clairvoyant values ship."""

    task: Task

    @classmethod
    def of(
        cls,
        task: Task,
        env: EnvSettings,
        evaluation: EvaluationSettings,
        agent: Mapping[str, Any],
        cache: Path,
    ) -> "TaskExperiment":
        """Make a task's arena."""
        problem, posterior = problem_for(task), posterior_of(task)
        source = source_of(task, "train")
        return cls(task.id, problem, posterior, source, env, evaluation, agent, cache, task)

    def trial(self, split: str) -> EvaluationSet:
        """Return the split's published markets, the first of them if fewer are asked for."""
        asked = _asked(split, self.evaluation.markets, self.agent.get("validation"))
        market, state, noise = held_out_markets(self.task, _held(split), asked)
        best = reference_of(self.task.key).daily[split][: len(market.elasticity)]
        return EvaluationSet(market, state, noise, best)

    def _optimise_plans(self, split: str, kind: Kind) -> Floats:
        trial = self.trial(split)
        known = (self.problem, trial.market, trial.state, trial.noise.without_count_noise())
        if kind == "daily":
            return clairvoyant_values(*known).plan
        return _every_day(best_constant_plan(*known).plan, self.problem.days)


@dataclass(frozen=True, eq=False)
class AdvertiserExperiment(Experiment):
    """An advertiser's calibration; the last draws of its posterior are held out.

    The evaluation takes the first of them and validation the last ones.
    """

    solver: SolverSettings

    def trial(self, split: str) -> EvaluationSet:
        """Return held-out draws with noise of their own."""
        held, markets = self.posterior.held_out, self.evaluation.markets
        days = self.problem.days
        if _held(split) == "test":
            return evaluation_set(*self.posterior.held(markets), days, self.evaluation.seed)
        validation = self.agent.get("validation") or held - markets
        require_apart(validation, markets, held)
        market, state = self.posterior.held(validation, skip=held - validation)
        return evaluation_set(market, state, days, _VALIDATION_SEED)

    def _optimise_plans(self, split: str, kind: Kind) -> Floats:
        problem, trial = self.problem, self.trial(split)
        if kind == "steady":
            optimum = best_constant_plan(
                problem, trial.market, trial.state, trial.noise.without_count_noise()
            )
            return _every_day(optimum.plan, problem.days)
        begin = rollout_policy(problem, PlanPolicy("static", problem.static_plan), trial)
        return clairvoyant_rollout(problem, trial, [begin], self.solver).spend


def require_apart(validation: int, markets: int, held_out: int) -> None:
    """Refuse a choice of network on markets that the evaluation uses too."""
    if validation + markets > held_out or validation < 1:
        raise ConfigError(
            f"agent.validation: {validation} markets and evaluation.markets: {markets} are more "
            f"than the {held_out} held out; raise calibration.held_out or lower one of them."
        )


def _held(split: str) -> str:
    if split not in HELD_OUT_SPLITS:
        raise ConfigError(
            f"split: {split!r} is not held out; allowed: {', '.join(HELD_OUT_SPLITS)}."
        )
    return split


def _asked(split: str, markets: int, validation: int | None) -> int | None:
    return markets if split == "test" else validation


def _every_day(plan: Floats, days: int) -> Floats:
    """Return (markets, 1, campaigns) dollars as a plan of so many days."""
    return np.repeat(plan.swapaxes(0, 1), days, 0)


class Session(NamedTuple):
    """Everything that is decided before a policy is."""

    config: Mapping[str, Any]  # plain, resolved
    arena: Experiment
    solver: SolverSettings
    evaluation: EvaluationSettings
    notes: tuple[str, ...]  # what a reader of any result must know

    @property
    def problem(self) -> Problem:
        """The arena's."""
        return self.arena.problem

    @property
    def posterior(self) -> Posterior:
        """The arena's."""
        return self.arena.posterior

    @property
    def env(self) -> EnvSettings:
        """The arena's."""
        return self.arena.env
