"""What the latest jobs of an advertiser's data have found, kept in memory between requests."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..jobs import latest_jobs
from ..storage import Dataset, Job, Store, UnknownError
from .history import Daily, read_daily

_DOCUMENTS = 24  # JSON files kept in memory; a large one takes a few megabytes
_HISTORIES = 12


@dataclass(frozen=True)
class Findings:
    """A data set of an advertiser, and the jobs about it."""

    store: Store
    dataset: Dataset | None  # None: nothing was uploaded yet
    latest: Mapping[str, Job]  # kind -> the job asked for last, whatever its state
    done: Mapping[str, Job]  # kind -> the last one that is done

    def document(self, kind: str, name: str) -> Any:
        """A JSON file of the last result of a kind; None if there is no result yet."""
        job = self.done.get(kind)
        return None if job is None else document(self.store, job.result, name)

    def daily(self) -> Daily | None:
        """Daily figures by campaign; None until the exports have been read."""
        job = self.done.get("ingest")
        if job is None or job.result is None:
            return None
        files = ("history.csv", "ingest.json")
        table, ingest = (self.store.result_file(job.result, name) for name in files)
        return _daily(table, ingest)

    @property
    def active(self) -> list[Job]:
        """Jobs about the data set that wait or run, the oldest first."""
        newest_first = list(self.latest.values())
        return [job for job in reversed(newest_first) if not job.has_ended]

    def failed(self, kind: str) -> Job | None:
        """The job of a kind that was asked for last, if it failed."""
        job = self.latest.get(kind)
        return job if job is not None and job.state == "failed" else None


def findings(store: Store, advertiser: str, dataset: str | None = None) -> Findings:
    """Return what is known about a data set of an advertiser; the latest if none is named.

    Raises:
        UnknownError: the advertiser has no such data set.
    """
    every = store.datasets(advertiser)
    if dataset is None:
        chosen = every[0] if every else None
    else:
        chosen = next((each for each in every if each.id == dataset), None)
        if chosen is None:
            raise UnknownError("data set", dataset)
    if chosen is None:
        return Findings(store, None, {}, {})
    latest = latest_jobs(store, advertiser, chosen.id)
    return Findings(store, chosen, latest, latest_jobs(store, advertiser, chosen.id, "done"))


def document(store: Store, result: str | None, name: str) -> Any:
    """Return a JSON file of a result; None if the result or the file is not there."""
    if result is None:
        return None
    try:
        return _document(store.result_file(result, name))
    except UnknownError:
        return None


@lru_cache(maxsize=_DOCUMENTS)
def _document(path: Path) -> Any:
    """JSON of a file, which never changes: its folder is named by its content."""
    return json.loads(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=_HISTORIES)
def _daily(table: Path, ingest: Path) -> Daily:
    return read_daily(table, _document(ingest))
