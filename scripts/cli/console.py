"""Console output of the commands: progress, notes, and lines with paths."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

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

# texts are never read as markup or emoji codes: they hold names that users chose
console = Console(width=None if sys.stdout.isatty() else 140, markup=False, emoji=False)

_MAX_PROGRESS = 120  # characters of a line of progress


@contextmanager
def progress(task: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner with the latest line of progress; without a terminal, print the task once.

    Args:
        task: description of the work inside the block.

    Yields:
        A function that replaces the line of progress.
    """
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


def print_notes(notes: Sequence[str]) -> None:
    """Print each note on a line of its own; what is not text in it is not obeyed."""
    for note in notes:
        console.print(Text.assemble(("!", "yellow"), " ", terminal(note, MAX_MESSAGE)))


def print_line(line: str) -> None:
    """Print a line verbatim, without markup, highlighting or wrapping, so paths stay whole."""
    text = "\n".join(map(visible, line.split("\n")))
    console.print(text, highlight=False, soft_wrap=True)


def run_folder() -> Path:
    """Output folder that Hydra created for this run."""
    return Path(HydraConfig.get().runtime.output_dir)
