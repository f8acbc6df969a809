"""Environments of benchmark tasks, as ``gym.make`` builds them."""

from collections.abc import Mapping
from typing import Any

from ...data.errors import ConfigError
from ...data.storage import shipped_yaml
from ..environment import BudgetEnv, BudgetVectorEnv, EnvSettings
from .reference import problem_for
from .splits import source_of
from .task import Task, overrides_of, task_of


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


def _env(task: Task, changes: Mapping[str, Any] | None) -> EnvSettings:
    usual = shipped_yaml("env/default") | {"days": task.size.days, "relative": False}
    settings = EnvSettings.of(usual | overrides_of(changes, "env"), "env")
    if settings.days != task.size.days:
        raise ConfigError(
            f"env.days: {settings.days} was given; a flight of {task.key} has {task.size.days} "
            "days. Leave the key out, or write a size of your own in conf/size."
        )
    return settings
