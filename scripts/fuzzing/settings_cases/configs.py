"""The configurations of all commands, their keys, and a configuration with one key changed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from mediagym.data.storage import CONF
from mediagym.scripts.cli import to_plain_dict

from .values import MISSING, UNKNOWN, VALUES

Path = tuple[str | int, ...]  # keys and positions from the top of a configuration
_PARTS = ("base", "problem", "renamed")  # no configurations of their own
_ELSEWHERE = {
    "fuzz_flights": "mediagym.scripts.fuzzing.flights.constraint_sets",
    "mutation": "mediagym.scripts.fuzzing.mutation.mutants",
}
_REQUIRED = {"synthesize": ["path=synthetic"]}  # keys without a default


def commands() -> dict[str, Callable[[], None]]:
    """Entries of all commands by the name of their configuration."""
    names = sorted(path.stem for path in CONF.glob("*.yaml") if path.stem not in _PARTS)
    entries = {}
    for name in names:
        module = _ELSEWHERE.get(name, f"mediagym.scripts.{name}")
        if find_spec(module) is None:
            module = f"mediagym.scripts.fuzzing.{name.removeprefix('fuzz_')}"
        if find_spec(module) is not None:
            entries[name] = import_module(module).run
    return entries


def composed(name: str) -> dict[str, Any]:
    """The configuration of a command as Hydra composes it, as plain containers."""
    running = GlobalHydra.instance().is_initialized()
    context = nullcontext() if running else initialize_config_dir(str(CONF), version_base="1.3")
    with context:
        return to_plain_dict(compose(name, overrides=_REQUIRED.get(name, [])))


def keys_of(config: Any, above: Path = ()) -> Iterator[Path]:
    """All keys of a configuration, groups and leaves, and the first item of each list."""
    if isinstance(config, Mapping):
        for key, value in config.items():
            yield (*above, key)
            yield from keys_of(value, (*above, key))
    elif isinstance(config, list) and config:
        yield (*above, 0)
        yield from keys_of(config[0], (*above, 0))


def changed(config: Any, path: Path, name: str) -> Any:
    """The configuration with a hostile value at a key; only what leads there is copied."""
    key, *rest = path
    copy: Any = dict(config) if isinstance(config, Mapping) else list(config)
    if rest:
        copy[key] = changed(config[key], tuple(rest), name)
    elif name == MISSING:
        del copy[key]
    elif name == UNKNOWN and isinstance(copy, dict):
        copy[f"{key}x"] = copy[key]
    elif name == UNKNOWN:
        copy.append(copy[key])
    else:
        copy[key] = VALUES[name]()
    return copy
