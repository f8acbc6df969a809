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
_PARTS = ("base", "problem", "renamed", "advertisers", "jobs")  # no commands of their own
_PLACES = ("", "research.", "fuzzing.")  # of a command's module in `scripts`
_ELSEWHERE = {
    "advertisers_study": "research.advertisers",
    "fuzz_flights": "fuzzing.flights.constraint_sets",
    "fuzz_jobs": "fuzzing.durability.kill_server",
    "fuzz_landings": "fuzzing.landings.fuzz",
    "fuzz_requests": "fuzzing.requests.fuzz",
    "mutation": "fuzzing.mutation.mutants",
}
_REQUIRED = {"synthesize": ["path=synthetic"]}  # keys without a default


def commands() -> dict[str, Callable[[], None]]:
    """Entries of all commands by the name of their configuration."""
    names = sorted(path.stem for path in CONF.glob("*.yaml") if path.stem not in _PARTS)
    return {name: import_module(_module_of(name)).run for name in names}


def _module_of(name: str) -> str:
    """Module of the command of a configuration.

    Raises:
        RuntimeError: there is none; a command is not to be left out without a word.
    """
    places = [place + part for place in _PLACES for part in (name, name.removeprefix("fuzz_"))]
    for module in [_ELSEWHERE[name]] if name in _ELSEWHERE else places:
        if find_spec(f"mediagym.scripts.{module}") is not None:
            return f"mediagym.scripts.{module}"
    raise RuntimeError(f"conf/{name}.yaml: no command is known; name its module in _ELSEWHERE")


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
