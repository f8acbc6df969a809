"""Databases of earlier versions are brought up to date; those of later ones are left alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from mediagym.scripts.app.jobs import claim, follower, job, submit
from mediagym.scripts.app.storage import Store, StoreError
from mediagym.scripts.app.storage.migrations import STEPS
from mediagym.scripts.app.storage.tables import SCHEMA_VERSION

FIRST = Path(__file__).parent
ROWS = (
    "INSERT INTO schema (version) VALUES (1)",
    "INSERT INTO advertisers (id, name, created) VALUES "
    "('acme', 'Acme', '2025-01-01T00:00:00.000000+00:00')",
    "INSERT INTO jobs (id, kind, body, advertiser, state, stage, done, attempt, created, "
    "requested_by, fingerprint, background) VALUES ('old', 'plan', '{\"seed\": 3}', 'acme', "
    "'queued', '', 0, 0, '2025-01-01T00:00:00.000000+00:00', 'me', 'f', {false})",
)


def write_first_version(url: str) -> None:
    """Make the tables as the first version made them, with an advertiser and its job."""
    engine = sa.create_engine(url)
    dialect = engine.dialect.name
    text = (FIRST / f"version_1_{dialect}.sql").read_text(encoding="utf-8")
    false = "false" if dialect == "postgresql" else "0"
    with engine.begin() as connection:
        for statement in (*text.split(";\n--\n"), *ROWS):
            connection.exec_driver_sql(statement.replace("{false}", false))
    engine.dispose()


def url_in(folder: Path, address: str | None) -> str:
    folder.mkdir(exist_ok=True)
    return address or f"sqlite:///{folder / 'database.sqlite'}"


def columns(url: str) -> dict[str, set[str]]:
    """Names of the columns and indices of each table."""
    engine = sa.create_engine(url)
    found = sa.inspect(engine)
    names = {
        table: {column["name"] for column in found.get_columns(table)}
        | {str(index["name"]) for index in found.get_indexes(table)}
        for table in found.get_table_names()
    }
    engine.dispose()
    return names


def test_the_first_version_becomes_the_latest_with_its_rows(
    address: str | None, opened: Callable[[Path], Store], tmp_path: Path
) -> None:
    url = url_in(tmp_path / "old", address)
    write_first_version(url)
    store = opened(tmp_path / "old")
    assert job(store, "old").body == {"seed": 3}
    assert job(store, "old").follows is None
    claimed = claim(store, "worker", 60)
    assert claimed is not None
    assert claimed.id == "old"
    after = submit(
        store, "frontier", {}, advertiser="acme", dataset=None, requested_by="me", follows="old"
    )
    assert follower(store, "old", "frontier") == after
    store.audit("me", "look", "old", {})
    store.close()
    again = opened(tmp_path / "old")  # the steps are run once
    assert [entry.action for entry in again.audit_log()] == ["look"]


def test_steps_make_the_tables_that_a_new_database_has(
    opened: Callable[[Path], Store], tmp_path: Path
) -> None:
    old = url_in(tmp_path / "old", None)
    write_first_version(old)
    Store(tmp_path / "old").close()
    Store(tmp_path / "new").close()
    assert columns(old) == columns(url_in(tmp_path / "new", None))
    assert set(STEPS) == set(range(2, SCHEMA_VERSION + 1))


def test_a_step_that_fails_leaves_the_database_as_it_was(
    address: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = url_in(tmp_path / "old", address)
    write_first_version(url)
    before = columns(url)
    broken = {**STEPS, SCHEMA_VERSION: (*STEPS[SCHEMA_VERSION], "ALTER TABLE nowhere ADD x TEXT")}
    monkeypatch.setattr("mediagym.scripts.app.storage.migrations.STEPS", broken)
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(tmp_path / "old", address)
    assert columns(url) == before


def test_a_later_version_is_refused_in_one_line(
    address: str | None, opened: Callable[[Path], Store], tmp_path: Path
) -> None:
    store = opened(tmp_path / "new")
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE schema SET version = 99")
    store.close()
    with pytest.raises(StoreError, match=r"^database: .*version 99\. Allowed: .*To fix: [^\n]+$"):
        opened(tmp_path / "new")
