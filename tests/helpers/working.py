"""A worker in a thread, whose jobs are small: the commands themselves, on fewer draws."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mediagym.data.errors import MediaGymError
from mediagym.data.settings import merged
from mediagym.scripts.app.jobs import beat, claim, fail, finish
from mediagym.scripts.app.jobs.queue import LeaseLostError
from mediagym.scripts.app.jobs.run import problem_document, run_job
from mediagym.scripts.app.storage import Job, Store

from .app import SMALL

_CALIBRATION = SMALL["calibrate"]
SMALL_BODIES: Mapping[str, Mapping[str, Any]] = {
    **SMALL,
    "plan": {**_CALIBRATION, "frontier": ["70%", "100%", "130%"], "baselines": ["historical"]},
    "frontier": {**_CALIBRATION, "frontier": ["70%", "100%", "130%"]},
    "score": _CALIBRATION,
    "replan": {**_CALIBRATION, "agent": {"draws": 64}, "live": {"draws": 64}},
}


def work_off(store: Store, job: Job, worker: str = "thread") -> None:
    """Runs a job that was claimed, small, and ends it as a worker does."""
    small = replace(job, body=dict(merged(SMALL_BODIES.get(job.kind, {}), job.body)))

    def report(stage: str, done: int, total: int | None) -> None:
        if not beat(store, job.id, worker, stage, done, total):
            raise LeaseLostError(job.id)

    try:
        finish(store, job.id, worker, run_job(store, small, report))
    except LeaseLostError:
        return
    except MediaGymError as error:
        fail(store, job.id, worker, problem_document(error, store))


@contextmanager
def working(store: Store) -> Iterator[None]:
    """A worker that runs until the context ends."""
    ending = threading.Event()

    def work() -> None:
        while not ending.is_set():
            job = claim(store, "thread", 600.0)
            if job is None:
                ending.wait(0.1)
            else:
                work_off(store, job)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(120)
