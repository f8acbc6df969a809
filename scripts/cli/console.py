"""Console output of the commands: progress, notes, and lines with paths."""

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from hydra.core.hydra_config import HydraConfig
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from mediagym.data.display import MAX_MESSAGE, shortened, terminal, visible

from .notes import brief_notes

# texts are never read as markup or emoji codes: they hold names that users chose
console = Console(width=None if sys.stdout.isatty() else 140, markup=False, emoji=False)

_MAX_PROGRESS = 120  # characters of a line of progress


class Report(Protocol):
    """Takes progress in place of the terminal."""

    def __call__(self, task: str, line: str = "", done: int = 0, total: int | None = None) -> None:
        """Say what is being done, and how many of its parts are done."""


@dataclass(frozen=True)
class _Host:
    """A program that runs a command in its own process, and hears of it."""

    report: Report
    folder: Path  # of the run
    log: TextIO


_hosts: list[_Host] = []  # the last one hosts the command that is running


@contextmanager
def hosted(report: Report, folder: Path, log: TextIO) -> Iterator[None]:
    """Run a command inside this block for another program, instead of for a terminal.

    Args:
        report: called with progress; it may raise to stop the command.
        folder: what `run_folder` returns.
        log: takes what the command prints.
    """
    _hosts.append(_Host(report, folder, log))
    console.file = log
    try:
        yield
    finally:
        _hosts.pop()
        # None: whatever sys.stdout is when something is printed
        console.file = _hosts[-1].log if _hosts else None  # type: ignore[assignment]


@contextmanager
def progress(task: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner with the latest line of progress; without a terminal, print the task once.

    Args:
        task: description of the work inside the block.

    Yields:
        A function that replaces the line of progress.
    """
    if _hosts:
        report = _hosts[-1].report
        report(task)
        yield lambda line: report(task, line)
        return
    if not sys.stdout.isatty():
        console.print(terminal(task, MAX_MESSAGE))
        yield lambda line: None
        return
    with console.status(terminal(task)) as status:
        yield lambda line: status.update(terminal(f"{task}: {line}", _MAX_PROGRESS))


@contextmanager
def progress_bar(task: str, total: int) -> Iterator[Callable[[], None]]:
    """Show on stderr how much is done and the time left; without a terminal, a line per tenth.

    Args:
        task: description of the work inside the block, such as ``origins``.
        total: number of its parts.

    Yields:
        A function to call when a part is done.
    """
    if _hosts:
        yield _counted(_hosts[-1].report, task, total)
        return
    errors = Console(stderr=True, markup=False, emoji=False)
    if not errors.is_terminal:
        done = 0

        def count() -> None:
            nonlocal done
            done += 1
            if done * 10 // total > (done - 1) * 10 // total:
                print(f"{visible(task)}: {done} of {total} done", file=sys.stderr, flush=True)

        yield count
        return
    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=errors, transient=True) as bar:
        number = bar.add_task(shortened(task), total=total)
        yield lambda: bar.advance(number)


def _counted(report: Report, task: str, total: int) -> Callable[[], None]:
    done = itertools.count(1)
    report(task, total=total)
    return lambda: report(task, done=next(done), total=total)


def print_notes(notes: Sequence[str], full: Path | None = None) -> None:
    """Print each note on a line of its own; what is not text in it is not obeyed.

    Args:
        notes: what the reader has to know.
        full: file that holds all of them: of many, only a summary is printed. None: print all.
    """
    for note in notes if full is None else brief_notes(notes, str(full)):
        console.print(Text.assemble(("!", "yellow"), " ", terminal(note, MAX_MESSAGE)))


def print_line(line: str) -> None:
    """Print a line verbatim, without markup, highlighting or wrapping, so paths stay whole."""
    text = "\n".join(map(visible, line.split("\n")))
    console.print(text, highlight=False, soft_wrap=True)


def run_folder() -> Path:
    """Output folder that Hydra created for this run, or that its host has."""
    if _hosts:
        return _hosts[-1].folder
    return Path(HydraConfig.get().runtime.output_dir)
