"""The reader in a process of its own, which may hang or run out of memory alone."""

import importlib
import json
import os
import resource
import select
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from .export import METRICS

Status = Literal["read", "refused", "traceback", "memory", "hang", "died"]
Read = Callable[[Path], tuple[dict[str, tuple[float, ...]], tuple[str, ...]]]
_START_SECONDS = 120.0  # until the imports are done


class Answer(NamedTuple):
    """What reading a folder gave."""

    status: Status
    message: str = ""  # of the error, or its traceback
    sums: dict[str, tuple[float, ...]] = {}  # noqa: RUF012  # never changed
    notes: tuple[str, ...] = ()
    seconds: float = 0.0  # of CPU; of the clock if it hung
    peak: int = 0  # megabytes above the process before it read


EXPORTED = f"{__name__}:exported"  # the reader of exports


class Worker:
    """A process that reads folders one after the other; use it as a context.

    Args:
        seconds: limit of one reading.
        megabytes: memory that a reading may take.
        reader: "module:function" of a function that returns the sums and the notes of a folder.
    """

    def __init__(self, seconds: float, megabytes: int, reader: str = EXPORTED) -> None:
        self._seconds, self._serving = seconds, f"serve({megabytes}, {reader!r})"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def read(self, folder: Path) -> Answer:
        """Reads a folder of exports."""
        process = self._process or self._start()
        assert process.stdin is not None  # noqa: S101  # it is a pipe
        process.stdin.write(json.dumps(str(folder)).encode() + b"\n")
        process.stdin.flush()
        try:
            answer = self._receive(process, self._seconds)
        except EOFError:
            self._stop()
            return Answer("died", f"status {process.returncode}")
        if answer is None:
            self._stop()
            return Answer("hang", f"more than {self._seconds:g} seconds", seconds=self._seconds)
        result = Answer(**answer)
        if result.status == "memory":
            self._stop()  # what is left of the process is not to be trusted
        sums = {key: tuple(values) for key, values in result.sums.items()}
        return result._replace(sums=sums, notes=tuple(result.notes))

    def read_files(self, files: Mapping[str, bytes]) -> Answer:
        """Reads files by their names, from a temporary folder."""
        with tempfile.TemporaryDirectory() as root:
            for name, data in files.items():
                (Path(root) / name).write_bytes(data)
            return self.read(Path(root))

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603  # this file
            [sys.executable, "-c", f"from {__name__} import serve; {self._serving}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._process = process
        if self._receive(process, _START_SECONDS) is None:
            raise RuntimeError("the process that reads has not started")
        return process

    def _receive(self, process: subprocess.Popen[bytes], seconds: float) -> dict[str, Any] | None:
        """The next answer; None if there is none in time, EOFError if the process has ended."""
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        ready, _, _ = select.select([process.stdout], [], [], seconds)
        if not ready:
            return None
        line = process.stdout.readline()
        if not line:
            raise EOFError
        return dict(json.loads(line))

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def is_clean(message: str) -> bool:
    """True if a message can be printed: no control characters, lines only for several problems."""
    lines = message.split("\n")
    several = message[:1].isdigit() and " problems were found." in lines[0]
    return all(line.isprintable() for line in lines) and (len(lines) == 1 or several)


def serve(megabytes: int, reader: str) -> None:
    """Reads the folders that come on the standard input, and answers on the standard output."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the reader prints goes elsewhere
    module, _, name = reader.partition(":")
    read: Read = getattr(importlib.import_module(module), name)
    answer_of(Path(os.devnull), read)  # imports what it needs, before the limit
    limit = _kilobytes("VmSize") * 1024 + megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        answer = answer_of(Path(json.loads(line)), read)
        print(json.dumps(answer._asdict()), file=answers, flush=True)


def answer_of(folder: Path, read: Read) -> Answer:
    """Reads a folder in this process, whatever happens."""
    from mediagym.data.errors import MediaGymError

    _reset_peak()
    before, start = _kilobytes("VmRSS"), time.process_time()
    message, sums = "", dict[str, tuple[float, ...]]()
    notes: tuple[str, ...] = ()
    status: Status = "read"
    try:
        sums, notes = read(folder)
    except MediaGymError as error:
        status, message = "refused", str(error)
    except MemoryError:
        status = "memory"
    except BaseException:
        status, message = "traceback", traceback.format_exc()
    seconds, peak = time.process_time() - start, (_kilobytes("VmHWM") - before) // 1024
    return Answer(status, message, sums, notes, seconds, peak)


def exported(folder: Path) -> tuple[dict[str, tuple[float, ...]], tuple[str, ...]]:
    """Metrics of a folder of exports by "platform/day/campaign", and the notes on them."""
    from mediagym.data.exports import DataSettings, read_exports
    from mediagym.data.storage import shipped_yaml

    settings = DataSettings.of({**shipped_yaml("data/default"), "path": str(folder)})
    records = read_exports(settings)
    return _sums(records.frame), tuple(records.notes)


def _sums(frame: Any) -> dict[str, tuple[float, ...]]:
    """Metrics by "platform/day/campaign", in the order of METRICS."""
    sums: dict[str, tuple[float, ...]] = {}
    names = ["spend", *METRICS[1:]]
    days = frame["date"].dt.strftime("%Y-%m-%d")
    for platform, day, campaign, *values in zip(
        frame["platform"], days, frame["campaign"], *(frame[n] for n in names), strict=True
    ):
        key = f"{platform}/{day}/{campaign}"
        before = sums.get(key, (0.0,) * len(names))
        sums[key] = tuple(a + float(b) for a, b in zip(before, values, strict=True))
    return sums


def _reset_peak() -> None:
    """Forgets the highest memory so far, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def _kilobytes(name: str) -> int:
    """A size of this process from Linux; 0 elsewhere."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)
