"""Flights of policies at random advertisers on which nothing was trained or selected.

Each advertiser (``envs/suite/advertisers.py``) has campaigns, channels, days, effects and
constraints of its own. All policies face the same test markets and noise.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Self

import torch
from pydantic import Field

from ...data.errors import ConfigError
from ...data.settings import Command
from ...envs.environment import MarketPool
from ...envs.flight import Problem
from ...envs.suite import (
    Task,
    advertiser_digest,
    effects_of,
    held_out_markets,
    posterior_of,
)
from ..experiment import TaskExperiment
from ..policies import ORACLES
from ..pretraining import TEST_SEEDS, advertiser_problem
from ..processes import results_of
from ..rollout import EvaluationSet, rollout_policy
from ..setup import ExperimentConfig, candidates_of, require_known

REFERENCES = ("static", "follow")  # policies that the others are compared with
_MAX_MARKETS = 200  # of a test split


class AdvertisersCommand(Command):
    """Options of ``scripts/research/advertisers.py``; see ``conf/advertisers_study.yaml``."""

    experiment: ExperimentConfig
    policies: Annotated[list[str], Field(min_length=1, max_length=64)]
    advertisers: Annotated[int, Field(ge=1, le=10_000)]
    markets: Annotated[int, Field(ge=2, le=_MAX_MARKETS)]
    resamples: Annotated[int, Field(ge=100, le=1_000_000)]
    workers: Annotated[int, Field(ge=1, le=1024)] | None  # None: one per core
    output: Path | None

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        """Parse the options; policies that are not known are refused before anything flies."""
        command = super().read(config)
        require_known(command.policies, "mediagym/Advertiser-v0")
        for name in command.policies:
            if name in ORACLES:
                raise ConfigError(
                    f"policies: {name!r} was given; it knows the true market, and its plans are "
                    "not computed for random advertisers. Leave it out."
                )
        return command

    @property
    def seeds(self) -> range:
        """Seeds of the advertisers."""
        return range(TEST_SEEDS, TEST_SEEDS + self.advertisers)

    @property
    def names(self) -> list[str]:
        """The policies to fly, the references first."""
        return list(dict.fromkeys((*REFERENCES, *self.policies)))


def fly_advertisers(
    command: AdvertisersCommand, done: Callable[[Any], None] = lambda _: None
) -> list[dict[str, Any]]:
    """Fly all policies at all advertisers, several advertisers at once.

    Args:
        command: options of the study.
        done: called when an advertiser is finished.

    Returns:
        A row per advertiser; see ``fly_advertiser``.
    """
    jobs = [partial(fly_advertiser, command, seed) for seed in command.seeds]
    return results_of(jobs, command.workers, done)


def fly_advertiser(command: AdvertisersCommand, seed: int) -> dict[str, Any]:
    """Return what defines an advertiser, and each policy's conversions in its test markets.

    Args:
        command: options of the study.
        seed: seed of the advertiser.

    Returns:
        ``seed``, ``digest``, ``campaigns``, ``channels``, ``days``, ``effects``, and in
        ``policies`` by name ``total`` (a number per market), ``violations`` and ``cents_off``.
    """
    torch.set_num_threads(1)
    task, problem = advertiser_problem(seed, command.experiment.cache)
    experiment = _experiment(command.experiment, task, problem)
    held_out = EvaluationSet(*held_out_markets(task, "test", command.markets))
    policies = {}
    for candidate in candidates_of(command.names, experiment):
        if len(candidate.policies) != 1:
            raise ConfigError(
                f"policies: {candidate.name} is {len(candidate.policies)} policies. Allowed: one "
                "per name. To fix: give the folder of one training run."
            )
        flights = rollout_policy(problem, candidate.policies[0], held_out)
        policies[candidate.name] = {
            "total": flights.total.tolist(),
            "violations": flights.violations,
            "cents_off": flights.cents_off,
        }
    return {
        "seed": seed,
        "digest": advertiser_digest(seed),
        "campaigns": len(problem.constraints.names),
        "channels": len(problem.constraints.channels),
        "days": problem.days,
        "effects": list(effects_of(task)),
        "policies": policies,
    }


def _experiment(config: ExperimentConfig, task: Task, problem: Problem) -> TaskExperiment:
    posterior = posterior_of(task)
    return TaskExperiment(
        task=task,
        id=task.id,
        problem=problem,
        posterior=posterior,
        source=MarketPool(posterior.market, posterior.state, task.settings.shocks),
        env=config.env.model_copy(update={"days": task.size.days}),
        evaluation=config.evaluation,
        solver=config.solver,
        agent=config.agent,
        cache=config.cache,
    )
