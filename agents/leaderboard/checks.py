"""Submissions of a folder, each held against the published markets."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...data.bounded import read_bounded_json
from ...data.display import visible
from ...data.errors import DataError, MediaGymError, data_error, shown
from ...data.types import Floats
from ...envs.suite import every_task, reference_of
from ..rollout import percent_of
from .submission import Submission, TaskResult, clairvoyant_hash

ABOVE = 0.01  # percent by which a flight may exceed the clairvoyant: the tolerance of its solver
MAX_FILES = 10_000


def checked_submissions(folders: Sequence[Path]) -> tuple[list[Submission], list[str]]:
    """Return the sound submissions of some folders, and a line about each file that is not.

    Args:
        folders: folders of ``*.json``; a policy's first file counts, in the order of the folders
            and of the names of the files.

    Raises:
        DataError: if one of them is no folder, or holds too many files.
    """
    found: dict[str, Submission] = {}
    wrong = []
    for folder in dict.fromkeys(each.resolve() for each in folders):
        for path in _files(folder):
            try:
                submission = read_submission(path)
                other = found.setdefault(submission.policy.casefold(), submission)
                if other is not submission:
                    raise data_error(
                        str(path),
                        f"the policy {shown(submission.policy)} has another file already",
                        "one file per policy",
                        "rename the policy, or remove one of the files",
                    )
            except MediaGymError as error:
                wrong.append(visible(str(error)))
    return list(found.values()), wrong


def read_submission(path: Path) -> Submission:
    """Return the submission in a file.

    Raises:
        DataError: if it is no submission, or disagrees with the published markets.
        ConfigError: naming the key that is missing or not allowed.
    """
    submission = Submission.of(read_bounded_json(path), str(path))
    names = [result.task for result in submission.tasks]
    for result in submission.tasks:
        problem = _problem_of(result) or (
            ("it is there twice", "each task once", "remove one of them")
            if names.count(result.task) > 1
            else None
        )
        if problem is not None:
            given, allowed, fix = problem
            raise data_error(f"{path}: {visible(result.task)}", given, allowed, fix)
    return submission


def percents(result: TaskResult) -> Floats:
    """Return the values of all flights in percent of the clairvoyant, (seeds, markets)."""
    return percent_of(np.array(result.values), reference_of(result.task).daily["test"])


def _problem_of(result: TaskResult) -> tuple[str, str, str] | None:
    """Return what is wrong, what is allowed and how to mend it; None for a sound result."""
    again = "fly it again with scripts/evaluate.py"
    keys = [key for key, _ in every_task()]
    if result.task not in keys:
        return "there is no such task", f"one of {', '.join(keys)}", "correct the name"
    published = reference_of(result.task)
    if result.sha256 != published.sha256["test"]:
        return "the markets are others", "the published test markets", again
    if result.clairvoyant != clairvoyant_hash(result.task):
        return "the task is of another version", "the present version", again
    markets = len(published.daily["test"])
    for flights in result.values:
        if len(flights) != markets:
            return f"{len(flights)} markets", f"all {markets} test markets", again
    if result.violations or result.cents_off:
        return (
            f"{result.violations} constraints broken and {result.cents_off} cents off",
            "none, as every request is projected onto the constraints",
            again,
        )
    percent = percents(result)
    if (percent > 100 + ABOVE).any():
        seed, market = np.argwhere(percent > 100 + ABOVE)[0]
        return (
            f"seed {seed + 1} has {percent[seed, market]:.2f} % of the clairvoyant in market "
            f"{market + 1}",
            "at most 100 %, as the clairvoyant knows the market",
            again,
        )
    return None


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError(
            f"folder: {shown(folder)} is no folder. Allowed: a folder of submissions (*.json). "
            "To fix: write one with scripts/evaluate.py submission.name=NAME."
        )
    files = sorted(folder.glob("*.json"))
    if len(files) > MAX_FILES:
        raise DataError(
            f"folder: {shown(folder)} holds {len(files):,} files. Allowed: at most {MAX_FILES:,}. "
            "To fix: split it."
        )
    return files
