"""A server whose processes are killed at random moments while jobs are asked for."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Annotated, NamedTuple

from pydantic import Field

from mediagym.data.settings import Command
from mediagym.scripts.app.jobs import events, job, jobs, submit
from mediagym.scripts.app.storage import Job, Store, content_id, manifest

_SERVER = Path(__file__).parents[2] / "serve.py"
_LEASE = 3.0  # seconds
_LONGEST = 5.0  # seconds until the next kill
_SETTLED = 0.9  # share of kills that wait until workers have been started
_PATIENCE = 240.0  # seconds in which all jobs must end once nobody is killed any more
_OPEN = ("queued", "running")


class JobsCommand(Command):
    """Options of the command, as documented in `conf/fuzz_jobs.yaml`."""

    kills: Annotated[int, Field(ge=0)]
    jobs: Annotated[int, Field(ge=1)]
    workers: Annotated[int, Field(ge=1, le=16)]
    database: str | None
    seed: int


class Outcome(NamedTuple):
    """What was found after the kills."""

    servers: int  # killed
    workers: int  # killed
    done: int  # jobs
    given_up: int  # jobs that lost three workers and say so
    repeated: int  # attempts beyond the first of each job
    failures: tuple[str, ...]  # what must not be


def killed_server(options: JobsCommand) -> Outcome:
    """Kill a server and its workers again and again, and judge what they left."""
    rng = Random(options.seed)  # noqa: S311  # reproducible, and no secret
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        store = Store(folder / "data", options.database)
        server = _Server(folder, options)
        try:
            ids, killed = _killing(server, store, folder, options, rng)
            _wait(store, ids)
            status = server.end()
        finally:
            server.kill()
        failures = [*_judged(store, ids), *([f"the server ended with {status}"] if status else [])]
        ended = [job(store, key) for key in ids]
        store.close()
    return Outcome(
        killed.count("server"),
        killed.count("worker"),
        sum(each.state == "done" for each in ended),
        sum(_gave_up(each) for each in ended),
        sum(each.attempt - 1 for each in ended),
        tuple(failures),
    )


class _Server:
    """`scripts/serve.py` in a process of its own, started again whenever it is dead."""

    def __init__(self, folder: Path, options: JobsCommand) -> None:
        self._folder, self._options = folder, options
        self._environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        if options.database is not None:
            self._environment["MEDIAGYM_DATABASE"] = options.database
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        words = [
            f"port={port}",
            f"data_folder={self._folder / 'data'}",
            f"workers={self._options.workers}",
            "sample=false",
            f"jobs.lease={_LEASE}",
        ]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603  # our own command
                [sys.executable, str(_SERVER), *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
            )

    def workers(self) -> list[int]:
        """Return the ids of the processes that the server has started."""
        path = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        try:
            tasks = path.parent.parent.glob("*/children")
            return [int(word) for task in tasks for word in task.read_text().split()]
        except OSError:
            return []

    def settle(self) -> None:
        """Wait until the server has started its workers."""
        deadline = time.monotonic() + _PATIENCE
        while not self.workers() and time.monotonic() < deadline:
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill the server with SIGKILL; its workers see it and end after their job."""
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Start the server again."""
        self._process = self._started()

    def end(self) -> int:
        """Ask the server to end and return its status."""
        self.settle()
        self._process.terminate()
        return self._process.wait(60)


def _killing(
    server: _Server, store: Store, folder: Path, options: JobsCommand, rng: Random
) -> tuple[list[str], list[str]]:
    """Ask for jobs while processes are killed; return the jobs and what was killed."""
    advertiser = store.add_advertiser("killed").id
    dataset = store.add_dataset(advertiser, "small", _small_export(folder / "upload")).id
    ids: list[str] = []
    killed: list[str] = []
    while len(killed) < options.kills or len(ids) < options.jobs:
        due = options.jobs * (len(killed) + 1) // max(options.kills, 1)
        while len(ids) < min(max(due, 1), options.jobs):
            body = {"data": {"minimum_days": len(ids) + 1}}  # no two are the same work
            asked = submit(
                store, "ingest", body, advertiser=advertiser, dataset=dataset, requested_by="drill"
            )
            ids.append(asked.id)
        if len(killed) < options.kills:
            if rng.random() < _SETTLED:
                server.settle()
            time.sleep(rng.uniform(0.0, _LONGEST))
            killed.append(_kill_one(server, rng))
    return ids, killed


def _kill_one(server: _Server, rng: Random) -> str:
    workers = server.workers()
    if workers and rng.random() < 2 / 3:
        try:
            os.kill(rng.choice(workers), signal.SIGKILL)
        except ProcessLookupError:  # it has just ended
            pass
        else:
            return "worker"
    server.kill()
    server.restart()
    return "server"


def _small_export(folder: Path) -> Path:
    """Write 40 days of two campaigns and return the folder."""
    folder.mkdir()
    rows = [
        f"2025-{1 + day // 28:02d}-{1 + day % 28:02d},{name},{10 + day}.5,{9 * day},{day},{day % 7}"
        for day in range(40)
        for name in ("Search", "Video")
    ]
    head = "Day,Campaign,Cost,Impressions,Clicks,Conversions"
    (folder / "google.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return folder


def _wait(store: Store, ids: Sequence[str]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if all(job(store, key).state not in _OPEN for key in ids):
            return
        time.sleep(0.5)


def _judged(store: Store, ids: Sequence[str]) -> Iterator[str]:
    """Yield what must not be: jobs lost, done twice or torn."""
    found = {each.id: each for each in jobs(store, limit=10 * len(ids))}
    for key in ids:
        each = found.get(key)
        if each is None or each.state in _OPEN:
            yield f"lost: job {key} is {each.state if each else 'not there'}"
            continue
        endings = [event.state for event in events(store, key) if event.state not in _OPEN]
        if endings != [each.state]:
            yield f"twice: job {key} has ended as {endings}"
        if each.state == "done" and each.result is not None:
            kept = store.result(each.result)
            if manifest(store.folder / "results" / kept.id) != kept.files:
                yield f"torn: result {kept.id} differs from its manifest"
        elif not _gave_up(each):
            yield f"failed: job {key}: {each.error}"
    for folder in (store.folder / "results").iterdir():
        if content_id(manifest(folder)) != folder.name:
            yield f"torn: {folder.name} is not what its name says"
    if store.database.engine.dialect.name == "sqlite":
        with store.reading() as connection:
            if connection.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
                yield "torn: the database"


def _gave_up(each: Job) -> bool:
    """Whether a job has lost as many workers as it may, and says so."""
    return each.state == "failed" and (each.error or {}).get("code") == "worker-lost"
