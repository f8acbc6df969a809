"""New jobs, and the same work never twice."""

import hashlib
import json
from typing import Any

import sqlalchemy as sa

from mediagym import __version__

from ..storage import JOBS, Job, QueueFullError, Store, UnknownError, new_id
from .rows import add_event, count_waiting, end_job, read_job

_LOCK = 7_307_812  # number of the advisory lock of PostgreSQL
_SAME = ("queued", "running", "done")  # states of work that is not begun again


def submit(
    store: Store,
    kind: str,
    body: dict[str, Any],
    *,
    advertiser: str,
    dataset: str | None,
    requested_by: str,
    idempotency_key: str | None = None,
    key_id: str | None = None,
    fresh: bool = False,
    background: bool = False,
    follows: str | None = None,
    limit: int | None = None,
) -> Job:
    """Put a job into the queue and return it.

    The same work for the same data set, if it is done, waits or runs, is returned instead of a
    second one, unless ``fresh``.

    Args:
        store: where it is kept.
        kind: a name of `KINDS`.
        body: what was asked for, as JSON.
        advertiser: whose job it is.
        dataset: files that it works on, if any.
        requested_by: who asks, as people know them.
        idempotency_key: the same key with the same request gives the same job, for a day.
        key_id: client to whom the idempotency key belongs; None: ``requested_by``.
        fresh: work anew even if it is done.
        background: it waits until nobody waits for another job.
        follows: job that must be done before it begins; if that fails, it is cancelled.
        limit: most jobs that may wait.

    Raises:
        ConflictError: the idempotency key was used for another request.
        QueueFullError: as many jobs as ``limit`` wait.
        UnknownError: there is no such advertiser or data set of it.
    """
    store.advertiser(advertiser)
    if dataset is not None and store.dataset(dataset).advertiser != advertiser:
        raise UnknownError("data set", dataset)
    work = fingerprint(kind, body, advertiser, dataset, follows)
    key, client = idempotency_key, requested_by if key_id is None else key_id
    with store.writing() as connection:
        store.database.lock(connection, _LOCK)
        if key is not None:
            known = store.job_of_request(connection, client, key, work)
            if known is not None:
                return read_job(connection, known)
        found = None if fresh else _same_work(connection, work)
        if found is None:
            _require_room(connection, limit)
            row: dict[str, Any] = {"kind": kind, "body": body, "advertiser": advertiser}
            row["dataset"] = dataset
            row |= {"requested_by": requested_by, "fingerprint": work}
            row |= {"background": background, "follows": follows}
            found = _insert(store, connection, row)
        elif not background:
            connection.execute(sa.update(JOBS).where(JOBS.c.id == found).values(background=False))
        if key is not None:
            store.remember_request(connection, client, key, work, found)
        return read_job(connection, found)


def fingerprint(
    kind: str,
    body: dict[str, Any],
    advertiser: str,
    dataset: str | None,
    follows: str | None = None,
) -> str:
    """Return the hash of all that decides a result: the request, the data, the version."""
    parts = [kind, body, advertiser, dataset, __version__, *([follows] if follows else [])]
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _same_work(connection: sa.Connection, work: str) -> str | None:
    query = sa.select(JOBS.c.id).where(JOBS.c.fingerprint == work, JOBS.c.state.in_(_SAME))
    return connection.execute(query.order_by(JOBS.c.number.desc()).limit(1)).scalar()


def _require_room(connection: sa.Connection, limit: int | None) -> None:
    if limit is not None and count_waiting(connection) >= limit:
        raise QueueFullError(
            f"jobs: {limit} jobs wait already. Allowed: {limit}. To fix: try again when some "
            "are done, or cancel some."
        )


def _insert(store: Store, connection: sa.Connection, row: dict[str, Any]) -> str:
    key, now = new_id(), store.clock()
    begins = {"id": key, "state": "queued", "stage": "", "done": 0, "attempt": 0, "created": now}
    connection.execute(sa.insert(JOBS).values(**row, **begins))
    add_event(store, connection, key, "queued", "", 0, None, None)
    first = read_job(connection, row["follows"]) if row["follows"] else None
    if first is not None and first.state in ("failed", "cancelled"):
        end_job(store, connection, key, "cancelled")
    return key
