"""Atomic writing and checked reading of JSON, npz and YAML files."""

import fcntl
import hashlib
import io
import json
import os
import re
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from .errors import ConfigError, DataError

ROOT = Path(__file__).resolve().parent.parent  # folder of data, envs, agents, conf, ...
CONF = ROOT / "conf"
SAMPLE = ROOT / "data" / "sample"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C, eight times as fast
_MAX_REASON = 400  # characters of what a library says of a damaged file, which may quote it
_LAUNCHER = ("defaults", "hydra")  # keys that only the command line launcher reads


def write_bytes(path: str | Path, content: bytes) -> Path:
    """Writes a file atomically and creates its folder if needed.

    The bytes go to a temporary file in the same folder (a rename is atomic only within one file
    system), are flushed to disk, and then replace any existing file of that name. A link to a
    regular file is itself replaced: the file that it led to, which may lie in another folder, keeps
    its content.

    Args:
        path: file to write.
        content: its whole content.

    Returns:
        The path.

    Raises:
        DataError: the path is not writable, or not `require_replaceable`; an existing file is left
            untouched.
    """
    target = Path(path)
    temporary: str | None = None
    require_replaceable(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(target)
        handle, temporary = _locked_temporary(target)
        with os.fdopen(handle, "wb") as stream:  # the lock is held until after the rename
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes files that only the owner reads
            os.replace(temporary, target)
    except OSError as error:
        raise DataError(
            f"{target}: cannot be written ({error.strerror or error}). Allowed: a path in "
            "a writable folder. To fix: choose another output folder or free the disk."
        ) from error
    finally:
        if temporary is not None:
            with suppress(OSError):  # absent once the rename has succeeded
                os.unlink(temporary)
    return target


def _locked_temporary(target: Path) -> tuple[int, str]:
    """A new temporary file beside the target, open and locked."""
    while True:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        fcntl.flock(handle, fcntl.LOCK_EX)  # waits for a process that looks whether it is stale
        if os.path.exists(name):  # else another process took it for stale before it was locked
            return handle, name
        os.close(handle)


def _remove_stale(target: Path) -> None:
    """Removes temporary files of the target whose process was killed: nobody holds their lock."""
    name = re.compile(re.escape(f".{target.name}.") + "[a-z0-9_]{8}")  # as `mkstemp` ends names
    for path in target.parent.iterdir():
        if not name.fullmatch(path.name):
            continue
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                if stat.S_ISREG(os.fstat(handle).st_mode):
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.unlink(path)
            finally:
                os.close(handle)


def require_replaceable(path: str | Path) -> None:
    """Raises unless a path is a regular file, a link to one, or a name that does not exist yet.

    Raises:
        DataError: the path is, or leads to, a folder, a device, a pipe or a socket; or it is a link
            that leads nowhere.
    """
    target, kind = Path(path), None
    try:
        mode = target.stat().st_mode
        kind = None if stat.S_ISREG(mode) else _kind_of(mode)
    except (FileNotFoundError, NotADirectoryError):
        if target.is_symlink():
            kind = "a link that leads nowhere"
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        kind = f"no usable path ({getattr(error, 'strerror', None) or error})"
    if kind is not None:
        raise DataError(
            f"{target}: cannot be written, it is {kind}. Allowed: a regular file, which is then "
            "replaced, or a name that does not exist yet. To fix: choose another output."
        )


def _kind_of(mode: int) -> str:
    """What a path is that is no regular file."""
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(mode), "no regular file")


def write_text(path: str | Path, content: str) -> Path:
    """Writes text as UTF-8 with its newlines unchanged; see `write_bytes`."""
    return write_bytes(path, content.encode("utf-8"))


def write_json(path: str | Path, content: Any) -> Path:
    """Writes standard JSON; see `write_bytes`.

    Raises:
        ValueError: the content has a NaN or an infinity, which JSON does not support.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    return write_text(path, text + "\n")


def read_json(path: str | Path) -> Any:
    """Parsed content of a JSON file.

    Raises:
        DataError: the file is absent, unreadable or not JSON.
    """
    file = Path(path)
    try:
        return json.loads(_content(file).decode("utf-8-sig"))
    except OSError as error:
        raise _unreadable(file, error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:  # ValueError also covers a wrong encoding
        raise _unreadable(file, f"not JSON: {error}") from error


def write_arrays(path: str | Path, arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Writes named arrays as one compressed npz file; see `write_bytes`."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **dict(arrays))  # type: ignore[arg-type]  # stub: allow_pickle
    return write_bytes(path, stream.getvalue())


def read_arrays(path: str | Path) -> dict[str, NDArray[Any]]:
    """Arrays of an npz file by name; pickled objects are refused.

    Raises:
        DataError: the file is absent, unreadable or not an npz archive.
    """
    file = Path(path)
    try:
        with np.load(io.BytesIO(_content(file)), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except OSError as error:
        raise _unreadable(file, error.strerror or str(error)) from error
    except Exception as error:  # damaged archives raise many types inside zipfile and numpy
        raise _unreadable(file, f"not an npz archive: {error}") from error


def _content(file: Path) -> bytes:
    """Content of a regular file; opening a pipe would wait for a writer that never comes."""
    mode = file.stat().st_mode
    if not stat.S_ISREG(mode):
        raise OSError(f"it is {_kind_of(mode)}")
    return file.read_bytes()


def _unreadable(path: Path, reason: str) -> DataError:
    why = " ".join(reason[:_MAX_REASON].split())
    return DataError(
        f"{path}: cannot be read ({why}). Allowed: a file that MediaGym wrote. To fix: check "
        "the path, or run the command that writes this file again."
    )


def _umask() -> int:
    """File mode mask of the process; setting it is the only way to read it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def digest(*parts: Any) -> str:
    """Short hash of JSON-serialisable content, used as the key of cached files.

    Raises:
        ConfigError: a number is not finite.
    """
    try:
        text = json.dumps(parts, sort_keys=True, allow_nan=False)
    except ValueError as error:
        raise ConfigError(
            f"configuration: a number is not finite ({error}). Allowed: finite numbers. To "
            "fix: look for nan or inf among the changed keys."
        ) from error
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def shipped_yaml(path: str) -> dict[str, Any]:
    """Content of a YAML file of ``conf``, given its path there without suffix (``agent/ppo``).

    Files named in ``defaults`` of a group's file belong to the same group and are merged first;
    ``/GROUP@KEY: NAME`` puts a file of another group under a key.
    """
    text = (CONF / f"{path}.yaml").read_text(encoding="utf-8")
    content = dict(_Loader(text).get_single_data())
    group, _, _ = path.rpartition("/")
    base: dict[str, Any] = {}
    for name in content.pop("defaults", []) if group else []:
        if isinstance(name, dict):
            (where, choice), *_ = name.items()
            other, _, key = where.removeprefix("/").partition("@")
            base[key] = shipped_yaml(f"{other}/{choice}")
        elif name != "_self_":
            base |= shipped_yaml(f"{group}/{name}")
    return _laid_over(base, {key: content[key] for key in content if key not in _LAUNCHER})


def _laid_over(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Mapping with the changes of some keys, at any depth, as the command line merges files."""
    merged = {**base, **changes}
    for key in base.keys() & changes.keys():
        if isinstance(base[key], dict) and isinstance(changes[key], dict):
            merged[key] = _laid_over(base[key], changes[key])
    return merged
