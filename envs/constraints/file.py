"""A file of constraints, `constraints.file`: read as strict YAML and laid over the settings."""

import difflib
import stat
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ...data.errors import ConfigError, shown
from ...data.storage import shipped_yaml

_MAX_BYTES = 1 << 20  # a thousand campaigns take less than a tenth of it
_NODES = ("channel", "campaign")  # keys that hold a node's keys
_NAMED = ("channels", "campaigns")  # keys that hold nodes by name


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses a key given twice, and aliases."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases are not read", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            mark = (key.tag, str(key.value))
            if mark in seen:
                problem = f"the key {shown(key.value)} is given twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(mark)
        return super().construct_mapping(node, deep)


def with_file(group: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Settings with the keys of their file laid over them, and no file.

    Args:
        group: keys and values of `conf/constraints`, `file` a path or None.

    Returns:
        The settings, and how messages about keys of the file begin.

    Raises:
        ConfigError: names the file, and the key that is unknown, not allowed, or also given
            outside of the file with another value.
    """
    path, allowed = group["file"], [key for key in group if key != "file"]
    if not isinstance(path, str | Path) or not str(path):
        raise ConfigError(
            f"constraints.file: {shown(path)} was given. Allowed: the path of a YAML file, or "
            "null. To fix: give the path, constraints.file=constraints.yaml."
        )
    content = _content(Path(path), allowed)
    shipped = shipped_yaml("constraints/default")
    merged: dict[str, Any] = {**group, "file": None}
    for key, value in content.items():
        merged[key] = _laid_over(group[key], value, shipped.get(key), (key,), Path(path))
    return merged, tuple(_beginnings(content))


def file_error(file: str, problem: str, allowed: str, fix: str) -> ConfigError:
    """Error about a file of constraints, on one line."""
    text = f"constraints.file: {file}: {problem}. Allowed: {allowed}. To fix: {fix}."
    return ConfigError(" ".join("".join(c if c.isprintable() else " " for c in text).split()))


def _content(path: Path, allowed: list[str]) -> dict[str, Any]:
    """Keys and values of a file."""
    content = _yaml(path, _text(path))
    if content is None:
        return {}
    if not isinstance(content, dict):
        fix = "write one key per line, such as `total: 150000`"
        raise file_error(str(path), "it holds no keys", f"the keys {', '.join(allowed)}", fix)
    for key in content:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            fix = f"did you mean {near[0]!r}?" if near else "remove it"
            if key == "constraints":
                fix = "write its keys without it, at the left margin"
            raise file_error(str(path), f"unknown key {shown(key)}", ", ".join(allowed), fix)
    return content


def _text(path: Path) -> str:
    """Text of a regular file within the size limit."""
    allowed = f"a YAML file in UTF-8 of up to {_MAX_BYTES >> 20} MB"
    fix = "give the path of such a file, relative to the working directory"
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise file_error(str(path), "it is not a regular file", allowed, fix)
        if status.st_size > _MAX_BYTES:
            raise file_error(str(path), f"it has {status.st_size} bytes", allowed, fix)
        return path.read_bytes()[: _MAX_BYTES + 1].decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
        raise file_error(str(path), f"it cannot be read ({reason})", allowed, fix) from None
    except ValueError:  # not UTF-8, or a path with a null character
        raise file_error(str(path), "it is not text in UTF-8", allowed, fix) from None


def _yaml(path: Path, text: str) -> Any:
    """Content of a YAML document with plain values."""
    try:
        return _Loader(text).get_single_data()
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f" in row {mark.line + 1}"
        reason = getattr(error, "problem", None) or str(error)
        raise file_error(
            str(path),
            f"it is not valid YAML{place} ({reason})",
            "one `key: value` per line, each key once",
            'correct that row; names with : # & or quotes stand in double quotes, "a: b"',
        ) from None


def _laid_over(given: Any, value: Any, shipped: Any, where: tuple[str, ...], path: Path) -> Any:
    """Value of a file in the place of a setting; mappings are laid over each other."""
    if isinstance(value, Mapping) and where[0] in (*_NODES, *_NAMED):
        leaves = len(where) == (2 if where[0] in _NAMED else 1)  # keys of one channel or campaign
        value = _named(value) if leaves else value
        below: Any = dict(given) if isinstance(given, Mapping) else {}
        if leaves:
            below = _named(below)
        default = shipped if isinstance(shipped, Mapping) else {}
        if given is None or isinstance(given, Mapping):
            return below | {
                key: _laid_over(below.get(key), inner, default.get(key), (*where, str(key)), path)
                for key, inner in value.items()
            }
    if given not in (shipped, value):
        key = ".".join(where)
        raise file_error(
            str(path),
            f"it says {key}: {shown(value)}, and constraints.{key}={given} was given too",
            "each key in one place",
            "leave one of them out",
        )
    return value


def _named(keys: Mapping[Any, Any]) -> dict[Any, Any]:
    """Keys of a node, with the `off` that YAML reads as false."""
    return {"off" if key is False else key: value for key, value in keys.items()}


def _beginnings(content: Mapping[str, Any]) -> Iterator[str]:
    """Beginnings of the errors about a file's keys, with the names as they are written."""
    for path, value in _keys(content):
        where, name = ".".join(("constraints", *path[:-1])), shown(path[-1])
        yield from (f"{where}: {name} ", f"{where}: unknown key {name}.")
        if not isinstance(value, Mapping):
            yield f"{where}.{path[-1]}: "


def _keys(content: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Paths and values of all keys of a file."""
    for key, value in content.items():
        yield (key,), value
        if not isinstance(value, Mapping) or key not in (*_NODES, *_NAMED):
            continue
        for name, inner in (_named(value) if key in _NODES else value).items():
            yield (key, str(name)), inner
            if key in _NAMED and isinstance(inner, Mapping):
                yield from (((key, str(name), leaf), v) for leaf, v in _named(inner).items())
