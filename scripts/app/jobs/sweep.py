"""Removes files that nobody refers to: what processes left that were killed in the middle."""

import shutil
import time
from pathlib import Path

import sqlalchemy as sa

from ..storage import DATASETS, JOBS, RESULTS, Store

_OLD = 3600.0  # seconds; younger files may belong to a process that is about to refer to them


def sweep(store: Store) -> list[Path]:
    """Remove leftovers of killed processes and return their folders.

    These are folders of jobs that do not run, and results and data sets without a row that are
    older than an hour.
    """
    with store.reading() as connection:
        running = set(
            connection.execute(sa.select(JOBS.c.id).where(JOBS.c.state == "running")).scalars()
        )
        results = set(connection.execute(sa.select(RESULTS.c.id)).scalars())
        datasets = set(connection.execute(sa.select(DATASETS.c.id)).scalars())
    found = _strangers(store.folder / "work", running)
    found += _strangers(store.folder / "results", results)
    found += _strangers(store.folder / "datasets", datasets)
    for folder in found:
        shutil.rmtree(folder, ignore_errors=True)
    return found


def _strangers(folder: Path, known: set[str]) -> list[Path]:
    before = time.time() - _OLD
    return [
        path
        for path in folder.iterdir()
        if path.is_dir() and path.name not in known and path.stat().st_mtime < before
    ]
