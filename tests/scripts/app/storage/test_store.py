"""What is kept is found again, on both databases, and nothing is kept twice or half."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from mediagym.scripts.app.jobs import claim, finish, submit
from mediagym.scripts.app.storage import ConflictError, Store, StoreError, UnknownError

Files = Callable[..., Path]


def planned(store: Store, advertiser: str, content: str = "{}", kind: str = "plan") -> str:
    """Id of a job that is done, with a result."""
    body = {"seed": len(content)}
    job = submit(store, kind, body, advertiser=advertiser, dataset=None, requested_by="me")
    claim(store, "worker", 60)
    folder = store.folder / "work" / job.id
    folder.mkdir()
    (folder / "plan.json").write_text(content)
    finish(store, job.id, "worker", folder)
    return job.id


def test_advertisers_have_ids_of_their_own_and_names_that_are_not_taken(store: Store) -> None:
    ids = [store.add_advertiser(name).id for name in ("Süd & Co", "sud co", "株式会社", "!")]
    assert ids == ["sud-co", "sud-co-2", "advertiser", "advertiser-2"]
    assert store.advertiser("sud-co").name == "Süd & Co"
    assert {each.id for each in store.advertisers()} == set(ids)
    for name in ("Süd & Co", "", " ", "a\x00b", "x" * 200):
        with pytest.raises(StoreError, match="To fix"):
            store.add_advertiser(name)
    with pytest.raises(UnknownError, match="is not known"):
        store.advertiser("nobody")


def test_the_same_files_are_one_data_set_of_each_advertiser(store: Store, files: Files) -> None:
    a, b = (store.add_advertiser(name).id for name in "ab")
    first = store.add_dataset(a, "first", files(a_csv="1", b_csv="22"))
    again = store.add_dataset(a, "again", files(b_csv="22", a_csv="1"))
    other = store.add_dataset(b, "first", files(a_csv="1", b_csv="22"))
    changed = store.add_dataset(a, "changed", files(a_csv="1", b_csv="23"))
    assert again == first
    assert len({first.id, other.id, changed.id}) == 3
    assert (first.size, [file.name for file in first.files]) == (3, ["a.csv", "b.csv"])
    assert {each.id for each in store.datasets(a)} == {first.id, changed.id}
    assert (store.dataset_folder(first.id) / "b.csv").read_text() == "22"
    plan = store.add_dataset(a, "my plan", files(p_csv="1"), purpose="plan")
    assert plan not in store.datasets(a)
    assert store.datasets(a, purpose="plan") == [plan]


def test_what_is_no_regular_file_is_refused_and_nothing_is_kept(store: Store, files: Files) -> None:
    a = store.add_advertiser("a").id
    folder = files(a_csv="1")
    (folder / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(StoreError, match="neither a file nor a folder"):
        store.add_dataset(a, "linked", folder)
    with pytest.raises(StoreError, match="none was given"):
        store.add_dataset(a, "empty", files())
    assert store.datasets() == []
    assert list((store.folder / "datasets").iterdir()) == []


def test_only_files_of_the_manifest_are_found(store: Store) -> None:
    job = planned(store, store.add_advertiser("a").id)
    (scenario,) = [store.save_scenario("a", "one", job)]
    assert store.result_file(scenario.result, "plan.json").read_text() == "{}"
    for name in ("../../database.sqlite", "other.json", "", "/etc/passwd", "./plan.json"):
        with pytest.raises(UnknownError):
            store.result_file(scenario.result, name)


def test_a_data_folder_can_be_moved(
    opened: Callable[[Path], Store], files: Files, tmp_path: Path
) -> None:
    store = opened(tmp_path / "before")
    advertiser = store.add_advertiser("a").id
    dataset = store.add_dataset(advertiser, "exports", files(a_csv="1"))
    scenario = store.save_scenario(advertiser, "one", planned(store, advertiser))
    store.close()
    shutil.move(tmp_path / "before", tmp_path / "after")
    moved = opened(tmp_path / "after")
    assert (moved.dataset_folder(dataset.id) / "a.csv").read_text() == "1"
    path = moved.result_file(scenario.result, "plan.json")
    assert path.is_relative_to(tmp_path / "after")
    assert path.read_text() == "{}"


def test_one_plan_of_an_advertiser_is_under_way(store: Store) -> None:
    a, b = (store.add_advertiser(name).id for name in "ab")
    first, second = (store.save_scenario(a, n, planned(store, a, n)) for n in ("one", "second"))
    other = store.save_scenario(b, "one", planned(store, b))
    assert store.adopted(a) is None
    for each in (first, second, other, second):
        assert store.adopt(each.id, "me").adopted
    assert [each.id for each in store.scenarios(a) if each.adopted] == [second.id]
    adopted = store.adopted(b)
    assert adopted is not None
    assert adopted.id == other.id
    assert [entry.subject for entry in store.audit_log() if entry.action == "adopt"] == [
        second.id,
        other.id,
        second.id,
        first.id,
    ]


def test_of_plans_that_are_adopted_at_once_one_is_under_way(store: Store) -> None:
    a = store.add_advertiser("a").id
    job = planned(store, a)
    made = [store.save_scenario(a, str(number), job).id for number in range(4)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda key: store.adopt(key, "me"), 8 * made))
    assert sum(each.adopted for each in store.scenarios(a)) == 1


def test_scenarios_have_names_of_their_own(store: Store) -> None:
    a, b = (store.add_advertiser(name).id for name in "ab")
    job = planned(store, a)
    first, second = store.save_scenario(a, "one", job), store.save_scenario(a, "two", job, "note")
    for refused in (
        lambda: store.save_scenario(a, "one", job),
        lambda: store.rename_scenario(second.id, "one"),
        lambda: store.rename_scenario(second.id, " "),
        lambda: store.save_scenario(b, "one", job),
        lambda: store.save_scenario(a, "three", planned(store, a, "score", "score")),
    ):
        with pytest.raises(StoreError):
            refused()
    assert store.rename_scenario(second.id, "three").note == "note"
    store.delete_scenario(first.id)
    assert [each.name for each in store.scenarios(a)] == ["three"]
    with pytest.raises(UnknownError):
        store.delete_scenario(first.id)


def test_the_audit_log_is_append_only(store: Store) -> None:
    for number in range(5):
        store.audit("me", "budget", "meta", {"cents": number})
    for statement in (
        "UPDATE audit SET who = 'you'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 1",
    ):
        with pytest.raises(DBAPIError, match="append-only"), store.writing() as connection:
            connection.exec_driver_sql(statement)
    latest = store.audit_log(limit=2)
    assert [entry.detail["cents"] for entry in latest] == [4, 3]
    before = store.audit_log(before=latest[-1].id)
    assert [entry.detail["cents"] for entry in before] == [2, 1, 0]
    assert {entry.who for entry in before} == {"me"}


def test_of_keys_and_tokens_only_hashes_are_kept(store: Store, clock) -> None:  # type: ignore[no-untyped-def]
    key, secret = store.add_key("owner", ["admin"], lambda text: f"hash of {len(text)}")
    token = store.add_token("login", key.id, timedelta(minutes=1))
    job = planned(store, store.add_advertiser("a").id)
    scenario = store.save_scenario("a", "one", job)
    share, link = store.add_share("a", scenario.result, "me", clock() + timedelta(days=1))
    with store.reading() as connection:
        for table in ("keys", "tokens", "shares"):
            text = str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())  # noqa: S608
            assert not any(each in text for each in (secret, token, link))
    assert store.key_by_id(key.id) == key
    assert store.revoke_key(key.id).revoked == clock()
    assert [each.revoked for each in store.keys()] == [clock()]  # noqa: SIM118  # a method
    assert store.use_token("other", token) is None
    assert store.use_token("login", token) == key.id
    assert store.use_token("login", token) is None
    assert store.share_of(link) == share
    clock.forward(86_400)
    assert store.share_of(link) is None
    again, link = store.add_share("a", scenario.result, "me")
    assert store.share_of(link) == again
    store.revoke_share(again.id, "me")
    assert store.share_of(link) is None
    late = store.add_token("login", key.id, timedelta(minutes=1))
    clock.forward(61)
    assert store.use_token("login", late) is None


def test_a_secret_stays_the_same(opened: Callable[[Path], Store], tmp_path: Path) -> None:
    first, second = opened(tmp_path / "data"), opened(tmp_path / "data")
    assert first.secret("sessions") == second.secret("sessions")
    assert first.secret("sessions") != first.secret("other")


def test_an_idempotency_key_stands_for_one_request_for_a_day(store: Store, clock) -> None:  # type: ignore[no-untyped-def]
    advertiser = store.add_advertiser("a").id

    def ask(body, key="k", by="me"):  # type: ignore[no-untyped-def]
        return submit(
            store, "plan", body, advertiser=advertiser, dataset=None, requested_by=by,
            idempotency_key=key, fresh=True,
        ).id  # fmt: skip

    first = ask({"seed": 1})
    assert ask({"seed": 1}) == first
    with pytest.raises(ConflictError, match="another request"):
        ask({"seed": 2})
    assert len({first, ask({"seed": 1}, by="you"), ask({"seed": 1}, key="l")}) == 3
    clock.forward(86_401)
    assert ask({"seed": 2}) != first


def test_a_data_folder_that_cannot_be_made_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"data_folder: .* cannot be made"):
        Store(tmp_path / "file" / "data")


@pytest.mark.parametrize("url", ["nonsense", "postgresql+psycopg://u@127.0.0.1:1/d", "oracle://x"])
def test_a_database_out_of_reach_is_one_message(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError, match="To fix"):
        Store(tmp_path / "data", url)
