"""Jobs and their events, as they stand in the database."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from ..storage import EVENTS, JOBS, WORKERS, Event, Job, State, Store, UnknownError

_JOB_FIELDS = tuple(JOBS.c[name] for name in Job.__dataclass_fields__)
_EVENT_FIELDS = tuple(EVENTS.c[name] for name in Event.__dataclass_fields__)
_LATELY = timedelta(seconds=20)
_FORGOTTEN = timedelta(hours=1)


def job(store: Store, job_id: str) -> Job:
    """Return a job.

    Raises:
        UnknownError: there is none of that id.
    """
    with store.reading() as connection:
        return read_job(connection, job_id)


def jobs(
    store: Store,
    advertiser: str | None = None,
    state: State | None = None,
    limit: int = 50,
    kind: str | None = None,
) -> list[Job]:
    """Return jobs, the newest first."""
    query = sa.select(*_JOB_FIELDS).order_by(JOBS.c.number.desc()).limit(limit)
    if kind is not None:
        query = query.where(JOBS.c.kind == kind)
    if advertiser is not None:
        query = query.where(JOBS.c.advertiser == advertiser)
    if state is not None:
        query = query.where(JOBS.c.state == state)
    with store.reading() as connection:
        return [Job(**row._mapping) for row in connection.execute(query)]


def latest_jobs(
    store: Store, advertiser: str, dataset: str | None = None, state: State | None = None
) -> dict[str, Job]:
    """Return the latest job of each kind, the newest first.

    Args:
        store: where they are kept.
        advertiser: whose they are.
        dataset: files that they work on; None: any.
        state: that they are in; None: any.
    """
    numbers = sa.select(sa.func.max(JOBS.c.number)).where(JOBS.c.advertiser == advertiser)
    if dataset is not None:
        numbers = numbers.where(JOBS.c.dataset == dataset)
    if state is not None:
        numbers = numbers.where(JOBS.c.state == state)
    query = sa.select(*_JOB_FIELDS).where(JOBS.c.number.in_(numbers.group_by(JOBS.c.kind)))
    query = query.order_by(JOBS.c.number.desc())
    with store.reading() as connection:
        return {row.kind: Job(**row._mapping) for row in connection.execute(query)}


def follower(store: Store, job_id: str, kind: str) -> Job | None:
    """Return the job of a kind that was asked for last to follow a job; None: there is none."""
    query = sa.select(*_JOB_FIELDS).where(JOBS.c.follows == job_id, JOBS.c.kind == kind)
    with store.reading() as connection:
        row = connection.execute(query.order_by(JOBS.c.number.desc()).limit(1)).first()
    return None if row is None else Job(**row._mapping)


def events(store: Store, job_id: str, after: int = 0) -> list[Event]:
    """Return what happened to a job after an event, the oldest first."""
    query = sa.select(*_EVENT_FIELDS).where(EVENTS.c.job == job_id, EVENTS.c.id > after)
    with store.reading() as connection:
        return [Event(**row._mapping) for row in connection.execute(query.order_by(EVENTS.c.id))]


def count_waiting(connection: sa.Connection) -> int:
    """Return how many jobs wait, within a transaction."""
    query = sa.select(sa.func.count()).select_from(JOBS).where(JOBS.c.state == "queued")
    return int(connection.execute(query).scalar_one())


def read_job(connection: sa.Connection, job_id: str, locked: bool = False) -> Job:
    """Return a job within a transaction; locked: until it ends.

    Raises:
        UnknownError: there is none of that id.
    """
    query = sa.select(*_JOB_FIELDS).where(JOBS.c.id == job_id)
    row = connection.execute(query.with_for_update() if locked else query).first()
    if row is None:
        raise UnknownError("job", job_id)
    return Job(**row._mapping)


def end_job(
    store: Store, connection: sa.Connection, job_id: str, state: State, **values: Any
) -> None:
    """Write that a job has ended, within a transaction.

    Jobs that follow one which failed or was cancelled are cancelled.
    """
    now, own = store.clock(), JOBS.c.id == job_id
    begun = connection.execute(sa.select(JOBS.c.begun).where(own)).scalar()
    values["seconds"] = (now - begun).total_seconds() if begun else None
    connection.execute(
        sa.update(JOBS).where(own).values(state=state, finished=now, eta_seconds=None, **values)
    )
    job = read_job(connection, job_id)
    add_event(store, connection, job_id, state, job.stage, job.done, job.total, None)
    if state == "done":
        return
    waiting = sa.select(JOBS.c.id).where(JOBS.c.follows == job_id, JOBS.c.state == "queued")
    for (key,) in connection.execute(waiting).all():
        end_job(store, connection, key, "cancelled")


def add_event(
    store: Store,
    connection: sa.Connection,
    job_id: str,
    state: State,
    stage: str,
    done: int,
    total: int | None,
    eta: float | None,
) -> None:
    """Write a moment in the life of a job, within a transaction."""
    row = {"job": job_id, "state": state, "stage": stage, "done": done, "total": total}
    connection.execute(sa.insert(EVENTS).values(time=store.clock(), eta_seconds=eta, **row))


def seen(store: Store, worker: str) -> None:
    """Write that a worker is alive."""
    now = store.clock()
    with store.writing() as connection:
        own = WORKERS.c.name == worker
        if connection.execute(sa.update(WORKERS).where(own).values(seen=now)).rowcount == 0:
            connection.execute(sa.insert(WORKERS).values(name=worker, seen=now))
        connection.execute(sa.delete(WORKERS).where(WORKERS.c.seen < now - _FORGOTTEN))


def gone(store: Store, worker: str) -> None:
    """Write that a worker has ended."""
    with store.writing() as connection:
        connection.execute(sa.delete(WORKERS).where(WORKERS.c.name == worker))


def workers_alive(store: Store) -> int:
    """Return how many workers were heard of lately."""
    query = sa.select(sa.func.count()).select_from(WORKERS)
    with store.reading() as connection:
        query = query.where(WORKERS.c.seen > store.clock() - _LATELY)
        return int(connection.execute(query).scalar_one())


def counts(store: Store) -> dict[str, int]:
    """Return how many jobs are in each state."""
    query = sa.select(JOBS.c.state, sa.func.count()).group_by(JOBS.c.state)
    with store.reading() as connection:
        return {state: int(number) for state, number in connection.execute(query)}


def stubborn(store: Store, workers: Sequence[str], patience: float) -> list[str]:
    """Return those workers that still hold a job which was cancelled some seconds ago."""
    query = sa.select(JOBS.c.worker).where(
        JOBS.c.state == "cancelled",
        JOBS.c.worker.in_(workers),
        JOBS.c.finished < store.clock() - timedelta(seconds=patience),
    )
    with store.reading() as connection:
        return [worker for (worker,) in connection.execute(query)]


def durations(store: Store) -> list[tuple[str, str, int, float]]:
    """Return kind, state, number and seconds of all jobs that a worker has ended."""
    seconds = sa.func.coalesce(sa.func.sum(JOBS.c.seconds), 0.0)
    query = sa.select(JOBS.c.kind, JOBS.c.state, sa.func.count(), seconds)
    query = query.where(JOBS.c.seconds.is_not(None)).group_by(JOBS.c.kind, JOBS.c.state)
    with store.reading() as connection:
        return [(kind, state, int(n), float(s)) for kind, state, n, s in connection.execute(query)]
