"""A job that follows another begins when that is done, and ends with it otherwise."""

from collections.abc import Callable

from mediagym.scripts.app.jobs import cancel, claim, fail, finish, follower, job
from mediagym.scripts.app.storage import Job, Store


def claimed(store: Store) -> str | None:
    found = claim(store, "worker", 60)
    return None if found is None else found.id


def test_it_waits_while_others_pass(store: Store, ask: Callable[..., Job]) -> None:
    first = ask()
    after = ask(kind="frontier", follows=first.id)
    other = ask(2)
    assert [claimed(store) for _ in range(3)] == [first.id, other.id, None]
    folder = store.folder / "work" / "files"
    folder.mkdir()
    (folder / "plan.json").write_text("{}")
    finish(store, first.id, "worker", folder)
    assert claimed(store) == after.id
    found = follower(store, first.id, "frontier")
    assert found is not None
    assert (found.id, found.state, found.follows) == (after.id, "running", first.id)
    assert follower(store, other.id, "frontier") is None


def test_it_is_cancelled_with_the_one_before(store: Store, ask: Callable[..., Job]) -> None:
    first, failing = ask(), ask(1)
    after, last = (ask(kind="frontier", follows=each.id) for each in (first, failing))
    cancel(store, first.id)
    claim(store, "worker", 60)
    fail(store, failing.id, "worker", {"code": "refused"})
    assert {job(store, each.id).state for each in (after, last)} == {"cancelled"}
    late = ask(kind="frontier", follows=first.id)
    assert late.id != after.id
    assert late.state == "cancelled"


def test_the_same_work_after_another_job_is_another_job(
    store: Store, ask: Callable[..., Job]
) -> None:
    first, second = ask(), ask(1)
    one = ask(kind="frontier", follows=first.id)
    assert ask(kind="frontier", follows=first.id) == one
    assert ask(kind="frontier", follows=second.id).id != one.id
