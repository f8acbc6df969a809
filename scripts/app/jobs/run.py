"""One job, run in this process."""

import io
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from mediagym.data.cache import uses_heard
from mediagym.data.errors import MediaGymError
from mediagym.data.storage import write_text

from ..security import problem_of
from ..storage import Job, Store
from .kinds import KINDS, Kind, Places
from .references import resolved

_PARTS = re.compile(r"\b(\d{1,6}) of (\d{1,6})\b")
_LONGEST_STAGE = 200  # characters


class Notify(Protocol):
    """Hears how far a job is; may raise to stop it."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Say the stage and how many of its parts are done."""


class Work:
    """Folders of one attempt at a job; only `result` is kept."""

    def __init__(self, store: Store, job: Job) -> None:
        self.folder = store.folder / "work" / job.id / str(job.attempt)
        self.result = self.folder / "result"

    def begin(self) -> None:
        """Make empty folders."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.result.mkdir(parents=True)

    def clear(self) -> None:
        """Remove what the attempt left, and the job's folder if no other attempt left anything."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if not any(self.folder.parent.glob("*")):
            shutil.rmtree(self.folder.parent, ignore_errors=True)


def run_job(store: Store, job: Job, notify: Notify, kinds: dict[str, Kind] = KINDS) -> Path:
    """Run the command of a job and return the folder of its files.

    What the command prints is kept as ``log.txt``.

    Args:
        store: where its data are.
        job: what to do.
        notify: hears how far it is.
        kinds: what can be asked for.

    Raises:
        MediaGymError: the command refuses what was asked for.
    """
    from mediagym.scripts.cli import hosted  # heavy: it brings torch

    work, kind = Work(store, job), kinds[job.kind]
    work.begin()
    notify("reading the request", 0, None)
    data = store.dataset_folder(job.dataset) if job.dataset else store.folder / "datasets"
    places = Places(data, store.folder / "cache", work.result, work.folder / "inputs")
    log = io.StringIO()
    report = _report(notify, _cleaner(store, work))
    with hosted(report, work.result, log), uses_heard(partial(_note_use, store, job)):
        options = kind.options(resolved(store, job.kind, job.body, places.inputs), places)
        kind.run(options)
    write_text(work.result / "log.txt", _cleaner(store, work)(log.getvalue()))
    return work.result


def problem_document(error: BaseException, store: Store) -> dict[str, Any]:
    """Return the problem of RFC 9457 that says why a job failed, without paths of the server."""
    if not isinstance(error, MediaGymError):
        return {
            "type": "urn:mediagym:problem:internal",
            "title": "The server made a mistake",
            "status": 500,
            "code": "internal",
            "detail": f"The work ended with {type(error).__name__}. To fix: look at the server's "
            "log for the job's id, then ask for it again.",
        }
    document = problem_of(error).document()
    text = re.sub(re.escape(str(store.folder)) + r"(/[\w.-]+)*/", "", document["detail"])
    return {**document, "detail": text}


def _cleaner(store: Store, work: Work) -> Callable[[str], str]:
    """Return what takes the server's folders out of a text."""
    own = re.compile(
        "|".join(re.escape(f"{each}/") for each in (work.result, work.folder, store.folder))
    )
    return lambda text: own.sub("", text)


def _note_use(store: Store, job: Job, entry: Path) -> None:
    """Note that the data set of a job uses the folder of the server's cache that an entry is in."""
    cache, entry = (store.folder / "cache").resolve(), entry.resolve()
    if job.dataset and entry.is_relative_to(cache):
        store.use_cached(entry.relative_to(cache).parts[0], job.dataset)


def _report(notify: Notify, clean: Callable[[str], str]) -> Any:
    """Return what takes progress of commands: a line such as "3 of 12" counts.

    Args:
        notify: hears how far the job is.
        clean: takes the server's folders out of a text.
    """

    def report(task: str, line: str = "", done: int = 0, total: int | None = None) -> None:
        parts = _PARTS.search(line)
        if total is None and parts is not None:
            done, total = int(parts[1]), int(parts[2])
        stage = f"{task}: {line}" if line else task
        notify(clean(stage)[:_LONGEST_STAGE], done, total)

    return report
