"""Settings of the re-planner, chosen by a grid on validation markets: one pair for several tasks.

Every pair flies the same markets under the same noise, so differences between pairs are paired.
"""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from ...data.settings import Command
from ...envs.suite import (
    HELD_OUT_MARKETS,
    held_out_markets,
    posterior_of,
    problem_for,
    reference_of,
    task_of,
)
from ..policies import MAX_DRAWS, RollingHorizon
from ..rollout import EvaluationSet, percent_of, rollout_policy
from ..setup import Count

Walk = Annotated[float, Field(ge=0, le=1)]
Temper = Annotated[float, Field(ge=0, le=1)]


class ReplannerGridCommand(Command):
    """Options of ``scripts/research/replanner_grid.py``; see ``conf/replanner_grid.yaml``."""

    tasks: Annotated[list[str], Field(min_length=1)]
    markets: Annotated[int, Field(ge=1, le=HELD_OUT_MARKETS)]
    draws: Annotated[int, Field(ge=2, le=MAX_DRAWS)]
    walk: Annotated[list[Walk], Field(min_length=1)]
    temper: Annotated[list[Temper], Field(min_length=1)]
    threads: Count
    output: Path | None  # folder of the scores; None: the run's folder

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """All pairs of ``walk`` and ``temper``."""
        return list(product(self.walk, self.temper))


def replanner_grid(
    command: ReplannerGridCommand, done: Callable[[], None] = lambda: None
) -> list[dict[str, Any]]:
    """Fly the re-planner with every pair of settings on the tasks' first validation markets.

    Args:
        command: tasks, markets and the grid.
        done: called after every pair on every task.

    Returns:
        A row per pair, best first: ``walk``, ``temper``, ``mean`` over tasks, and ``tasks``, the
        mean percent of the clairvoyant by task.
    """
    percents: dict[tuple[float, float], dict[str, float]] = {pair: {} for pair in command.pairs}
    for key in command.tasks:
        task = task_of(key)
        problem, posterior = problem_for(task), posterior_of(task)
        held_out = held_out_markets(task, "validation", command.markets)
        best = reference_of(key).daily["validation"][: command.markets]
        for walk, temper in command.pairs:
            policy = RollingHorizon(problem, posterior, command.draws, walk, temper)
            total = rollout_policy(problem, policy, EvaluationSet(*held_out)).total
            percents[walk, temper][key] = float(percent_of(total, best).mean())
            done()
    rows = [
        {"walk": walk, "temper": temper, "mean": float(np.mean(list(by.values()))), "tasks": by}
        for (walk, temper), by in percents.items()
    ]
    return sorted(rows, key=lambda row: -row["mean"])
