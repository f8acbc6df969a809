"""Environments of benchmark tasks: the entry points of ``gym.make`` and ``gym.make_vec``."""

from collections.abc import Mapping
from typing import Any, NoReturn

from gymnasium.vector import AutoresetMode

from ...data.errors import ConfigError
from ...data.settings import with_changes
from ...data.storage import shipped_yaml
from ..environment import BudgetEnv, BudgetVectorEnv, EnvSettings
from .reference import problem_for
from .splits import source_of
from .task import Task, task_of


def make_env(
    task: str,
    split: str = "train",
    render_mode: str | None = None,
    constraints: Mapping[str, Any] | None = None,
    env: Mapping[str, Any] | None = None,
) -> BudgetEnv:
    """Return an environment that runs one flight at a time in a task's markets.

    Args:
        task: key of the task and size, such as ``Full-M``.
        split: ``train``, ``validation`` or ``test``; held-out markets come in a fixed order.
        render_mode: ``ansi``, ``rgb_array`` or None.
        constraints: keys of ``conf/constraints`` that differ from the defaults.
        env: keys of ``conf/env`` that differ from the defaults.
    """
    benchmark = task_of(task)
    problem, markets = problem_for(benchmark, constraints), source_of(benchmark, split)
    return BudgetEnv(problem, markets, _env_settings(benchmark, env), render_mode)


def make_vector_env(
    num_envs: int = 1,
    task: str = "Uncertain-M",
    split: str = "train",
    render_mode: str | None = None,
    autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    constraints: Mapping[str, Any] | None = None,
    env: Mapping[str, Any] | None = None,
) -> BudgetVectorEnv:
    """Return an environment of ``num_envs`` flights in lockstep, 1 to 65,536.

    ``autoreset_mode`` says when the next flight starts: ``SameStep``, ``NextStep`` or ``Disabled``
    (never by itself); the other arguments are those of ``make_env``.
    """
    benchmark = task_of(task)
    problem, markets = problem_for(benchmark, constraints), source_of(benchmark, split)
    return BudgetVectorEnv(
        problem, markets, _env_settings(benchmark, env), num_envs, render_mode, autoreset_mode
    )


def refuse_former(former: str, current: str, **_: Any) -> NoReturn:
    """Refuse the id of an earlier version, whose actions had another meaning.

    Args:
        former: the id that was given.
        current: the id of the newest version.

    Raises:
        ConfigError: always; names the newest version and the setting with the former meaning.
    """
    raise ConfigError(
        f"{former}: this version is no longer made, as the meaning of an action has changed. Use "
        f"{current}, where an action of 0 follows the belief; there "
        'env={"action": {"follow": 0.0}} gives actions their former meaning, around the static '
        "plan."
    )


def _env_settings(task: Task, changes: Mapping[str, Any] | None) -> EnvSettings:
    defaults = shipped_yaml("env/default") | {"days": task.size.days, "relative": False}
    settings = EnvSettings.of(with_changes(defaults, changes, "env"), "env")
    if settings.days != task.size.days:
        raise ConfigError(
            f"env.days: {settings.days} was given; a flight of {task.key} has {task.size.days} "
            "days. Omit the key, or add a size of your own to conf/size."
        )
    return settings
