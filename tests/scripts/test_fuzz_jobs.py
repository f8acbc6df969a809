"""A few kills of the server and its worker; `kill_server.py` makes many."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from helpers.databases import HAS_POSTGRESQL, MISSING, new_database, postgres_server

from mediagym.scripts.app.jobs import claim, finish, submit
from mediagym.scripts.app.storage import EVENTS, Store
from mediagym.scripts.fuzzing.durability import JobsCommand, killed_server
from mediagym.scripts.fuzzing.durability.jobs import _judged


def drill(database: str | None) -> None:
    found = killed_server(JobsCommand(kills=2, jobs=2, workers=1, database=database, seed=5))
    assert found.failures == ()
    assert found.servers + found.workers == 2
    assert found.done + found.given_up == 2


@pytest.mark.slow
def test_kills_lose_nothing_in_sqlite() -> None:
    drill(None)


@pytest.mark.slow
@pytest.mark.skipif(not HAS_POSTGRESQL, reason=MISSING)
def test_kills_lose_nothing_in_postgresql() -> None:
    with postgres_server() as server:
        drill(new_database(server))


def test_the_drill_sees_what_must_not_be(tmp_path: Path) -> None:
    store = Store(tmp_path / "data")
    store.add_advertiser("a")
    ids = []
    for seed in range(3):
        given = {"advertiser": "a", "dataset": None, "requested_by": "me"}
        ids.append(submit(store, "ingest", {"seed": seed}, **given).id)
    for key in ids[:2]:
        claim(store, "w", 60)
        folder = store.folder / "work" / key
        folder.mkdir()
        (folder / "a.json").write_text(key)
        result = finish(store, key, "w", folder).result
        path = store.result_file(str(result), "a.json")
    path.write_text("torn")
    with store.writing() as connection:
        columns = ("job", "time", "state", "stage", "done")
        done = sa.select(*(EVENTS.c[name] for name in columns)).where(
            EVENTS.c.job == ids[0], EVENTS.c.state == "done"
        )
        connection.execute(sa.insert(EVENTS).from_select(columns, done))
    words = [line.partition(":")[0] for line in _judged(store, [*ids, "0" * 32])]
    assert words == ["twice", "torn", "lost", "lost", "torn"]
    store.close()
