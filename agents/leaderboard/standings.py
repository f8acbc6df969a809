"""`Standings`: means and paired differences of all policies on the leaderboard, with intervals."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field

from ...data.errors import ConfigError, quoted_names, shown
from ...data.settings import Command, Seed
from ...data.types import Floats
from ...envs.suite import every_task, reference_of, task_of
from ..evaluation import Resamples, interval
from ..rollout import MAX_RESAMPLES
from .checks import percents
from .submission import Submission


class LeaderboardCommand(Command):
    """Options of ``scripts/research/leaderboard.py``."""

    folder: Path
    output: Path | None  # folder of the pages; None: that of the submissions
    references: Annotated[list[str], Field(min_length=1, max_length=8)]
    resamples: Annotated[int, Field(ge=100, le=MAX_RESAMPLES)]
    seed: Seed


class Standings(NamedTuple):
    """The leaderboard as plain values: rows are mappings, best first."""

    references: list[str]  # policies that every other is paired with
    tasks: list[str]  # keys of the tasks that the overall rows are about
    markets: int  # test markets per task
    overall: list[dict[str, Any]]  # a row per policy, means over the tasks
    by_task: dict[str, list[dict[str, Any]]]  # by key of the task, a row per policy


class _Flights(NamedTuple):
    """A policy's percents on one task."""

    mean: float
    samples: Floats  # (resamples,) the mean of every resample
    seeds: int
    seconds: float  # CPU-seconds per flight


def standings(submissions: Sequence[Submission], options: LeaderboardCommand) -> Standings:
    """Return the leaderboard of checked submissions.

    A resample takes the same markets for all policies and tasks, so that all differences are
    paired: market k of every task has the same seed.

    Args:
        submissions: of different policies.
        options: references, resamples and their seed.

    Raises:
        ConfigError: if a reference has no submission, or they share no task.
    """
    by_name = {each.policy: each for each in submissions}
    for name in options.references:
        if name not in by_name:
            raise ConfigError(
                f"references: {shown(name)} has no submission; allowed: {quoted_names([*by_name])}."
                " Choose among them, or add its file."
            )
    flights = {name: _flights(each, options) for name, each in by_name.items()}
    entered = [key for key, _ in every_task() if any(key in each for each in flights.values())]
    tasks = [key for key in entered if all(key in flights[name] for name in options.references)]
    if not tasks:
        raise ConfigError(
            f"references: {quoted_names(options.references)} share no task. Allowed: policies that "
            "flew the same tasks. To fix: choose others."
        )
    rows = [
        _row(each, [key for key in tasks if key in flights[each.policy]], flights, options)
        for each in submissions
        if any(key in flights[each.policy] for key in tasks)
    ]
    by_task = {
        key: _ranked(
            [
                _row(each, [key], flights, options)
                for each in submissions
                if key in flights[each.policy]
            ]
        )
        for key in entered
    }
    markets = len(reference_of(tasks[0]).daily["test"])
    return Standings(list(options.references), tasks, markets, _ranked(rows), by_task)


def _flights(submission: Submission, options: LeaderboardCommand) -> dict[str, _Flights]:
    """Return a policy's percents by task."""
    found = {}
    for result in submission.tasks:
        percent = percents(result)
        resamples = Resamples(percent.shape[1], options.resamples, options.seed)
        samples = resamples.means(submission.policy, percent)
        seconds = result.cpu_seconds / percent.shape[1]
        found[result.task] = _Flights(float(percent.mean()), samples, len(percent), seconds)
    return found


def _row(
    submission: Submission,
    tasks: Sequence[str],
    flights: Mapping[str, Mapping[str, _Flights]],
    options: LeaderboardCommand,
) -> dict[str, Any]:
    """Return a policy's row over some tasks, all of which it flew."""
    own = flights[submission.policy]
    versus = {}
    for name in options.references:
        shared = [key for key in tasks if key in flights[name]]
        if name != submission.policy and shared:
            ahead = [own[key].samples - flights[name][key].samples for key in shared]
            versus[name] = {
                "difference": float(
                    np.mean([own[key].mean - flights[name][key].mean for key in shared])
                ),
                "ci": interval(np.mean(ahead, axis=0)),
            }
    days = sum(task_of(key).size.days for key in tasks)
    return {
        "policy": submission.policy,
        "authors": submission.authors,
        "url": submission.url,
        "training": submission.training,
        "training_cpu_seconds": submission.training_cpu_seconds,
        "tasks": len(tasks),
        "seeds": max(own[key].seeds for key in tasks),
        "mean": float(np.mean([own[key].mean for key in tasks])),
        "ci": interval(np.mean([own[key].samples for key in tasks], axis=0)),
        "versus": versus,
        "seconds_per_decision": sum(own[key].seconds for key in tasks) / days,
    }


def _ranked(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows best first; those of fewer tasks come after, as their means are of others."""
    return sorted(rows, key=lambda row: (-row["tasks"], -row["mean"], row["policy"]))
