"""Advertisers, their data sets, and the results of jobs."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from mediagym.data.errors import shown

from .base import Base
from .contents import content_id, keep, listed, manifest, unlisted
from .errors import StoreError, TakenError, UnknownError
from .records import Advertiser, Dataset, Purpose, Result, StoredFile
from .tables import ADVERTISERS, DATASETS, RESULTS

_LONGEST_NAME = 120  # characters


def require_name(name: str, concept: str) -> str:
    """Return a name that people chose, trimmed.

    Raises:
        StoreError: it is empty, too long, or has characters that cannot be seen.
    """
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise StoreError(
            f"{concept}: the name {shown(name)} was given. Allowed: 1 to {_LONGEST_NAME} "
            "printable characters. To fix: choose another name."
        )
    return name


def slug_of(name: str) -> str:
    """Return a name as letters a-z, digits and hyphens; empty if it has none of them."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40]


class Catalog(Base):
    """Files by advertiser, and files by content."""

    def add_advertiser(self, name: str) -> Advertiser:
        """Add an advertiser and return it; its id is a slug of the name.

        Raises:
            StoreError: the name is not allowed, or taken.
        """
        name = require_name(name, "advertiser")
        taken = {each.id for each in self.advertisers()}
        slug = stem = slug_of(name) or "advertiser"
        number = 2
        while slug in taken:
            slug, number = f"{stem}-{number}", number + 1
        made = Advertiser(slug, name, self.clock())
        try:
            with self.writing() as connection:
                connection.execute(sa.insert(ADVERTISERS).values(**vars(made)))
        except IntegrityError:
            raise TakenError(
                f"advertiser: {shown(name)} exists already. Allowed: a new name. To fix: choose "
                "another name, or add the exports to that advertiser."
            ) from None
        return made

    def advertisers(self) -> list[Advertiser]:
        """Return all advertisers, the newest first."""
        query = sa.select(ADVERTISERS).order_by(ADVERTISERS.c.created.desc(), ADVERTISERS.c.id)
        with self.reading() as connection:
            return [Advertiser(**row._mapping) for row in connection.execute(query)]

    def advertiser(self, advertiser_id: str) -> Advertiser:
        """Return an advertiser.

        Raises:
            UnknownError: there is none of that id.
        """
        return Advertiser(**self._row(ADVERTISERS, "advertiser", advertiser_id)._mapping)

    def add_dataset(
        self, advertiser: str, name: str, files: Path, purpose: Purpose = "exports"
    ) -> Dataset:
        """Take a folder of received files over and return its data set.

        The folder is moved as a whole; the same files again give the data set that is there.

        Raises:
            StoreError: there is no file, or one is not regular; the name is not allowed.
            UnknownError: no such advertiser.
        """
        name = require_name(name, "data set")
        self.advertiser(advertiser)
        found = manifest(files)
        key = content_id(found, advertiser, purpose)
        size = sum(file.size for file in found)
        made = Dataset(key, advertiser, purpose, name, self.clock(), size, found)
        with self.writing() as connection:
            self.database.lock_files(connection)
            keep(files, self.folder / "datasets" / key)
            known = connection.execute(sa.select(DATASETS).where(DATASETS.c.id == key)).first()
            if known is not None:
                return _dataset(known)
            row = vars(made) | {"files": listed(found)}
            connection.execute(sa.insert(DATASETS).values(**row))
        return made

    def dataset(self, dataset_id: str) -> Dataset:
        """Return a data set.

        Raises:
            UnknownError: there is none of that id.
        """
        return _dataset(self._row(DATASETS, "data set", dataset_id))

    def datasets(
        self, advertiser: str | None = None, purpose: Purpose | None = "exports"
    ) -> list[Dataset]:
        """Return the data sets of an advertiser, or of all, the newest first."""
        query = sa.select(DATASETS).order_by(DATASETS.c.created.desc(), DATASETS.c.id)
        if advertiser is not None:
            query = query.where(DATASETS.c.advertiser == advertiser)
        if purpose is not None:
            query = query.where(DATASETS.c.purpose == purpose)
        with self.reading() as connection:
            return [_dataset(row) for row in connection.execute(query)]

    def dataset_folder(self, dataset_id: str) -> Path:
        """Return the folder of a data set's files.

        Raises:
            UnknownError: there is none of that id.
        """
        return self.folder / "datasets" / self.dataset(dataset_id).id

    def add_result(
        self, connection: sa.Connection, kind: str, folder: Path, files: Sequence[StoredFile]
    ) -> str:
        """Move the folder of a finished job to its place and return the id of the result.

        Its row is written in the same transaction, unless the same content was a result before.

        Args:
            connection: of the transaction which ends the job.
            kind: of the job.
            folder: what the job has written.
            files: its `manifest`, which is slow and so made before the transaction.
        """
        self.database.lock_files(connection)
        key = content_id(files)
        keep(folder, self.folder / "results" / key)
        if connection.execute(sa.select(RESULTS.c.id).where(RESULTS.c.id == key)).first() is None:
            row = {"id": key, "kind": kind, "files": listed(files)}
            connection.execute(sa.insert(RESULTS).values(created=self.clock(), **row))
        return key

    def result(self, result_id: str) -> Result:
        """Return a result.

        Raises:
            UnknownError: there is none of that id.
        """
        values: dict[str, Any] = dict(self._row(RESULTS, "result", result_id)._mapping)
        return Result(**values | {"files": unlisted(values["files"])})

    def result_file(self, result_id: str, name: str) -> Path:
        """Return the path of a file of a result; only names that the result has are allowed.

        Raises:
            UnknownError: there is no such result, or no such file in it.
        """
        result = self.result(result_id)
        if all(file.name != name for file in result.files):
            raise UnknownError("file", name)
        return self.folder / "results" / result.id / name


def _dataset(row: sa.Row[Any]) -> Dataset:
    values: dict[str, Any] = dict(row._mapping)
    return Dataset(**values | {"files": unlisted(values["files"])})
