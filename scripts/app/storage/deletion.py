"""Deleting uploads, jobs with their results, and advertisers; nothing that is in use."""

import json
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mediagym.data.errors import shown

from .base import Base, new_id
from .errors import UsedError
from .tables import (
    ADVERTISERS,
    DATASETS,
    EVENTS,
    IDEMPOTENCY,
    JOBS,
    RESULTS,
    SCENARIOS,
    SHARES,
)

_ANALYSES = ("ingest", "insights", "attribute", "calibrate")  # which go with their data set
_OPEN = ("queued", "running")
_CACHED = ("posterior-*", "experiment-*")  # folders of the cache: calibrations, and plans by them
_USER = "used-by-"  # beginning of empty files in such a folder, one per data set that uses it
_OLD = 3600.0  # seconds; a younger folder without users may belong to a job that runs


class Deletion(Base):
    """What may be deleted, and what goes with it.

    Calibrations and plans in the cache go with the last data set that uses them.

    Rows go first, in one transaction; then files that no row refers to any more. A process that is
    killed in between leaves files that `jobs.sweep` removes.
    """

    def delete_dataset(self, dataset_id: str, by: str) -> None:
        """Delete an upload and its analyses; plans that were made from it stay.

        Raises:
            UnknownError: there is none of that id.
            UsedError: a job that waits or runs, the plan under way or an open link needs it.
        """
        with self.writing() as connection:
            row = self._row(DATASETS, "data set", dataset_id, connection)
            what = f"data set {shown(row.name)}"
            self._require_idle(connection, what, row.advertiser, {dataset_id})
            made = sa.select(JOBS.c.id, JOBS.c.kind).where(JOBS.c.dataset == dataset_id)
            jobs = {job.id: job.kind for job in connection.execute(made)}
            self._require_free(connection, what, jobs, "was made from it", saved=False)
            self._forget(connection, [key for key, kind in jobs.items() if kind in _ANALYSES])
            own = sa.update(JOBS).where(JOBS.c.dataset == dataset_id).values(dataset=None)
            connection.execute(own)
            connection.execute(sa.delete(DATASETS).where(DATASETS.c.id == dataset_id))
            detail = {"advertiser": row.advertiser, "name": row.name, "bytes": row.size}
            self._audit(connection, by, "delete_dataset", dataset_id, detail)
        self._drop_files()

    def delete_job(self, job_id: str, by: str) -> None:
        """Delete a job that has ended, jobs that followed it, and files that nobody else needs.

        Raises:
            UnknownError: there is none of that id.
            UsedError: it waits or runs, or a scenario, an open link or another job needs it.
        """
        with self.writing() as connection:
            row = self._row_of_job(connection, job_id)
            what = f"{row.kind} {job_id[:8]}"
            after = sa.select(JOBS.c.id, JOBS.c.kind).where(JOBS.c.follows == job_id)
            jobs = {job.id: job.kind for job in connection.execute(after)} | {job_id: row.kind}
            needed = {key for key in (job_id, row.result) if key}
            self._require_idle(connection, what, row.advertiser, needed, set(jobs))
            self._require_free(connection, what, jobs, "is it", saved=True)
            self._forget(connection, jobs)
            detail = {"advertiser": row.advertiser, "kind": row.kind, "result": row.result}
            self._audit(connection, by, "delete_job", job_id, detail)
        self._drop_files()

    def delete_advertiser(self, advertiser_id: str, by: str) -> None:
        """Delete an advertiser with its uploads, jobs, results, scenarios and ended links.

        Raises:
            UnknownError: there is none of that id.
            UsedError: a job waits or runs, a plan is under way, or a link is open.
        """
        with self.writing() as connection:
            row = self._row(ADVERTISERS, "advertiser", advertiser_id, connection)
            what = f"advertiser {shown(row.name)}"
            made = sa.select(JOBS.c.id, JOBS.c.kind).where(JOBS.c.advertiser == advertiser_id)
            jobs = {job.id: job.kind for job in connection.execute(made)}
            self._require_idle(connection, what, advertiser_id, set(), set(jobs))
            self._require_free(connection, what, jobs, "is still followed", saved=False)
            self._require_no_link(connection, what, SHARES.c.advertiser == advertiser_id)
            for table in (SCENARIOS, SHARES):
                connection.execute(sa.delete(table).where(table.c.advertiser == advertiser_id))
            self._forget(connection, jobs)
            connection.execute(sa.delete(DATASETS).where(DATASETS.c.advertiser == advertiser_id))
            connection.execute(sa.delete(ADVERTISERS).where(ADVERTISERS.c.id == advertiser_id))
            self._audit(connection, by, "delete_advertiser", advertiser_id, {"name": row.name})
        self._drop_files()

    def _row_of_job(self, connection: sa.Connection, job_id: str) -> sa.Row[Any]:
        return self._row(JOBS, "job", job_id, connection)

    def _require_idle(
        self,
        connection: sa.Connection,
        what: str,
        advertiser: str,
        needed: set[str],
        own: Iterable[str] = (),
    ) -> None:
        """Raise UsedError if a job that waits or runs is one of `own` or needs one of some ids."""
        fields = (JOBS.c.id, JOBS.c.kind, JOBS.c.state, JOBS.c.dataset, JOBS.c.body)
        query = sa.select(*fields).where(JOBS.c.advertiser == advertiser, JOBS.c.state.in_(_OPEN))
        for job in connection.execute(query.with_for_update()):
            text = json.dumps(job.body)
            if job.id in own or job.dataset in needed or any(key in text for key in needed):
                words = "waits" if job.state == "queued" else "runs"
                raise _used(
                    what, f"the job {job.kind} {job.id[:8]} {words}", "wait for it, or cancel it"
                )

    def _require_free(
        self, connection: sa.Connection, what: str, jobs: Iterable[str], how: str, saved: bool
    ) -> None:
        """Raise UsedError for the plan under way or an open link, and for any saved scenario."""
        every = list(jobs)
        plans = sa.select(SCENARIOS).where(SCENARIOS.c.job.in_(every))
        for row in connection.execute(plans.order_by(SCENARIOS.c.adopted.desc())):
            if row.adopted:
                fix = "adopt another plan first, or delete that scenario"
                raise _used(what, f"the plan under way, {shown(row.name)}, {how}", fix)
            if saved:
                fix = "delete that scenario first"
                raise _used(what, f"the scenario {shown(row.name)} {how}", fix)
        results = sa.select(JOBS.c.result).where(JOBS.c.id.in_(every))
        own = sa.select(JOBS.c.advertiser).where(JOBS.c.id.in_(every))
        condition = SHARES.c.result.in_(results) & SHARES.c.advertiser.in_(own)
        self._require_no_link(connection, what, condition)

    def _require_no_link(
        self, connection: sa.Connection, what: str, condition: sa.ColumnElement[bool]
    ) -> None:
        now = self.clock()
        still = SHARES.c.revoked.is_(None) & (SHARES.c.expires.is_(None) | (SHARES.c.expires > now))
        if connection.execute(sa.select(SHARES.c.id).where(condition, still)).first():
            raise _used(what, "a link for clients is open", "revoke it on the page Share")

    def _forget(self, connection: sa.Connection, jobs: Iterable[str]) -> None:
        """Delete jobs that have ended, and their results unless others have the same."""
        every = list(jobs)
        results = set(
            connection.execute(sa.select(JOBS.c.result).where(JOBS.c.id.in_(every))).scalars()
        ) - {None}
        for table in (EVENTS, IDEMPOTENCY):
            connection.execute(sa.delete(table).where(table.c.job.in_(every)))
        connection.execute(sa.delete(JOBS).where(JOBS.c.id.in_(every)))
        for table in (JOBS, SCENARIOS):
            others = sa.select(table.c.result).where(table.c.result.in_(results))
            results -= set(connection.execute(others).scalars())
        connection.execute(sa.delete(SHARES).where(SHARES.c.result.in_(results)))
        connection.execute(sa.delete(RESULTS).where(RESULTS.c.id.in_(results)))

    def _drop_files(self) -> None:
        """Remove folders of data sets and results whose row is gone."""
        gone: list[Path] = []
        with self.writing() as connection:
            self.database.lock_files(connection)
            for table in (DATASETS, RESULTS):
                known = set(connection.execute(sa.select(table.c.id)).scalars())
                for folder in (self.folder / table.name).iterdir():
                    if folder.name not in known and not folder.name.startswith("."):
                        gone.append(folder.rename(self.folder / "work" / f"gone-{new_id()}"))
            known = set(connection.execute(sa.select(DATASETS.c.id)).scalars())
            cached = chain.from_iterable(map((self.folder / "cache").glob, _CACHED))
            for folder in [each for each in cached if _is_unused(each, known)]:
                gone.append(folder.rename(self.folder / "work" / f"gone-{new_id()}"))
        for folder in gone:
            shutil.rmtree(folder, ignore_errors=True)

    def use_cached(self, name: str, dataset_id: str) -> None:
        """Note that a folder of the cache is one of a data set, with which it is deleted."""
        with suppress(OSError):  # it was deleted meanwhile
            (self.folder / "cache" / name / f"{_USER}{dataset_id}").touch()


def _is_unused(cached: Path, datasets: set[str]) -> bool:
    """True if no data set uses a folder of the cache; those that are gone are forgotten."""
    users = list(cached.glob(f"{_USER}*"))
    left = [user for user in users if user.name.removeprefix(_USER) in datasets]
    for user in set(users) - set(left):
        user.unlink(missing_ok=True)
    return not left and (bool(users) or cached.stat().st_mtime < time.time() - _OLD)


def _used(what: str, reason: str, fix: str) -> UsedError:
    return UsedError(
        f"{what}: it cannot be deleted, as {reason}. Allowed: what nothing needs any more. "
        f"To fix: {fix}."
    )
