"""A worker process: claims jobs one after the other and runs them, until it is asked to end.

`python -m mediagym.scripts.app.jobs.worker --folder DIR`; MEDIAGYM_DATABASE names a PostgreSQL.
"""

import argparse
import logging
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from sqlalchemy.exc import DBAPIError

from ..storage import Job, Store
from .kinds import KINDS, Kind
from .logs import log_to_stderr
from .queue import LeaseLostError, beat, claim, fail, finish, give_back, let_go
from .rows import gone, seen
from .run import Work, problem_document, run_job

_IDLE = 0.5  # seconds between looks into an empty queue
_BEAT = 1.0  # seconds between beats
_SEEN = 5.0  # seconds between words of an idle worker
log = logging.getLogger("mediagym.worker")


class Stopped(BaseException):  # no error: nothing below a job may catch it
    """Ends a job in the middle: it was cancelled or lost, or the worker is asked to end."""


class Heart:
    """Beats for a job from a thread of its own, and hears whether to go on."""

    def __init__(self, store: Store, job: Job, worker: str, ending: threading.Event) -> None:
        self._store, self._job, self._worker, self._ending = store, job, worker, ending
        self._latest: tuple[str, int, int | None] = ("starting", 0, None)
        self._is_lost, self._is_over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def notify(self, stage: str, done: int, total: int | None) -> None:
        """Take progress; raise `Stopped` if the job must end."""
        self._latest = (stage, done, total)
        if self._is_lost.is_set() or self._ending.is_set():
            raise Stopped

    def _run(self) -> None:
        while not self._is_over.wait(_BEAT):
            try:
                if not beat(self._store, self._job.id, self._worker, *self._latest):
                    self._is_lost.set()
                    return
                seen(self._store, self._worker)
            except DBAPIError:
                log.exception("the database does not answer; the lease goes on for a while")


class Worker:
    """Claims jobs and runs them.

    Args:
        store: where the queue is.
        name: like no other worker's.
        lease: seconds without a beat after which another worker may take a job up.
        kinds: what it can do.
        parent: process without which it ends; None: it needs none.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        lease: float,
        kinds: dict[str, Kind],
        parent: int | None = None,
    ) -> None:
        self.store, self.name, self.lease, self.kinds = store, name, lease, kinds
        self.ending, self._parent = threading.Event(), parent

    def work(self) -> None:
        """Work until asked to end, or until the process that started this one is gone."""
        last_seen = -_SEEN
        while not self.ending.is_set() and self._parent in (None, os.getppid()):
            try:
                if time.monotonic() - last_seen > _SEEN:
                    seen(self.store, self.name)
                    last_seen = time.monotonic()
                job = claim(self.store, self.name, self.lease)
                if job is not None:
                    self.run(job)
                    continue
            except DBAPIError:
                log.exception("the database does not answer; trying again")
            self.ending.wait(_IDLE)
        gone(self.store, self.name)

    def run(self, job: Job) -> None:
        """Run one job to its end, whatever that is."""
        log.info("begun", extra={"job": job.id, "kind": job.kind, "attempt": job.attempt})
        begun, work = time.monotonic(), Work(self.store, job)
        state = "lost"
        try:
            with Heart(self.store, job, self.name, self.ending) as heart:
                folder = run_job(self.store, job, heart.notify, self.kinds)
            state = finish(self.store, job.id, self.name, folder).state
        except Stopped:
            if self.ending.is_set():
                give_back(self.store, job.id, self.name)
                state = "given back"
            let_go(self.store, job.id, self.name)
        except LeaseLostError:
            let_go(self.store, job.id, self.name)
        except Exception as error:
            log.warning("failed", exc_info=True, extra={"job": job.id, "kind": job.kind})
            state = self._failed(job, error)
        finally:
            work.clear()
        seconds = round(time.monotonic() - begun, 3)
        log.info(state, extra={"job": job.id, "kind": job.kind, "seconds": seconds})

    def _failed(self, job: Job, error: Exception) -> str:
        try:
            return fail(self.store, job.id, self.name, problem_document(error, self.store)).state
        except LeaseLostError:
            let_go(self.store, job.id, self.name)
            return "lost"


def main(arguments: Sequence[str] | None = None, kinds: dict[str, Kind] = KINDS) -> None:
    """Run a worker until SIGTERM or SIGINT, or until its parent is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="data folder")
    parser.add_argument("--lease", type=float, default=60.0, help="seconds")
    parser.add_argument("--name", required=True, help="name like no other worker's")
    parser.add_argument("--parent", type=int, help="process without which it ends")
    parser.add_argument("--log", choices=("text", "json"), default="text")
    options = parser.parse_args(arguments)
    log_to_stderr(options.log)
    store = Store(options.folder, os.environ.get("MEDIAGYM_DATABASE") or None)
    worker = Worker(store, options.name, options.lease, kinds, options.parent)

    def end(_number: int, _frame: FrameType | None) -> None:
        worker.ending.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    worker.work()


if __name__ == "__main__":
    main()
