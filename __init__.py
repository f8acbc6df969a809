"""MediaGym: plan a media budget with reinforcement learning, honestly."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gymnasium import register, registry

from .faces import load_lazily

load_lazily(__name__)

from .envs.suite.names import every_task, former_ids  # noqa: E402

if TYPE_CHECKING:
    from .agents.evaluation import Score
    from .agents.external import TaskDescription

__version__ = "0.1.0"

if "mediagym/Calibrated-v1" not in registry:  # a test runner may import this file twice
    register(
        id="mediagym/Calibrated-v1",
        entry_point="mediagym.envs.environment.calibrated:make_env",
        vector_entry_point="mediagym.envs.environment.calibrated:make_vector_env",
    )
    for key, version in every_task():
        register(
            id=f"mediagym/{key}-{version}",
            entry_point="mediagym.envs.suite.env:make_env",
            vector_entry_point="mediagym.envs.suite.env:make_vector_env",
            kwargs={"task": key},
        )
    renamed = {"mediagym/Calibrated-v0": "mediagym/Calibrated-v1", **former_ids()}
    for former, current in renamed.items():
        register(
            id=former,
            entry_point="mediagym.envs.suite.env:refuse_former",
            vector_entry_point="mediagym.envs.suite.env:refuse_former",
            kwargs={"former": former, "current": current},
        )


def evaluate(
    task: str,
    policy: Any,
    *,
    name: str = "policy",
    references: Sequence[str] = ("static", "follow"),
    **evaluation: Any,
) -> "Score":
    """Return the score of a policy on a task's published test markets.

    Args:
        task: key of the task, such as ``Full-M``.
        policy: an object with ``act(observations)`` and, if it has a state, ``reset(n)``; a
            function of the observations; a list of either, one per training seed; or a name as
            in ``policies`` of ``scripts/evaluate.py``.
        name: name of a policy that is not given by name.
        references: names of policies that it is compared with on the same markets.
        evaluation: keys of ``conf/evaluation`` that differ from the defaults.

    Raises:
        ConfigError: for a task, a policy or a setting that is not allowed, or a policy that fails.
    """
    from .agents.evaluation import evaluate_policy  # brings torch: only when it is needed

    return evaluate_policy(task, policy, name=name, references=references, **evaluation)


def describe(task: str) -> "TaskDescription":
    """Return all that a policy may know of a task, such as ``Full-M``, before the flight.

    Raises:
        ConfigError: if there is no such task.
    """
    from .agents.evaluation import describe_task

    return describe_task(task)
