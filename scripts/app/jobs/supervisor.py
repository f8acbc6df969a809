"""Starts the worker processes, restarts them when they die, and ends those that do not obey."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from ..storage import Store
from .rows import stubborn

_LOOK = 0.5  # seconds between looks at the workers
_MOST_WAITED = 30.0  # seconds before a worker that dies at once is started again
_LIVED = 60.0  # seconds after which a worker has not died at once
log = logging.getLogger("mediagym.supervisor")
WORKER = (sys.executable, "-m", "mediagym.scripts.app.jobs.worker")


def own_name() -> str:
    """Return a name like no other worker's."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


class JobOptions(Protocol):
    """How patient the queue is."""

    @property
    def lease(self) -> float: ...  # noqa: D102
    @property
    def patience(self) -> float: ...  # noqa: D102


class Options(Protocol):
    """The options of the server that concern its workers."""

    @property
    def workers(self) -> int: ...  # noqa: D102
    @property
    def log(self) -> str: ...  # noqa: D102
    @property
    def jobs(self) -> JobOptions: ...  # noqa: D102


@dataclass
class _Place:
    """Room for one worker."""

    name: str = ""
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0  # in a row, each soon after its start
    not_before: float = 0.0


class Supervisor:
    """Keeps a number of worker processes alive from a thread of its own.

    Args:
        store: where the queue is.
        settings: options of the server.
        command: starts a worker.
    """

    def __init__(self, store: Store, settings: Options, command: Sequence[str] = WORKER) -> None:
        self._store, self._settings, self._command = store, settings, tuple(command)
        self._places = [_Place() for _ in range(settings.workers)]
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Start the workers, and go on watching them."""
        for place in self._places:
            self._begin(place)
        self._thread.start()

    def stop(self) -> None:
        """Ask all workers to end, and end those that do not in time; their jobs wait again."""
        self._ending.set()
        self._thread.join()
        alive = [p.process for p in self._places if p.process and p.process.poll() is None]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + self._settings.jobs.patience
        for process in alive:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def alive(self) -> int:
        """Return how many worker processes run."""
        return sum(bool(p.process and p.process.poll() is None) for p in self._places)

    def processes(self) -> list[int]:
        """Return the ids of the worker processes that run."""
        return [p.process.pid for p in self._places if p.process and p.process.poll() is None]

    def _watch(self) -> None:
        while not self._ending.wait(_LOOK):
            try:
                self._look()
            except DBAPIError:
                log.exception("the database does not answer; trying again")
            except OSError:
                log.exception("a worker cannot be started; trying again")

    def _look(self) -> None:
        for place in self._places:
            if place.process is None:
                if time.monotonic() >= place.not_before:
                    self._begin(place)
            elif place.process.poll() is not None:
                self._bury(place)
        names = [place.name for place in self._places if place.process is not None]
        for name in stubborn(self._store, names, self._settings.jobs.patience):
            for place in self._places:
                if place.name == name and place.process is not None:
                    log.warning("ended: its job was cancelled", extra={"worker": name})
                    place.process.kill()

    def _begin(self, place: _Place) -> None:
        options = self._settings
        place.name, place.started = own_name(), time.monotonic()
        place.process = subprocess.Popen(  # noqa: S603  # our own command
            [
                *self._command,
                f"--folder={self._store.folder}",
                f"--lease={options.jobs.lease}",
                f"--name={place.name}",
                f"--parent={os.getpid()}",
                f"--log={options.log}",
            ],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C is for the server, which then ends its workers
            env={"OMP_NUM_THREADS": "1", **os.environ},
        )

    def _bury(self, place: _Place) -> None:
        """Note a worker's death; one that dies again and again is started ever later."""
        assert place.process is not None  # noqa: S101  # asked before
        status, lived = place.process.returncode, time.monotonic() - place.started
        place.deaths = place.deaths + 1 if lived < _LIVED else 1
        wait = min(_MOST_WAITED, 0.5 * 2 ** (place.deaths - 1))
        place.process, place.not_before = None, time.monotonic() + wait
        reason = signal.Signals(-status).name if status < 0 else f"status {status}"
        log.warning("a worker ended", extra={"worker": place.name, "reason": reason})
