"""Processes that write a few files and are killed at a chosen moment of one of the writes."""

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mediagym.data.storage import write_arrays, write_json, write_text

from .faults import MOMENTS, install

NAMES = ("state.json", "arrays.npz", "table.csv")  # in the order in which they are written


class Crash(NamedTuple):
    """What was found after a crash."""

    name: str
    verdict: str  # ok, skipped or one of FAILURES
    reason: str = ""


def write_all(folder: Path, version: int) -> None:
    """Writes the files of a version, which differ from those of another in content and length."""
    write_json(folder / NAMES[0], {"version": version, "rows": list(range(300 * version))})
    write_arrays(folder / NAMES[1], {"values": np.arange(500 * version) * 1.5})
    write_text(folder / NAMES[2], f"day,spend\n2025-01-01,{version}\n" * 40 * version)


def contents_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder by their path in it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def killed_writer(number: int) -> Crash:
    """Kills a process that replaces old files by new ones, and looks at what it left.

    The moment and the file follow from the number: every pair has its turn.
    """
    moment = MOMENTS[number % len(MOMENTS)]
    at = number // len(MOMENTS) % len(NAMES)  # index of the file whose write is not finished
    name = f"writer {NAMES[at]} {moment}"
    with tempfile.TemporaryDirectory() as root:
        folders = [Path(root) / each for each in ("old", "new", "killed")]
        write_all(folders[0], 1)
        write_all(folders[1], 2)
        write_all(folders[2], 1)
        old, new = contents_of(folders[0]), contents_of(folders[1])
        _die_writing(folders[2], moment, at + 1)
        left = contents_of(folders[2])
        done = at + (moment == "after_rename")
        for index, file in enumerate(NAMES):
            if left[file] != (new if index < done else old)[file]:
                return Crash(name, "torn", f"{file} is not whole, or not the one expected")
        write_all(folders[2], 2)
        return compared(name, contents_of(folders[2]), new)


def compared(name: str, found: dict[str, bytes], expected: dict[str, bytes]) -> Crash:
    """Verdict on the files after the next run."""
    extra = sorted(set(found) - set(expected))
    for file, content in expected.items():
        if found.get(file) != content:
            return Crash(name, "differs", f"{file} differs after the next run")
    return Crash(name, "stray", f"{extra[0]} remains") if extra else Crash(name, "ok")


def _die_writing(folder: Path, moment: str, number: int) -> None:
    child = os.fork()
    if child == 0:
        try:
            install(moment, number)
            write_all(folder, 2)
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError(f"no death {moment} of write {number}")
