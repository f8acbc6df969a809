"""Jobs are claimed once, survive their workers, and end once; on both databases."""

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediagym.scripts.app.jobs import (
    MAX_ATTEMPTS,
    LeaseLostError,
    beat,
    cancel,
    claim,
    counts,
    durations,
    events,
    fail,
    finish,
    give_back,
    job,
    jobs,
    latest_jobs,
)
from mediagym.scripts.app.jobs.queue import worker_died
from mediagym.scripts.app.storage import Job, QueueFullError, Store, UnknownError

PROBLEM = {"title": "No", "status": 422}


def written(store: Store, name: str, content: str = "{}") -> Path:
    folder = store.folder / "work" / name
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(content)
    return folder


def test_jobs_are_claimed_in_their_order(store: Store, ask: Callable[..., Job]) -> None:
    ids = [ask(seed).id for seed in range(4)]
    assert counts(store)["queued"] == 4
    claimed = [claim(store, f"worker {n}", 60) for n in range(5)]
    assert [each.id if each else None for each in claimed] == [*ids, None]
    assert {each.state for each in jobs(store)} == {"running"}
    assert [each.id for each in jobs(store, limit=2)] == ids[:1:-1]


def test_jobs_of_the_background_come_last_until_somebody_asks_for_them(
    store: Store, ask: Callable[..., Job]
) -> None:
    first, second = (ask(seed, background=True).id for seed in range(2))
    third = ask(2).id
    assert ask(1).id == second
    order = [claim(store, "w", 60) for _ in range(3)]
    assert [each.id if each else None for each in order] == [second, third, first]


def test_the_job_of_a_worker_that_is_dead_waits_for_no_lease(
    store: Store, ask: Callable[..., Job]
) -> None:
    key = ask().id
    claim(store, "first", 1000)
    worker_died(store, "other")
    assert claim(store, "second", 1000) is None
    worker_died(store, "first")
    taken = claim(store, "second", 1000)
    assert taken is not None
    assert (taken.id, taken.attempt) == (key, 2)
    worker_died(store, "second", was_asked=True)
    assert (job(store, key).state, job(store, key).attempt) == ("queued", 1)


def test_many_workers_never_claim_the_same_job(store: Store, ask: Callable[..., Job]) -> None:
    ids, claimed = [ask(seed).id for seed in range(40)], []
    start = threading.Barrier(6)

    def work(name: str) -> None:
        start.wait()
        while (mine := claim(store, name, 60)) is not None:
            claimed.append((mine.id, name))

    threads = [threading.Thread(target=work, args=(f"worker {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(key for key, _ in claimed) == Counter(ids)


def test_the_same_request_is_one_job_whoever_asks_at_once(
    store: Store, ask: Callable[..., Job]
) -> None:
    start, found = threading.Barrier(6), []

    def request() -> None:
        start.wait()
        found.append(ask().id)

    threads = [threading.Thread(target=request) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_work_that_is_done_is_not_done_again_unless_it_is_asked_for(
    store: Store, ask: Callable[..., Job]
) -> None:
    first = ask()
    assert ask() == first
    claim(store, "w", 60)
    done = finish(store, first.id, "w", written(store, "one"))
    assert ask() == done
    assert ask(fresh=True).id != first.id
    assert ask(1).id != first.id
    failed = ask(2)
    claim(store, "w", 60)
    claim(store, "w", 60)
    claim(store, "w", 60)
    fail(store, failed.id, "w", PROBLEM)
    assert ask(2).id != failed.id


def test_a_lease_that_ends_gives_the_job_to_another(
    store: Store, ask: Callable[..., Job], clock: Any
) -> None:
    key = ask().id
    claim(store, "first", 60)
    clock.forward(59)
    assert claim(store, "second", 60) is None
    assert beat(store, key, "first", "calibrating", 1, 4)
    clock.forward(59)
    assert claim(store, "second", 60) is None
    clock.forward(2)
    taken = claim(store, "second", 60)
    assert taken is not None
    assert (taken.id, taken.attempt) == (key, 2)
    assert not beat(store, key, "first", "calibrating", 2, 4)
    with pytest.raises(LeaseLostError):
        finish(store, key, "first", written(store, "first"))
    with pytest.raises(LeaseLostError):
        fail(store, key, "first", PROBLEM)
    assert finish(store, key, "second", written(store, "second")).state == "done"
    assert list((store.folder / "results").iterdir()) == [
        store.folder / "results" / str(job(store, key).result)
    ]


def test_after_three_workers_a_job_has_failed(
    store: Store, ask: Callable[..., Job], clock: Any
) -> None:
    key = ask().id
    for number in range(MAX_ATTEMPTS):
        taken = claim(store, f"worker {number}", 10)
        assert taken is not None
        assert taken.attempt == number + 1
        clock.forward(11)
    assert claim(store, "worker", 10) is None
    ended = job(store, key)
    assert ended.state == "failed"
    assert ended.error is not None
    assert ended.error["code"] == "worker-lost"
    assert claim(store, "worker", 10) is None


def test_a_worker_that_is_asked_to_end_gives_its_job_back(
    store: Store, ask: Callable[..., Job]
) -> None:
    key = ask().id
    for _ in range(MAX_ATTEMPTS + 2):  # it was no failure
        claim(store, "first", 60)
        give_back(store, key, "other")
        give_back(store, key, "first")
    taken = claim(store, "second", 60)
    assert taken is not None
    assert (taken.id, taken.attempt) == (key, 1)


@pytest.mark.parametrize("begun", [False, True])
def test_a_cancelled_job_stops_and_stays_cancelled(
    store: Store, ask: Callable[..., Job], begun: bool
) -> None:
    key = ask().id
    if begun:
        claim(store, "w", 60)
        assert beat(store, key, "w", "planning", 0, None)
    assert cancel(store, key).state == "cancelled"
    assert not beat(store, key, "w", "planning", 1, None)
    with pytest.raises(LeaseLostError):
        finish(store, key, "w", written(store, "late"))
    assert claim(store, "w", 60) is None
    assert cancel(store, key).state == "cancelled"
    assert job(store, key).result is None
    assert ask().id != key


def test_what_has_ended_stays_as_it_is(store: Store, ask: Callable[..., Job]) -> None:
    key = ask().id
    claim(store, "w", 60)
    done = finish(store, key, "w", written(store, "one"))
    assert cancel(store, key) == done
    with pytest.raises(LeaseLostError):
        finish(store, key, "w", written(store, "two", "other"))
    assert job(store, key) == done
    with pytest.raises(UnknownError):
        cancel(store, "nothing")


def test_equal_files_are_one_result(store: Store, ask: Callable[..., Job]) -> None:
    results = []
    for seed, content in enumerate(("{}", "{}", "[]")):
        key = ask(seed).id
        claim(store, "w", 60)
        results.append(finish(store, key, "w", written(store, key, content)).result)
    assert results[0] == results[1] != results[2]
    assert len(list((store.folder / "results").iterdir())) == 2


def test_events_tell_the_life_of_a_job_once(
    store: Store, ask: Callable[..., Job], clock: Any
) -> None:
    key = ask().id
    claim(store, "w", 60)
    for done in (0, 1, 1, 2):
        clock.forward(10)
        beat(store, key, "w", f"plans: budget {done}", done, 4)
    finish(store, key, "w", written(store, "one"))
    notices = events(store, key)
    assert [(each.state, each.done) for each in notices] == [
        ("queued", 0),
        ("running", 0),
        ("running", 0),
        ("running", 1),
        ("running", 2),
        ("done", 2),
    ]
    assert [each.eta_seconds for each in notices][3:5] == [30.0, 30.0]
    assert events(store, key, after=notices[3].id) == notices[4:]


def test_the_time_left_is_that_of_the_latest_jobs_of_the_kind(
    store: Store, ask: Callable[..., Job], clock: Any
) -> None:
    for seed, seconds in enumerate((10, 40, 100)):
        claimed = ask(seed).id
        claim(store, "w", 1000)
        clock.forward(seconds)
        finish(store, claimed, "w", written(store, claimed))
    assert durations(store) == [("plan", "done", 3, 150.0)]
    key = ask(9).id
    claim(store, "w", 1000)
    left = []
    for _ in range(3):
        clock.forward(15)
        beat(store, key, "w", "planning", 0, None)
        left.append(job(store, key).eta_seconds)
    assert left == [25.0, 10.0, None]


def test_a_full_queue_refuses_new_work_alone(store: Store, ask: Callable[..., Job]) -> None:
    known = [ask(seed, limit=2) for seed in range(2)]
    with pytest.raises(QueueFullError, match="2 jobs wait"):
        ask(2, limit=2)
    assert ask(1, limit=2) == known[1]
    claim(store, "w", 60)
    assert ask(2, limit=2).state == "queued"
    assert counts(store) == {"queued": 2, "running": 1}


def test_data_of_another_advertiser_are_refused(
    store: Store, ask: Callable[..., Job], files: Callable[..., Path]
) -> None:
    dataset = store.add_dataset(store.add_advertiser("b").id, "exports", files(a_csv="1")).id
    with pytest.raises(UnknownError):
        ask(dataset=dataset)
    with pytest.raises(UnknownError):
        ask(advertiser="nobody")
    assert ask(advertiser="b", dataset=dataset).dataset == dataset


def test_the_latest_job_of_each_kind_is_found_behind_any_number_of_others(
    store: Store, ask: Callable[..., Job]
) -> None:
    assert latest_jobs(store, "a") == {}
    done = [ask(seed, kind=kind).id for seed, kind in enumerate(("plan", "plan", "score"))]
    for key in done:
        claim(store, "w", 60)
        finish(store, key, "w", written(store, key))
    waits = [ask(seed).id for seed in range(3, 210)]
    found = {kind: job.id for kind, job in latest_jobs(store, "a").items()}
    assert found == {"plan": waits[-1], "score": done[2]}
    assert list(found) == ["plan", "score"]
    ended = {kind: job.id for kind, job in latest_jobs(store, "a", state="done").items()}
    assert ended == {"plan": done[1], "score": done[2]}
    assert latest_jobs(store, "a", dataset="0" * 32) == {}
    assert {each.kind for each in jobs(store, "a", kind="score")} == {"score"}
