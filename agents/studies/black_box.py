"""Black box study: a network that is trained on in the flights of a world, without its gradient.

Simulated advertisers are calibrated from their exports alone, as in the pilots study. In worlds
that the calibration does not describe, the shipped network flies as it is, and trained on by PPO in
flights of that world, whose noise is none of the compared flights'.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple, Self

import torch
from pydantic import Field, model_validator

from ...data.errors import ConfigError
from ...data.settings import Seed, Settings
from ..networks import LearnedPolicy
from ..policies import Follow
from ..policy import PlanPolicy, Policy
from ..processes import results_of
from ..training import OnPolicy
from ..worlds import Flights, finetune, fly
from .pilots import (
    Calibrated,
    WorldSettings,
    calibrated,
    cases_of,
    world_of,
)
from .recovery import Case, WorldsCommand

ZERO_SHOT = "zero-shot"  # the network as it is, which the others are compared with
Reward = Literal["expected", "counted"]
NAMES: Mapping[Reward, str] = {"expected": "ppo", "counted": "ppo, reports only"}
_MAX_NOISE = 2**31 - 1  # seeds above are those of training flights
_Count = Annotated[int, Field(ge=1, le=10_000)]


class BlackBoxSettings(Settings):
    """The group ``black_box`` of ``conf/black_box.yaml``."""

    worlds: Annotated[dict[str, WorldSettings], Field(min_length=1)]
    rewards: list[Reward]  # each is a training of its own
    agent: OnPolicy  # settings of PPO and the network that it starts from
    advertisers: _Count  # per response form
    seed: Seed  # seed of the first advertiser of each form
    trainings: _Count  # training seeds, from 0
    flights: Annotated[int, Field(ge=2, le=10_000)]  # compared, per advertiser and world
    noise: Annotated[int, Field(ge=0, le=_MAX_NOISE)]  # seed of their noise
    resamples: Annotated[int, Field(ge=100, le=1_000_000)]
    workers: Annotated[int, Field(ge=1, le=1024)] | None  # None: one per core


class BlackBoxCommand(WorldsCommand):
    """Options of ``scripts/research/black_box.py``."""

    black_box: BlackBoxSettings

    @model_validator(mode="after")
    def _trainable(self) -> Self:
        """Refuse a training that is none of PPO alone."""
        agent = self.black_box.agent
        if agent.start is None or agent.warm.iterations:
            raise ConfigError(
                f"black_box.agent: start: {agent.start}, warm.iterations: {agent.warm.iterations} "
                "were given. Allowed: a network to start from, and 0 iterations, as a world has "
                "no gradient. To fix: black_box.agent.start=universal "
                "black_box.agent.warm.iterations=0."
            )
        return self

    def cases(self) -> list[Case]:
        """Return all advertisers of the study."""
        study = self.black_box
        return cases_of(study.worlds, study.seed, study.advertisers)

    def tasks(self) -> "list[Task]":
        """Return the flights of the study: the policies without training, and every training."""
        study = self.black_box
        trainings = [(reward, seed) for reward in study.rewards for seed in range(study.trainings)]
        return [
            Task(case, world, *training)
            for case in self.cases()
            for world, settings in study.worlds.items()
            if settings.form == case.form
            for training in [(None, 0), *trainings]
        ]


class Task(NamedTuple):
    """Flights of one advertiser in one world."""

    case: Case
    world: str
    reward: Reward | None  # None: the policies without training
    seed: int  # of the training


def fly_black_box(
    command: BlackBoxCommand, done: Callable[[Any], None] = lambda _: None
) -> list[dict[str, Any]]:
    """Train and fly in all worlds, several advertisers and trainings at once.

    Args:
        command: options of the study.
        done: called when an advertiser is calibrated, and when a task is finished.

    Returns:
        A row per advertiser, world, policy and training seed; see ``_row``.
    """
    study, cases = command.black_box, command.cases()
    readings = [partial(calibrated, command, case, [False]) for case in cases]
    known = dict(zip(cases, results_of(readings, study.workers, done), strict=True))
    jobs = [partial(fly_task, command, known[task.case], task) for task in command.tasks()]
    return [row for rows in results_of(jobs, study.workers, done) for row in rows]


def fly_task(command: BlackBoxCommand, known: Calibrated, task: Task) -> list[dict[str, Any]]:
    """Return the rows of a task: those of all policies without training, or of one training."""
    torch.set_num_threads(1)
    study, problem, env = command.black_box, known.problems[False], command.env
    settings = study.worlds[task.world]
    world = world_of(known, settings, env.days)
    policies: list[Policy]
    facts = {"steps": 0, "seconds": 0.0}
    # A simulator can repeat its days under the plan, and tell what they bring; an account, from
    # which only reports come, cannot.
    rewarded = {"reward": task.reward or "expected", "relative": task.reward != "counted"}
    untrained = {} if task.reward else {"total_timesteps": 0, "validation": 1}
    began = time.process_time()
    network = finetune(
        problem,
        world,
        env.model_copy(update=rewarded),
        study.agent.model_copy(update=untrained),
        task.seed,
    )
    if task.reward is None:
        policies = [
            PlanPolicy("static", problem.static_plan),
            Follow(problem),
            LearnedPolicy(ZERO_SHOT, network, problem),
        ]
    else:
        facts = {"steps": network.training.steps, "seconds": time.process_time() - began}
        policies = [LearnedPolicy(NAMES[task.reward], network, problem)]
    exact = settings.delivery is None
    rows = []
    for policy in policies:
        flights = fly(problem, policy, world, study.noise, study.flights)
        key = {"world": task.world, "form": task.case.form, "advertiser": task.case.seed}
        own = {"policy": policy.name, "seed": task.seed}
        broken = int(flights.broken(problem).sum()) if exact else 0
        cents = int(flights.cents_off(problem).max())
        rows.append(key | own | facts | _row(flights) | {"broken": broken, "cents_off": cents})
    return rows


def _row(flights: Flights) -> dict[str, Any]:
    """Return conversions and turnover by flight.

    Constraints are not judged where platforms spend other amounts than planned.
    """
    return {"conversions": flights.total.tolist(), "turnover": flights.turnover.tolist()}
