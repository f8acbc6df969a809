"""What every part of the store stands on: a folder, a database and a clock."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from .database import Database, url_of
from .errors import StoreError, UnknownError
from .tables import AUDIT


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Base:
    """A data folder and its database; everything in the database is relative to the folder.

    Args:
        folder: data folder; made if it is not there.
        url: address of a PostgreSQL; None: SQLite in the folder.
        clock: gives the moment that is now.
    """

    def __init__(
        self, folder: Path, url: str | None = None, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        self.folder, self.clock = Path(folder).resolve(), clock
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreError(
                f"data_folder: {folder} cannot be made ({error.strerror}). Allowed: a writable "
                "folder. To fix: choose another one."
            ) from None
        self.database = Database(url or url_of(self.folder))
        for name in ("datasets", "results", "work", "cache"):
            (self.folder / name).mkdir(exist_ok=True)

    def close(self) -> None:
        """Give back all connections."""
        self.database.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Hold a transaction that writes nothing."""
        with self.database.reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Hold a transaction that is committed as a whole, or not at all."""
        with self.database.writing() as connection:
            yield connection

    def _row(self, table: sa.Table, concept: str, key: str, connection: Any = None) -> sa.Row[Any]:
        """Return the row of an id.

        Raises:
            UnknownError: there is none.
        """
        query = sa.select(table).where(table.c.id == key)
        if connection is not None:
            row = connection.execute(query).first()
        else:
            with self.reading() as own:
                row = own.execute(query).first()
        if row is None:
            raise UnknownError(concept, str(key))
        return row  # type: ignore[no-any-return]

    def _audit(
        self, connection: sa.Connection, who: str, action: str, subject: str, detail: dict[str, Any]
    ) -> None:
        """Append to the audit log, within a transaction."""
        row = {"who": who, "action": action, "subject": subject, "detail": detail}
        connection.execute(sa.insert(AUDIT).values(time=self.clock(), **row))


def new_id() -> str:
    """Return an id that nobody can guess: 32 hex digits."""
    return secrets.token_hex(16)
