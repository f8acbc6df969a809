"""Policies by the name of a user's factory: ``package.module:factory`` or ``file.py:factory``.

It is the user's own code, imported from the current folder or from what is installed; nothing is
unpickled here.
"""

import sys
from collections.abc import Callable
from difflib import get_close_matches
from hashlib import sha256
from importlib import import_module, invalidate_caches
from importlib.util import module_from_spec, spec_from_file_location
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

from ...data.errors import ConfigError, shown
from .adapter import ExternalPolicy, blamed, external_policies
from .description import TaskDescription

Factory = Callable[[TaskDescription], Any]


def names_factory(name: str) -> bool:
    """Return True if a policy's name is that of a factory: it has a colon, and is no path."""
    return ":" in name and not Path(name).exists()


def made_by(name: str, task: TaskDescription) -> tuple[ExternalPolicy, ...]:
    """Return the policies that a factory makes, one per training seed.

    Args:
        name: name of the factory, as in ``load_factory``.
        task: description of the experiment; the factory's one argument.

    Raises:
        ConfigError: if the factory cannot be imported, fails, or returns no policy.
    """
    factory = load_factory(name)
    with blamed(f"policy {shown(name)}: the factory"):
        made = factory(task)
    return external_policies(short_name(name), made, task)


def load_factory(name: str) -> Factory:
    """Import a factory.

    Args:
        name: ``package.module:factory``, imported from the current folder or from what is
            installed; or ``path/to/file.py:factory``.

    Raises:
        ConfigError: if there is no such module, file or attribute, if the import fails, or if
            the attribute cannot be called.
    """
    place, _, attribute = name.rpartition(":")
    module = _from_file(name, Path(place)) if place.endswith(".py") else _imported(name, place)
    try:
        factory = attrgetter(attribute)(module)
    except AttributeError:
        known = [key for key, value in vars(module).items() if key[0] != "_" and callable(value)]
        near = get_close_matches(attribute, known, n=1)
        hint = f" Did you mean {shown(near[0])}?" if near else ""
        raise ConfigError(
            f"policy {shown(name)}: {getattr(module, '__file__', place)} has no "
            f"{shown(attribute)}. Allowed: a function or class at its top level.{hint} To fix: "
            "correct the name after the colon."
        ) from None
    if not callable(factory):
        raise ConfigError(
            f"policy {shown(name)}: an object of type {type(factory).__name__} was found. Allowed: "
            "a function of the task's description that returns a policy. To fix: name the function."
        )
    return factory  # type: ignore[no-any-return]


def short_name(name: str) -> str:
    """Return the name of a factory in tables: without the folders of its file."""
    place, _, attribute = name.rpartition(":")
    return f"{Path(place).stem}:{attribute}" if place.endswith(".py") else name


def _imported(name: str, place: str) -> ModuleType:
    """Return a module of the current folder, or an installed one."""
    here = str(Path.cwd())
    if sys.path[0] != here:  # before the folder of the running command, whose files are not meant
        sys.path.insert(0, here)
    invalidate_caches()  # the file may be younger than the last look into its folder
    parts = place.split(".")
    if not all(part.isidentifier() for part in parts):
        raise _not_found(name, place)
    with blamed(f"policy {shown(name)}: importing {place}"):
        try:
            return import_module(place)
        except ModuleNotFoundError as error:
            if error.name in {".".join(parts[: k + 1]) for k in range(len(parts))}:
                raise _not_found(name, place) from None
            raise


def _from_file(name: str, path: Path) -> ModuleType:
    """Return the module of a file, read anew if the file was changed."""
    if not path.is_file():
        raise ConfigError(
            f"policy {shown(name)}: there is no file {shown(path)}. Allowed: "
            "path/to/file.py:factory. To fix: check the path before the colon."
        )
    key = f"{path.resolve()}, {path.stat().st_mtime_ns}"
    label = f"mediagym_policy_{sha256(key.encode()).hexdigest()[:16]}"
    if label in sys.modules:
        return sys.modules[label]
    spec = spec_from_file_location(label, path)
    assert spec is not None  # noqa: S101  # the suffix is .py
    assert spec.loader is not None  # noqa: S101
    module = sys.modules[label] = module_from_spec(spec)
    folder = str(path.resolve().parent)
    if folder not in sys.path:  # the file imports its neighbours as a script does
        sys.path.insert(0, folder)
    try:
        with blamed(f"policy {shown(name)}: importing {path}"):
            spec.loader.exec_module(module)
    except BaseException:  # half of a module is none
        del sys.modules[label]
        raise
    return module


def _not_found(name: str, place: str) -> ConfigError:
    return ConfigError(
        f"policy {shown(name)}: there is no module {shown(place)} in this folder or among what is "
        "installed. Allowed: package.module:factory or path/to/file.py:factory. To fix: run in the "
        "folder of the module, install it, or give the path of its file."
    )
