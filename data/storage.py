"""Files written whole or not at all: a reader never meets half a result."""

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from .errors import ConfigError, DataError

ROOT = Path(__file__).resolve().parent.parent  # of the package: data, envs, agents, conf, ...
CONF = ROOT / "conf"
SAMPLE = ROOT / "data" / "sample"
_LAUNCHER = ("defaults", "hydra")  # keys that only the launcher reads


def write_bytes(path: str | Path, content: bytes) -> Path:
    """Writes a file atomically, making its folder when needed.

    The bytes go to a temporary file in the same folder (a rename is atomic only inside one file
    system), reach the disk, and then take the place of whatever had the name.

    Args:
        path: where the file goes.
        content: all of it.

    Returns:
        The path written.

    Raises:
        DataError: the place cannot be written to; what was there before is untouched.
    """
    target = Path(path)
    temporary: str | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes files that only the owner reads
        os.replace(temporary, target)
    except OSError as error:
        raise DataError(
            f"{target}: cannot be written ({error.strerror or error}). Allowed: a file in a folder "
            "that may be written to. To fix: choose another output folder or free the disk."
        ) from error
    finally:
        if temporary is not None:
            with suppress(OSError):  # gone already when the rename succeeded
                os.unlink(temporary)
    return target


def write_text(path: str | Path, content: str) -> Path:
    """Writes text as UTF-8 with the newlines it has; see `write_bytes`."""
    return write_bytes(path, content.encode("utf-8"))


def write_json(path: str | Path, content: Any) -> Path:
    """Writes JSON that any parser reads; see `write_bytes`.

    Raises:
        ValueError: the content holds a NaN or an infinity, which JSON does not know.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    return write_text(path, text + "\n")


def read_json(path: str | Path) -> Any:
    """Reads a JSON file.

    Raises:
        DataError: the file is absent, unreadable or not JSON.
    """
    source = Path(path)
    try:
        return json.loads(source.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise _unreadable(source, error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:  # also covers a wrong encoding
        raise _unreadable(source, f"not JSON: {error}") from error


def write_arrays(path: str | Path, arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Writes named arrays as one compressed npz file; see `write_bytes`."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **dict(arrays))  # type: ignore[arg-type]  # stub: allow_pickle
    return write_bytes(path, stream.getvalue())


def read_arrays(path: str | Path) -> dict[str, NDArray[Any]]:
    """Reads the named arrays of an npz file; nothing in it is ever executed.

    Raises:
        DataError: the file is absent, unreadable or not such an archive.
    """
    source = Path(path)
    try:
        with np.load(io.BytesIO(source.read_bytes()), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except OSError as error:
        raise _unreadable(source, error.strerror or str(error)) from error
    except Exception as error:  # a damaged archive fails in many ways inside zipfile and numpy
        raise _unreadable(source, f"not an npz archive: {error}") from error


def _unreadable(path: Path, why: str) -> DataError:
    return DataError(
        f"{path}: cannot be read ({' '.join(why.split())}). Allowed: a file that MediaGym wrote. "
        "To fix: check the path, or run the command that writes this file again."
    )


def _umask() -> int:
    """The process's file mode mask; there is no way to ask for it but to set it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def digest(*parts: Any) -> str:
    """Returns a short key of JSON-able content, for files that are kept by content.

    Raises:
        ConfigError: a number is not finite.
    """
    try:
        text = json.dumps(parts, sort_keys=True, allow_nan=False)
    except ValueError as error:
        raise ConfigError(
            f"configuration: a number is not finite ({error}). Allowed: finite numbers. To "
            "fix: look for nan or inf among the keys that were changed."
        ) from error
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def shipped_yaml(path: str) -> dict[str, Any]:
    """Return a YAML of ``conf`` by its path there without a suffix, such as ``agent/ppo``.

    Names in ``defaults`` of a group's file are files of the same group, which it changes.
    """
    content = dict(yaml.safe_load((CONF / f"{path}.yaml").read_text(encoding="utf-8")))
    group, _, _ = path.rpartition("/")
    base: dict[str, Any] = {}
    for name in content.pop("defaults", []) if group else []:
        base |= {} if name == "_self_" else shipped_yaml(f"{group}/{name}")
    return base | {key: value for key, value in content.items() if key not in _LAUNCHER}
