"""The folder of a training run and the configuration it is resumed from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...data.errors import ConfigError
from ...data.storage import read_json, write_json
from .config import TrainCommand

_CONFIG = "run.json"
_FOLDERS = ("cache", "references_dir")  # folders that a run writes to beside its own


def resumable(folder: str | Path) -> bool:
    """Return whether a folder is that of a training run."""
    return (Path(folder) / _CONFIG).is_file()


def configured(config: Mapping[str, Any], given: list[str]) -> dict[str, Any]:
    """Return a run's configuration: the given one, or the stored one if a run is resumed.

    A resumed run writes into its own folder alone, wherever its stored configuration points: its
    cache is there, and it joins no reference policies. Overrides of these folders are obeyed.

    Args:
        config: plain containers, as the command line composes them.
        given: overrides on the command line.

    Raises:
        ConfigError: if there is no such run, or overrides would change its keys.
    """
    if config.get("resume") is None:
        return dict(config)
    if not isinstance(config["resume"], str | Path):
        kind = type(config["resume"]).__name__
        raise ConfigError(
            f"resume: a {kind} was given. Allowed: the folder of a training run. To fix: "
            "correct it, or leave it out."
        )
    resumed = Path(config["resume"])
    if not resumable(resumed):
        raise ConfigError(
            f"resume: {str(resumed)!r} holds no training run ({_CONFIG}); give the folder of a run "
            "of scripts/train.py."
        )
    own = ("resume", *_FOLDERS)
    others = [word for word in given if word.partition("=")[0] not in own]
    if others:
        raise ConfigError(
            f"resume: {others[0]!r} was given too; a run goes on as it began. Leave it out, or "
            "start a new run."
        )
    stored = read_json(resumed / _CONFIG)
    if not isinstance(stored, dict):
        raise ConfigError(
            f"resume: {str(resumed / _CONFIG)!r} is not a configuration. Allowed: a file that "
            "scripts/train.py wrote. To fix: start a new run."
        )
    overridden = [word.partition("=")[0] for word in given]
    folders = {"cache": str(resumed / "cache"), "references_dir": None}
    chosen = {key: config[key] for key in _FOLDERS if key in overridden}
    return {**stored, **folders, **chosen}


def same_but_seed(folder: str | Path) -> str | None:
    """Return what two runs that differ in their seed alone have in common; None: it is not known.

    Where a run's files lie makes no difference.
    """
    if not resumable(folder):
        return None
    stored = read_json(Path(folder) / _CONFIG)
    if not isinstance(stored, dict):
        return None
    kept = {k: v for k, v in stored.items() if k not in ("seed", "resume", *_FOLDERS)}
    return json.dumps(kept, sort_keys=True)


def keep_configuration(folder: Path, options: TrainCommand) -> None:
    """Write the options of a run into its folder, from which it can then be resumed."""
    content = options.model_dump(mode="json")
    write_json(folder / _CONFIG, {**content.pop("experiment"), **content})
