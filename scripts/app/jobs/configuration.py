"""From the body of a request to the configuration of a command."""

import difflib
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from copy import deepcopy
from functools import lru_cache
from typing import Any

from mediagym.data.errors import ConfigError, shown
from mediagym.data.settings import given_text, require_plain
from mediagym.data.storage import CONF, shipped_yaml

_SERVER_KEYS = frozenset(  # paths and resources, which are the server's to choose
    {
        "agent.start",
        "cache",
        "calibration.calendar.events",
        "constraints.file",
        "data.groups",
        "data.older_export",
        "data.path",
        "objective.attribution",
        "output",
        "priors.journeys.attribution",
        "threads",
    }
)
_KIND_KEYS = {  # further ones of single kinds
    "plan": frozenset({"frontier_only", "policy"}),  # the latter is the folder of a training run
    "frontier": frozenset(
        {
            "baselines",
            "export",
            "export_mapping",
            "frontier_only",
            "page",
            "policy",
            "seed",
        }
    ),
}
_COMMANDS = {"frontier": "plan"}  # of kinds that are not named after theirs
_composing = threading.Lock()  # Hydra keeps its state in a global


def command_of(kind: str) -> str:
    """Return the name of the command, and of its YAML file, that jobs of a kind run."""
    return _COMMANDS.get(kind, kind)


def is_server_key(kind: str, key: str) -> bool:
    """Return True for a dotted key that requests of a kind must leave alone."""
    return key in _SERVER_KEYS or key in _KIND_KEYS.get(kind, ())


def configuration_of(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a command with the body of a request laid over it.

    A group, such as ``agent``, may be named (``"follow"``) or given by its keys, of which ``name``
    chooses among the shipped files. Texts are never read as references to other keys.

    Args:
        kind: name of the kind of job.
        body: keys of the command's YAML file that differ.

    Raises:
        ConfigError: a key is unknown or the server's own, or a value is no JSON that settings take.
    """
    if not isinstance(body, Mapping):
        raise ConfigError(f"body: {given_text(body)} was given. Allowed: an object of keys.")
    require_plain(body, "configuration")
    _require_allowed(kind, body, "")
    command = command_of(kind)
    shipped = composed(command, ())
    choices = [
        (key, choice)
        for key, value in body.items()
        if isinstance(shipped.get(key), dict) and (choice := _choice(key, value)) is not None
    ]
    base = deepcopy(composed(command, tuple(sorted(choices))))
    base = _laid_over(kind, base, shipped_yaml("jobs").get(kind, {}), "")
    exported = list(base.get("export") or [])
    named = {key for key, _ in choices if isinstance(body[key], str)}
    given = {key: value for key, value in body.items() if key not in named}
    config = _laid_over(kind, base, given, "")
    if isinstance(body.get("export"), list):
        config["export"] = [*exported, *body["export"]]
    return config


def _require_allowed(kind: str, group: Mapping[str, Any], prefix: str) -> None:
    for key, value in group.items():
        dotted = f"{prefix}{key}"
        if is_server_key(kind, dotted):
            raise ConfigError(
                f"{dotted}: {given_text(value)} was given. Allowed: nothing, as the server sets "
                "this key. To fix: leave it out."
            )
        if isinstance(value, Mapping) and dotted.count(".") < 2:
            _require_allowed(kind, value, f"{dotted}.")


def _choice(key: str, value: Any) -> str | None:
    """Return the file of a group that a value chooses, if it does.

    Raises:
        ConfigError: there is no such file.
    """
    allowed = sorted(path.stem for path in (CONF / key).glob("*.yaml"))
    name = value.get("name") if isinstance(value, Mapping) else value
    if isinstance(value, str) and value not in allowed:
        raise ConfigError(
            f"{key}: {shown(value)} was given. Allowed: {', '.join(allowed) or 'an object'}. "
            "To fix: choose one of them."
        )
    return name if isinstance(name, str) and name in allowed else None


@lru_cache(maxsize=64)
def composed(kind: str, choices: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return a command's shipped configuration with some groups chosen, not to be changed.

    Raises:
        ConfigError: the command has no such group to choose.
    """
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException

    from mediagym.scripts.cli import to_plain_dict  # heavy: it brings torch

    overrides = [f"{key}={choice}" for key, choice in choices]
    with _composing:
        running = GlobalHydra.instance().is_initialized()  # the server is a command itself
        try:
            with nullcontext() if running else initialize_config_dir(str(CONF), version_base="1.3"):
                return to_plain_dict(compose(kind, overrides=overrides))
        except HydraException as error:
            keys = ", ".join(key for key, _ in choices)
            raise ConfigError(
                f"{keys}: {kind} cannot choose this ({str(error).splitlines()[0][:200]}). To fix: "
                "leave it out, or give single keys of it."
            ) from None


def _laid_over(
    kind: str, base: dict[str, Any], changes: Mapping[str, Any], prefix: str
) -> dict[str, Any]:
    """Return a mapping with changes at any depth; unknown keys below the top are left to records.

    Raises:
        ConfigError: a key of the top is unknown.
    """
    for key, value in changes.items():
        if key not in base and not prefix:
            allowed = sorted(name for name in base if not is_server_key(kind, name))
            near = difflib.get_close_matches(key, allowed, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigError(
                f"{key if key.isidentifier() else shown(key)}: unknown key. Allowed: "
                f"{', '.join(allowed)}.{hint} To fix: rename it or leave it out."
            )
        before = base.get(key)
        if isinstance(before, dict) and isinstance(value, Mapping):
            base[key] = _laid_over(kind, before, value, f"{prefix}{key}.")
        elif isinstance(before, dict) and not prefix and before:
            raise ConfigError(
                f"{key}: {given_text(value)} was given. Allowed: an object of keys. To fix: give "
                "the keys that differ, or leave it out."
            )
        else:
            base[key] = deepcopy(value)
    return base
