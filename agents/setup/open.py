"""Entry point from Python: from a folder of exports to an advertiser's experiment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ...data.errors import ConfigError
from ...data.settings import merged
from ...data.storage import CONF, shipped_yaml
from ...data.types import Progress
from ..experiment import Experiment
from .config import ExperimentConfig
from .prepare import prepare


def open_experiment(
    data: str | Path,
    agent: str = "static",
    *,
    config: Mapping[str, Any] | None = None,
    progress: Progress = lambda _: None,
) -> Experiment:
    """Return the experiment of an advertiser: calibrated, with the static plan.

    Args:
        data: folder of the exports.
        agent: who plans: a baseline such as ``static``, or a learner; one of ``conf/agent``.
        config: keys that differ from the defaults, by group, such as
            ``{"constraints": {"total": 150000}, "objective": {"name": "revenue"}}``.
        progress: called with a line of progress from time to time.

    Raises:
        MediaGymError: for anything in the files or the settings that a user has to fix.
    """
    groups = shared_groups() | {"agent": _agent(agent)}
    groups = changed_groups(groups, config or {})
    groups["data"] = {**groups["data"], "path": str(data)}
    return prepare(ExperimentConfig.read(groups), progress)


def shared_groups() -> dict[str, Any]:
    """Return the groups that training, evaluation and planning share, with their defaults."""
    shared = yaml.safe_load((CONF / "problem.yaml").read_text(encoding="utf-8"))
    choices = [each for each in shared["defaults"] if each != "_self_"]
    groups = {
        group: shipped_yaml(f"{group}/{name}") for each in choices for group, name in each.items()
    }
    return {**shipped_yaml("problem"), **groups}


def changed_groups(groups: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with the keys that differ, at any depth, laid over it.

    Raises:
        ConfigError: for a key at the top that the configuration does not have.
    """
    for key in changes:
        if key not in groups:
            raise ConfigError(
                f"{key}: there is no such key. Allowed: {', '.join(groups)}. To fix: correct it."
            )
    return dict(merged(groups, changes))


def _agent(name: str) -> dict[str, Any]:
    """Return the settings of a baseline or a learner as they ship."""
    names = sorted(path.stem for path in (CONF / "agent").glob("*.yaml"))
    if name not in names:
        raise ConfigError(
            f"agent: {name!r} was given. Allowed: {', '.join(names)}. To fix: correct it."
        )
    return shipped_yaml(f"agent/{name}")
