"""Cached results: entries that are checked before they are believed, and made anew otherwise.

An entry carries a seal: what it is of, the version of the method that made it, and a SHA-256 of its
content. The seal finds damage, edits and entries of other versions; it is no signature. Files are
written atomically, so that two processes may share a cache.
"""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from .errors import DataError
from .storage import read_arrays, read_json, write_arrays, write_json

Arrays = dict[str, NDArray[Any]]
Shapes = Mapping[str, tuple[int, ...]]
_SEAL = "seal"  # array of an npz entry that holds its seal
_SEAL_FILE = "seal.json"  # file of a folder entry that holds its seal
_listener: ContextVar[Callable[[Path], None] | None] = ContextVar("listener", default=None)


@contextmanager
def uses_heard(hear: Callable[[Path], None]) -> Iterator[None]:
    """Context in which a function is called with the path of each entry that is read or written.

    It hears of those of its own thread alone, some more than once, after they have been sealed.
    """
    before = _listener.set(hear)
    try:
        yield
    finally:
        _listener.reset(before)


@dataclass(frozen=True)
class Entry:
    """One entry of a cache: an npz file of named arrays, or a folder of files."""

    path: Path  # the npz file or the folder
    key: str  # what the content is of; an entry under another name is not believed
    version: int  # version of the method that makes the content

    def arrays(self, shapes: Shapes) -> Arrays | None:
        """Return the arrays of an npz entry; None if there is none, or if it fails its check.

        A failed check is printed.

        Args:
            shapes: the arrays that the entry must have, and their shapes.

        Raises:
            DataError: the cache belongs to another user, who lets nobody read it.
        """
        if not _present(self.path):
            return None
        try:
            arrays = read_arrays(self.path)
            seal = json.loads(str(arrays.pop(_SEAL)))
        except KeyError:
            fault: str | None = "it has no seal"
        except (DataError, ValueError, RecursionError):
            fault = "it cannot be read"
        else:
            digests = {name: _sha256_of(array) for name, array in arrays.items()}
            fault = self._fault(seal, digests)
            if {name: array.shape for name, array in arrays.items()} != dict(shapes):
                fault = fault or "its arrays are not those expected"
        if fault is None:
            self._say_use()
            return arrays
        self._refuse(fault)
        return None

    def write_arrays(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write an npz entry, with its seal.

        Raises:
            DataError: the file cannot be written.
        """
        seal = self._seal({name: _sha256_of(array) for name, array in arrays.items()})
        write_arrays(self.path, {**arrays, _SEAL: np.array(json.dumps(seal))})
        self._say_use()

    def keep_arrays(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write an npz entry, with its seal; print a note if it cannot be written."""
        try:
            self.write_arrays(arrays)
        except DataError as error:
            note(f"{error} The result is right, but it is computed again the next time.")

    def files_sound(self, names: Sequence[str]) -> bool:
        """Return whether a folder entry is there and passes its check; print a failed check.

        Raises:
            DataError: the cache belongs to another user, who lets nobody read it.
        """
        if not any(_present(self.path / name) for name in (*names, _SEAL_FILE)):
            return False
        try:
            digests = {name: _sha256_of_file(self.path / name) for name in names}
            if not _present(self.path / _SEAL_FILE):
                self._refuse("it has no seal")
                return False
            seal = read_json(self.path / _SEAL_FILE)
        except (DataError, OSError) as error:
            self._refuse("a file cannot be read" if isinstance(error, DataError) else str(error))
            return False
        fault = self._fault(seal, digests)
        if fault is not None:
            self._refuse(fault)
            return False
        self._say_use()
        return True

    def seal_files(self, names: Sequence[str]) -> None:
        """Write the seal of a folder entry, after its files."""
        digests = {name: _sha256_of_file(self.path / name) for name in names}
        write_json(self.path / _SEAL_FILE, self._seal(digests))
        self._say_use()

    def _say_use(self) -> None:
        if (hear := _listener.get()) is not None:
            hear(self.path)

    def _seal(self, digests: Mapping[str, str]) -> dict[str, Any]:
        return {"key": self.key, "version": self.version, "sha256": dict(digests)}

    def _fault(self, seal: Any, digests: Mapping[str, str]) -> str | None:
        """What is wrong with a seal, given the SHA-256 of each part; None if nothing is."""
        if not isinstance(seal, dict):
            return "its seal is damaged"
        if seal.get("version") != self.version:
            return "another version of the method made it"
        if seal.get("key") != self.key:
            return "it is another entry's"
        if seal != self._seal(digests):
            return "its content is not what was written"
        return None

    def _refuse(self, reason: str) -> None:
        note(f"cache entry {self.path}: {reason}; it is made anew.")


def require_writable(folder: Path) -> None:
    """Create the folder of a cache, and a file in it for a moment, before anything slow is done.

    Raises:
        DataError: nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DataError(
            f"cache={folder}: cannot be written ({error.strerror or error}). Allowed: a folder "
            "that you may write, or a name that does not exist yet. To fix: set cache=FOLDER to "
            "one of your own."
        ) from None


def note(line: str) -> None:
    """Print a note on stderr; control characters are replaced by spaces."""
    print("note:", "".join(c if c.isprintable() else " " for c in line), file=sys.stderr)


def user_cache() -> Path | None:
    """Return MediaGym's folder in the user's cache folder; None if the user has none.

    Without a home folder there is none, and neither is one taken from the database of users: a
    process without HOME is often a service that must not write there.
    """
    variables = ("HOME", "XDG_CACHE_HOME")
    if os.name == "posix" and not any(os.environ.get(name) for name in variables):
        return None
    folder = Path(platformdirs.user_cache_dir("mediagym", appauthor=False))
    return folder if folder.is_absolute() else None


def _present(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except PermissionError as error:
        raise DataError(
            f"{path}: cannot be looked at ({error.strerror}): the cache belongs to another user. "
            "Allowed: a cache that you may read and write. To fix: set cache=FOLDER to one of your "
            "own."
        ) from None


def _sha256_of(array: NDArray[Any]) -> str:
    """SHA-256 of an array: its type, shape and values."""
    digest = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _sha256_of_file(path: Path) -> str:
    if not path.is_file():  # a pipe would wait for a writer
        raise FileNotFoundError(f"it lacks {path.name}")
    return hashlib.sha256(path.read_bytes()).hexdigest()
