"""The queue: jobs are claimed under a lease, kept alive, and ended exactly once."""

from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from mediagym.data.errors import MediaGymError

from ..storage import JOBS, Job, Store, manifest
from .rows import add_event, end_job, read_job

MAX_ATTEMPTS = 3  # workers that may die of a job
_LOCK = 7_307_813  # number of the advisory lock of PostgreSQL
_LATEST = 5  # jobs whose times tell how long the next takes
_TOO_SHORT = 1.0  # seconds from which no time left is estimated
_LOST = {
    "type": "urn:mediagym:problem:worker-lost",
    "title": "The work was lost",
    "status": 500,
    "code": "worker-lost",
    "detail": f"{MAX_ATTEMPTS} workers ended in the middle of this job, perhaps for want of "
    "memory. To fix: look at the server's log, then ask for it again.",
}


class LeaseLostError(MediaGymError):
    """The job was cancelled, or another worker has it."""


def claim(store: Store, worker: str, lease_seconds: float) -> Job | None:
    """Give the oldest job that waits to a worker, until its lease ends; None if none waits.

    Jobs of the background come after all others, and one that follows another job after that is
    done.

    A job whose lease has ended without a word is taken up again. After `MAX_ATTEMPTS` it fails.

    Args:
        store: where the queue is kept.
        worker: name of the worker, like no other.
        lease_seconds: time until the first `beat`, and between beats.
    """
    now = store.clock()
    waiting = (JOBS.c.state == "queued") & (JOBS.c.follows.is_(None) | _is_done(JOBS.c.follows))
    ready = waiting | ((JOBS.c.state == "running") & (JOBS.c.lease_until <= now))
    with store.reading() as connection:  # a queue that is empty is not locked
        if connection.execute(sa.select(JOBS.c.id).where(ready).limit(1)).first() is None:
            return None
    with store.writing() as connection:
        store.database.lock(connection, _LOCK)
        _fail_lost(store, connection)
        query = (
            sa.select(JOBS.c.id, JOBS.c.kind, JOBS.c.started)
            .where(ready)
            .order_by(JOBS.c.background, JOBS.c.number)
            .limit(1)
        )
        row = connection.execute(query.with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        connection.execute(
            sa.update(JOBS)
            .where(JOBS.c.id == row.id)
            .values(
                state="running",
                stage="starting",
                done=0,
                total=None,
                eta_seconds=None,
                attempt=JOBS.c.attempt + 1,
                started=row.started or now,
                begun=now,
                stage_started=now,
                expected_seconds=_expected(connection, row.kind),
                worker=worker,
                lease_seconds=lease_seconds,
                lease_until=now + timedelta(seconds=lease_seconds),
            )
        )
        add_event(store, connection, row.id, "running", "starting", 0, None, None)
        return read_job(connection, row.id)


def _is_done(job_id: sa.Column[Any]) -> sa.Exists:
    first = JOBS.alias()
    return sa.exists().where(first.c.id == job_id, first.c.state == "done")


def _fail_lost(store: Store, connection: sa.Connection) -> None:
    """End jobs that have lost as many workers as they may."""
    lost = sa.select(JOBS.c.id).where(
        JOBS.c.state == "running",
        JOBS.c.lease_until <= store.clock(),
        JOBS.c.attempt >= MAX_ATTEMPTS,
    )
    for (key,) in connection.execute(lost.with_for_update(skip_locked=True)).all():
        end_job(store, connection, key, "failed", error=_LOST, worker=None)


def beat(store: Store, job_id: str, worker: str, stage: str, done: int, total: int | None) -> bool:
    """Renew a lease and say how far the job is; False: it was cancelled or lost, so stop.

    Args:
        store: where the queue is kept.
        job_id: the job.
        worker: who has it.
        stage: what is being done.
        done: parts of the stage that are done.
        total: parts of the stage; None: unknown.
    """
    now = store.clock()
    with store.writing() as connection:
        row = _held(connection, job_id, worker)
        if row is None:
            return False
        begun = row.stage_started if _task(row.stage) == _task(stage) else now
        left = _time_left((now - begun).total_seconds(), done, total)
        eta = left if row.expected_seconds is None else _until(row, now)
        connection.execute(
            sa.update(JOBS)
            .where(JOBS.c.id == job_id)
            .values(
                stage=stage,
                done=done,
                total=total,
                eta_seconds=eta,
                stage_started=begun,
                lease_until=now + timedelta(seconds=row.lease_seconds),
            )
        )
        if (row.stage, row.done, row.total) != (stage, done, total):
            add_event(store, connection, job_id, "running", stage, done, total, eta)
        return True


def _task(stage: str) -> str:
    """Return what is being done, without the line that says how far it is."""
    return stage.partition(":")[0]


def _until(row: sa.Row[Any], now: datetime) -> float | None:
    """Return the time left of a job as long as the latest ones; None once it takes longer."""
    left = row.expected_seconds - (now - row.begun).total_seconds()
    return left if left > 0 else None


def _expected(connection: sa.Connection, kind: str) -> float | None:
    """Return the median time that the latest jobs of a kind took."""
    query = sa.select(JOBS.c.seconds).where(JOBS.c.kind == kind, JOBS.c.state == "done")
    latest = connection.execute(query.order_by(JOBS.c.number.desc()).limit(_LATEST)).scalars().all()
    return median(latest) if latest else None


def _time_left(elapsed: float, done: int, total: int | None) -> float | None:
    if total is None or done <= 0 or elapsed < _TOO_SHORT:
        return None
    return max(0.0, elapsed * (total - done) / done)


def finish(store: Store, job_id: str, worker: str, folder: Path) -> Job:
    """Keep the files of a folder as the job's result and end the job; return it.

    The folder is renamed within one transaction, conditional on the lease: a process that is killed
    in between leaves files that nobody refers to.

    Raises:
        LeaseLostError: the job was cancelled or another worker has it; nothing was changed.
        StoreError: the folder is empty, or has something that is no regular file.
    """
    with store.reading() as connection:
        if _held(connection, job_id, worker) is None:
            raise _lost(job_id)
    files = manifest(folder)
    with store.writing() as connection:
        row = _held(connection, job_id, worker)
        if row is None:
            raise _lost(job_id)
        key = store.add_result(connection, row.kind, folder, files)
        end_job(store, connection, job_id, "done", result=key, worker=None)
        return read_job(connection, job_id)


def fail(store: Store, job_id: str, worker: str, problem: dict[str, Any]) -> Job:
    """End a job with a problem of RFC 9457 and return it.

    Raises:
        LeaseLostError: the job was cancelled or another worker has it; nothing was changed.
    """
    with store.writing() as connection:
        if _held(connection, job_id, worker) is None:
            raise _lost(job_id)
        end_job(store, connection, job_id, "failed", error=problem, worker=None)
        return read_job(connection, job_id)


def cancel(store: Store, job_id: str) -> Job:
    """Cancel a job that waits or runs, and return it; one that has ended stays as it is.

    Raises:
        UnknownError: there is no such job.
    """
    with store.writing() as connection:
        job = read_job(connection, job_id, locked=True)
        if not job.has_ended:
            end_job(store, connection, job_id, "cancelled")
        return read_job(connection, job_id)


def give_back(store: Store, job_id: str, worker: str) -> None:
    """Let a job wait again, as its worker is asked to end; the attempt does not count."""
    with store.writing() as connection:
        if _held(connection, job_id, worker) is None:
            return
        back = {"state": "queued", "stage": "", "done": 0, "total": None, "eta_seconds": None}
        connection.execute(
            sa.update(JOBS)
            .where(JOBS.c.id == job_id)
            .values(**back, attempt=JOBS.c.attempt - 1, worker=None)
        )
        add_event(store, connection, job_id, "queued", "", 0, None, None)


def worker_died(store: Store, worker: str, *, was_asked: bool = False) -> None:
    """Let the job of a worker that is dead for certain be taken up at once.

    Args:
        store: where the queue is kept.
        worker: its name.
        was_asked: it was asked to end, so the attempt does not count.
    """
    own = (JOBS.c.worker == worker, JOBS.c.state == "running")
    with store.reading() as connection:
        held = list(connection.execute(sa.select(JOBS.c.id).where(*own)).scalars())
    for key in held if was_asked else ():
        give_back(store, key, worker)
    if held and not was_asked:
        with store.writing() as connection:
            connection.execute(sa.update(JOBS).where(*own).values(lease_until=store.clock()))


def let_go(store: Store, job_id: str, worker: str) -> None:
    """Say that a worker has stopped working on a job that was cancelled or lost."""
    with store.writing() as connection:
        own = sa.update(JOBS).where(JOBS.c.id == job_id, JOBS.c.worker == worker)
        connection.execute(own.where(JOBS.c.state != "running").values(worker=None))


def _held(connection: sa.Connection, job_id: str, worker: str) -> sa.Row[Any] | None:
    """Return the row of a running job if the worker has it.

    A lease that has ended, but that no other worker took up, is still its own.
    """
    query = sa.select(JOBS).where(
        JOBS.c.id == job_id, JOBS.c.worker == worker, JOBS.c.state == "running"
    )
    return connection.execute(query.with_for_update()).first()


def _lost(job_id: str) -> LeaseLostError:
    return LeaseLostError(f"job {job_id}: it was cancelled, or another worker has it")
