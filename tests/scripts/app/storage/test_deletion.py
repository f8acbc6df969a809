"""What nothing needs is deleted with its files; what is in use stays whole."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mediagym.scripts.app.jobs import cancel, claim, finish, job, jobs, submit
from mediagym.scripts.app.storage import Dataset, Job, Store, UnknownError, UsedError

Files = Callable[..., Path]


@pytest.fixture
def dataset(store: Store, files: Files) -> Dataset:
    return store.add_dataset(store.add_advertiser("a").id, "exports", files(a_csv="1"))


@pytest.fixture
def finished(store: Store, files: Files) -> Callable[..., Job]:
    """Function that returns a job that has written a file."""

    def work(kind: str, dataset: Dataset, content: str | None = None, **more: Any) -> Job:
        made = submit(
            store,
            kind,
            {"seed": len(jobs(store))},
            advertiser=dataset.advertiser,
            dataset=dataset.id,
            requested_by="me",
            **more,
        )
        claim(store, "worker", 60)
        return finish(store, made.id, "worker", files(plan_json=content or made.id))

    return work


def folders(store: Store, kind: str) -> set[str]:
    return {path.name for path in (store.folder / kind).iterdir()}


def test_an_upload_goes_with_its_analyses_and_leaves_its_plans(
    store: Store, dataset: Dataset, finished: Callable[..., Job], files: Files
) -> None:
    other = store.add_dataset("a", "newer", files(a_csv="2"))
    kept = finished("ingest", other)
    analyses = [finished(kind, dataset) for kind in ("ingest", "calibrate", "insights")]
    plan = finished("plan", dataset)
    store.delete_dataset(dataset.id, "me")
    with pytest.raises(UnknownError):
        store.dataset(dataset.id)
    for each in analyses:
        with pytest.raises(UnknownError):
            job(store, each.id)
    assert folders(store, "datasets") == {other.id}
    assert folders(store, "results") == {kept.result, plan.result}
    assert job(store, plan.id).dataset is None
    assert folders(store, "work") == set()
    (entry,) = store.audit_log()
    assert (entry.action, entry.who, entry.subject) == ("delete_dataset", "me", dataset.id)
    again = store.add_dataset("a", "exports", files(a_csv="1"))
    assert again.id == dataset.id
    assert finished("ingest", again).id not in {each.id for each in analyses}


def test_what_a_job_works_on_is_not_deleted(
    store: Store, dataset: Dataset, finished: Callable[..., Job], files: Files
) -> None:
    own = store.add_dataset("a", "mine", files(p_csv="1"), purpose="plan")
    plan = finished("plan", dataset)
    body = {"plan": [own.id, plan.result]}
    given = {"advertiser": "a", "dataset": dataset.id, "requested_by": "me"}
    score = submit(store, "score", body, **given)
    for delete, key in (
        (store.delete_dataset, dataset.id),
        (store.delete_dataset, own.id),
        (store.delete_job, plan.id),
        (store.delete_job, score.id),
        (store.delete_advertiser, "a"),
    ):
        with pytest.raises(UsedError, match=r"score .* waits.*To fix: wait for it, or cancel it"):
            delete(key, "me")
    cancel(store, score.id)
    store.delete_job(score.id, "me")
    store.delete_job(plan.id, "me")
    store.delete_dataset(own.id, "me")
    assert folders(store, "results") == set()
    assert folders(store, "datasets") == {dataset.id}


def test_a_plan_that_is_saved_or_shared_is_not_deleted(
    store: Store, dataset: Dataset, finished: Callable[..., Job], clock: Any
) -> None:
    plan = finished("plan", dataset)
    scenario = store.save_scenario("a", "spring", plan.id)
    with pytest.raises(UsedError, match="scenario 'spring' is it"):
        store.delete_job(plan.id, "me")
    store.adopt(scenario.id, "me")
    for delete, key in (
        (store.delete_job, plan.id),
        (store.delete_dataset, dataset.id),
        (store.delete_advertiser, "a"),
    ):
        with pytest.raises(UsedError, match="the plan under way, 'spring'"):
            delete(key, "me")
    store.delete_scenario(scenario.id)
    store.add_share("a", plan.result or "", "me", clock.now + timedelta(days=1))
    for delete, key in (
        (store.delete_job, plan.id),
        (store.delete_dataset, dataset.id),
        (store.delete_advertiser, "a"),
    ):
        with pytest.raises(UsedError, match="link for clients is open"):
            delete(key, "me")
    clock.forward(2 * 86400)
    store.delete_job(plan.id, "me")
    assert store.shares("a") == []
    assert folders(store, "results") == set()


def test_files_stay_as_long_as_another_job_has_the_same(
    store: Store, dataset: Dataset, finished: Callable[..., Job]
) -> None:
    first, second = (finished("plan", dataset, "same") for _ in range(2))
    assert first.result == second.result
    store.delete_job(first.id, "me")
    assert store.result_file(second.result or "", "plan.json").read_text() == "same"
    store.delete_job(second.id, "me")
    assert folders(store, "results") == set()


def test_a_job_goes_with_those_that_followed_it(
    store: Store, dataset: Dataset, finished: Callable[..., Job]
) -> None:
    plan = finished("plan", dataset)
    after = finished("frontier", dataset, follows=plan.id)
    store.delete_job(plan.id, "me")
    with pytest.raises(UnknownError):
        job(store, after.id)
    assert folders(store, "results") == set()


def test_an_advertiser_goes_with_everything_and_nobody_elses(
    store: Store, dataset: Dataset, finished: Callable[..., Job], files: Files
) -> None:
    others = store.add_dataset(store.add_advertiser("b").id, "exports", files(a_csv="1"))
    shared = finished("plan", others, "same")
    store.save_scenario("a", "one", finished("plan", dataset, "same").id)
    finished("ingest", dataset)
    store.delete_advertiser("a", "me")
    assert [each.id for each in store.advertisers()] == ["b"]
    assert folders(store, "datasets") == {others.id}
    assert folders(store, "results") == {shared.result}
    assert store.add_advertiser("a").id == "a"


@pytest.mark.parametrize("kind", ["posterior", "experiment"])
def test_what_is_cached_goes_with_the_last_data_set_that_uses_it(
    store: Store, dataset: Dataset, files: Files, kind: str
) -> None:
    other = store.add_dataset("a", "newer", files(a_csv="2"))
    cache = store.folder / "cache"
    for name in (f"{kind}-1", f"{kind}-2", f"{kind}-new", f"{kind}-old", "other-old"):
        (cache / name).mkdir()
        (cache / name / "arrays.npz").write_bytes(b"draws")
    os.utime(cache / f"{kind}-old", (0, 0))  # nobody is known to use it, and no job makes it now
    for name, user in (("1", dataset), ("2", dataset), ("2", other)):
        store.use_cached(f"{kind}-{name}", user.id)
    store.use_cached(f"{kind}-gone", other.id)
    store.delete_dataset(dataset.id, "me")
    assert folders(store, "cache") == {f"{kind}-2", f"{kind}-new", "other-old"}
    store.add_dataset("a", "exports", files(a_csv="1"))
    store.delete_advertiser("a", "me")
    assert folders(store, "cache") == {f"{kind}-new", "other-old"}
    assert folders(store, "work") == set()
