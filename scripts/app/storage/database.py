"""Engine and transactions of SQLite (default) or PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError

from .errors import StoreError
from .migrations import migrate

_BUSY = 30_000  # milliseconds that a writer waits for another
_LOCK = 7_307_811  # number of the advisory lock under which tables are made
_FILES = 7_307_814  # that under which folders of files come and go


class Database:
    """Transactions on one database.

    SQLite is opened with a write-ahead log; a writing transaction takes the lock at its beginning,
    so that it never fails half-way because another has written.
    """

    def __init__(self, url: str) -> None:
        try:
            self.engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        except (ArgumentError, ImportError) as error:
            raise StoreError(
                f"MEDIAGYM_DATABASE: cannot be used ({error}). Allowed: "
                "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE, or nothing for SQLite. "
                "To fix: correct it, or unset it."
            ) from None
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _prepared)
            sa.event.listen(self.engine, "begin", _begun)
        try:
            self._create()
        except StoreError:
            self.engine.dispose()
            raise
        except DBAPIError as error:
            self.engine.dispose()
            raise StoreError(
                f"database: cannot be opened ({_first_line(error)}). Allowed: a writable data "
                "folder, or a PostgreSQL that answers. To fix: choose another data_folder, or "
                "start the database that MEDIAGYM_DATABASE names."
            ) from None

    def _create(self) -> None:
        with self.writing() as connection:
            self.lock(connection, _LOCK)
            migrate(connection)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Hold a transaction that writes nothing."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Hold a transaction that is committed as a whole, or not at all."""
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def lock_files(self, connection: sa.Connection) -> None:
        """Let nobody else add or remove folders of files, until the transaction ends."""
        self.lock(connection, _FILES)

    def lock(self, connection: sa.Connection, number: int) -> None:
        """Let one writer at a time pass, until its transaction ends; SQLite does so by itself."""
        if self.engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def url_of(folder: Path) -> str:
    """Return the address of the SQLite database of a data folder."""
    return sa.URL.create("sqlite", database=str(folder / "database.sqlite")).render_as_string()


def _prepared(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: `_begun` does
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={_BUSY}", "journal_mode=WAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begun(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]
