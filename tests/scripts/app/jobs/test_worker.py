"""Worker processes do the jobs, obey, and are started again when they die."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.drill_worker import KINDS

from mediagym.scripts.app.jobs import (
    Supervisor,
    cancel,
    claim,
    events,
    job,
    submit,
    workers_alive,
)
from mediagym.scripts.app.jobs.worker import Worker
from mediagym.scripts.app.storage import Job, Store

PROGRAM = Path(__file__).parents[3] / "helpers" / "drill_worker.py"
LONGEST = 60.0  # seconds that a loaded machine may take


def until(condition: Callable[[], Any]) -> None:
    """Wait for what other processes do."""
    deadline = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with a real clock, for other processes to share."""
    store = Store(tmp_path / "data")
    store.add_advertiser("a")
    yield store
    store.close()


@pytest.fixture
def supervisor(store: Store) -> Iterator[Supervisor]:
    """One worker under supervision, whose leases are longer than any test."""
    options = SimpleNamespace(
        workers=1, log="text", jobs=SimpleNamespace(lease=600.0, patience=1.0)
    )
    supervisor = Supervisor(store, options, (sys.executable, str(PROGRAM)))
    supervisor.start()
    yield supervisor
    supervisor.stop()
    assert supervisor.processes() == []


def drill(store: Store, **body: Any) -> str:
    given = {"advertiser": "a", "dataset": None, "requested_by": "me"}
    return submit(store, "drill", {"parts": 1, **body}, **given).id


def test_a_worker_does_one_job_after_the_other(store: Store, supervisor: Supervisor) -> None:
    ids = [drill(store, parts=parts) for parts in (1, 2, 40)]
    until(lambda: all(job(store, key).state == "done" for key in ids))
    for key in ids:
        done = job(store, key)
        assert (done.attempt, done.error) == (1, None)
        assert done.result is not None
        log = store.result_file(done.result, "log.txt").read_text()
        assert log == "written to done.txt\n"
    notices = events(store, ids[-1])
    assert {each.total for each in notices} >= {None, 40}
    assert [each.state for each in notices].count("done") == 1
    assert workers_alive(store) == 1
    assert list((store.folder / "work").iterdir()) == []


def test_a_cancelled_job_ends_at_its_next_sign_of_progress(
    store: Store, supervisor: Supervisor
) -> None:
    key, after = drill(store, parts=10_000), drill(store)
    until(lambda: job(store, key).done > 2)
    (worker,) = supervisor.processes()
    assert cancel(store, key).state == "cancelled"
    until(lambda: job(store, after).state == "done")
    assert job(store, key).state == "cancelled"
    assert supervisor.processes() == [worker]


@pytest.mark.slow
def test_a_worker_that_does_not_obey_is_ended(store: Store, supervisor: Supervisor) -> None:
    key, after = drill(store, is_deaf=True), drill(store)
    until(lambda: job(store, key).stage.startswith("pausing"))
    (worker,) = supervisor.processes()
    cancel(store, key)
    until(lambda: job(store, after).state == "done")
    assert worker not in supervisor.processes()
    assert job(store, key).state == "cancelled"


@pytest.mark.slow
def test_a_job_whose_worker_is_killed_is_done_by_the_next_one(
    store: Store, supervisor: Supervisor
) -> None:
    key = drill(store, parts=60)
    until(lambda: job(store, key).done > 2)
    os.kill(supervisor.processes()[0], signal.SIGKILL)
    until(lambda: job(store, key).state == "done")
    assert job(store, key).attempt == 2
    assert [each.state for each in events(store, key)].count("done") == 1


def test_a_worker_that_is_asked_to_end_lets_its_job_wait(
    store: Store, supervisor: Supervisor
) -> None:
    key = drill(store, parts=10_000)
    until(lambda: job(store, key).done > 2)
    supervisor.stop()
    left = job(store, key)
    assert (left.state, left.attempt) == ("queued", 0)
    assert workers_alive(store) == 0


def test_an_error_of_the_program_is_no_secret_of_the_server(store: Store, tmp_path: Path) -> None:
    key = drill(store, is_wrong=True)
    worker = Worker(store, "here", 60.0, KINDS)
    worker.run(claimed(store))
    failed = job(store, key)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error["code"] == "internal"
    assert "ZeroDivisionError" in failed.error["detail"]
    assert str(tmp_path) not in str(failed.error)
    assert "secret" not in str(failed.error)
    assert list((store.folder / "work").iterdir()) == []


def claimed(store: Store) -> Job:
    found = claim(store, "here", 60.0)
    assert found is not None
    return found
