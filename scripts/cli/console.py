"""Console output of the commands: a progress spinner, notes, and lines with paths."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from rich.console import Console
from rich.markup import escape

console = Console(width=None if sys.stdout.isatty() else 140)


@contextmanager
def progress(task: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner with the latest line of progress; without a terminal, print the task once.

    Args:
        task: description of the work inside the block.

    Yields:
        A function that replaces the line of progress.
    """
    if not sys.stdout.isatty():
        console.print(task)
        yield lambda line: None
        return
    with console.status(task) as status:
        yield lambda line: status.update(f"{task}: {line}")


def print_notes(notes: Sequence[str]) -> None:
    """Print each note verbatim: brackets are not parsed as markup."""
    for note in notes:
        console.print(f"[yellow]![/] {escape(note)}")


def print_line(line: str) -> None:
    """Print a line verbatim, without markup, highlighting or wrapping, so paths stay whole."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def run_folder() -> Path:
    """Output folder that Hydra created for this run."""
    return Path(HydraConfig.get().runtime.output_dir)
