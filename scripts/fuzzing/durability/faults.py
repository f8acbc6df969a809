"""Death at a chosen moment of a chosen write: the process kills itself there with SIGKILL.

`data.storage` knows nothing of it; what it calls of `os` is replaced in the process that shall die.
"""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

FAULT = "MEDIAGYM_FUZZ_FAULT"  # environment variable "moment:number", read by `main` alone
MOMENTS = (
    "before_write",
    "half_way",
    "before_fsync",
    "after_fsync",
    "before_rename",
    "after_rename",
)


class _Stream:
    """A file that dies before its content, or half-way."""

    def __init__(self, stream: Any, moment: str) -> None:
        self._stream, self._moment = stream, moment

    def __enter__(self) -> "_Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, content: bytes) -> int:
        """Writes all of it, a half, or nothing."""
        if self._moment == "before_write":
            _die()
        if self._moment == "half_way":
            self._stream.write(content[: len(content) // 2])
            self._stream.flush()
            _die()
        return int(self._stream.write(content))


def install(moment: str, number: int) -> None:
    """Makes this process die in one of its writes.

    Args:
        moment: one of `MOMENTS`.
        number: of the write, counted from 1.
    """
    fdopen, fsync, replace = os.fdopen, os.fsync, os.replace
    writes, armed = 0, False

    def open_(handle: int, mode: str = "r", *args: Any, **options: Any) -> Any:
        nonlocal writes, armed
        stream = fdopen(handle, mode, *args, **options)
        writes += mode == "wb"
        armed = writes == number
        return _Stream(stream, moment) if armed and mode == "wb" else stream

    def fsync_(handle: int) -> None:
        if armed and moment == "before_fsync":
            _die()
        fsync(handle)
        if armed and moment == "after_fsync":
            _die()

    def replace_(source: Any, target: Any, **options: Any) -> None:
        if armed and moment == "before_rename":
            _die()
        replace(source, target, **options)
        if armed and moment == "after_rename":
            _die()

    os.fdopen, os.fsync, os.replace = open_, fsync_, replace_  # type: ignore[assignment]


def main(words: Sequence[str] | None = None) -> None:
    """Runs a command of MediaGym with the fault that the environment names, if it names one.

    Args:
        words: name of the command and its overrides; those of the command line if None.
    """
    name, *overrides = sys.argv[1:] if words is None else words
    if fault := os.environ.get(FAULT):
        moment, _, number = fault.partition(":")
        install(moment, int(number))
    sys.argv = [f"{name}.py", *overrides]
    import_module(f"mediagym.scripts.{name}").run()


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError  # SIGKILL does not return
