"""A training run's folder: the configuration it goes by, and what makes two runs the same."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..data.config import Settings
from ..data.errors import ConfigError
from ..data.files import read_json, write_json
from ..envs.batch import EnvSettings, Source
from ..envs.flight import Problem
from ..envs.snapshot import to_arrays
from .commands import TrainCommand

_CONFIG = "run.json"


def resumable(folder: str | Path) -> bool:
    """Return whether a folder is that of a training run."""
    return (Path(folder) / _CONFIG).is_file()


def configured(config: Mapping[str, Any], given: list[str]) -> dict[str, Any]:
    """Return what a run goes by: the configuration, or the kept one where a run is resumed.

    Args:
        config: plain containers, as the command line makes them.
        given: the overrides of the command line.

    Raises:
        ConfigError: if there is no such run, or keys are changed on the way.
    """
    resumed = TrainCommand.read(config).resume
    if resumed is None:
        return dict(config)
    if not resumable(resumed):
        raise ConfigError(
            f"resume: {str(resumed)!r} holds no training run ({_CONFIG}); give the folder of a run "
            "of scripts/train.py."
        )
    others = [word for word in given if not word.startswith("resume=")]
    if others:
        raise ConfigError(
            f"resume: {others[0]!r} was given too; a run goes on as it began. Leave it out, or "
            "start a new run."
        )
    return dict(read_json(resumed / _CONFIG))


def keep_configuration(folder: Path, config: Mapping[str, Any]) -> None:
    """Write what a run goes by into its folder, from which it can then be resumed.

    Args:
        folder: of the run.
        config: what ``configured`` returned, once nothing in it is to be mended.
    """
    write_json(folder / _CONFIG, config)


def same_run(
    problem: Problem, source: Source, env: EnvSettings, settings: Any, record: Settings
) -> dict[str, Any]:
    """Return all that two trainings must share to be bitwise the same, as plain values."""
    rules = problem.constraints
    parts = {
        "bounds": np.concatenate([*rules.floor_cents, *rules.cap_cents, rules.daily_cap_cents]),
        "market": problem.market,
        "state": problem.state,
        "doubt": problem.doubt,
        "trust": problem.trust,
        "base": problem.base,
        "markets": source.market,
    }
    content = hashlib.sha256()
    for name, array in sorted(to_arrays(parts).items()):
        content.update(name.encode() + np.ascontiguousarray(array).tobytes())
    told = {"problem": content.hexdigest(), "total": rules.total, "pacing": list(rules.pacing)}
    told |= {"change_limit": rules.change_limit, "credit_days": problem.credit_days}
    told |= {f"env.{k}": v for k, v in env.model_dump().items()}
    told |= {f"agent.{k}": v for k, v in settings.model_dump().items() if k != "checkpoint"}
    return told | record.model_dump()


def require_same(path: Path, kept: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to continue the training of something else.

    Raises:
        ConfigError: naming the first thing that differs.
    """
    for name in now:
        if kept.get(name) != now[name]:
            raise ConfigError(
                f"{path}: a training with {name}={kept.get(name)!r}; here it is {now[name]!r}. "
                "Continue it as it began, or train in another folder."
            )
