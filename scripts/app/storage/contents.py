"""Folders that are named by the hash of their content, and moved into place whole."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from mediagym.data.errors import shown

from .errors import StoreError
from .records import StoredFile


def manifest(folder: Path) -> tuple[StoredFile, ...]:
    """Return the files of a folder, sorted by name.

    Raises:
        StoreError: there is none, or something in it is neither a folder nor a regular file.
    """
    files = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise StoreError(
                f"{shown(path.name)}: neither a file nor a folder. Allowed: regular files. "
                "To fix: leave it out."
            )
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            files.append(StoredFile(name, path.stat().st_size, _sha256(path)))
    if not files:
        raise StoreError("files: none was given. Allowed: one or more. To fix: choose a file.")
    return tuple(sorted(files, key=lambda file: file.name))


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def content_id(files: Iterable[StoredFile], *names: str) -> str:
    """Return 32 hex digits of the hash of files and of further names."""
    lines = [*names, *(f"{file.name}\0{file.sha256}" for file in files)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def keep(folder: Path, target: Path) -> None:
    """Move a folder to the place that its content names, whole; drop it if it is there already.

    Everything is on the disk before the rename. A folder of another file system is copied first.
    """
    if target.is_dir():
        shutil.rmtree(folder)
        os.utime(target)  # young again: whoever removes old leftovers leaves it alone
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_dev != target.parent.stat().st_dev:
        beside = target.parent / f".{target.name}.{os.getpid()}"
        shutil.copytree(folder, beside, dirs_exist_ok=True)
        shutil.rmtree(folder)
        folder = beside
    _flush(folder)
    try:
        folder.rename(target)
    except OSError:
        if not target.is_dir():  # else another process was quicker
            raise
        shutil.rmtree(folder)
    _flush_one(target.parent)


def _flush(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        _flush_one(path)


def _flush_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems cannot flush a folder
            os.fsync(handle)
    finally:
        os.close(handle)


def listed(files: Sequence[StoredFile]) -> list[list[str | int]]:
    """Return the files as JSON for the database."""
    return [[file.name, file.size, file.sha256] for file in files]


def unlisted(content: Iterable[tuple[str, int, str]]) -> tuple[StoredFile, ...]:
    """Return the files that `listed` wrote."""
    return tuple(StoredFile(*row) for row in content)
