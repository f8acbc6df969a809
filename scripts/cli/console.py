"""What commands show while they work."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from rich.console import Console
from rich.markup import escape

console = Console(width=None if sys.stdout.isatty() else 140)


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner with the latest line of progress; plain lines where there is no screen."""
    if not sys.stdout.isatty():
        console.print(what)
        yield lambda line: None
        return
    with console.status(what) as status:
        yield lambda line: status.update(f"{what}: {line}")


def print_notes(notes: Sequence[str]) -> None:
    """Print notes as they are; their brackets are no markup."""
    for note in notes:
        console.print(f"[yellow]![/] {escape(note)}")


def print_line(line: str) -> None:
    """Print a line with a path in it, which is neither coloured nor broken."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def run_folder() -> Path:
    """Return the folder that Hydra made for this run."""
    return Path(HydraConfig.get().runtime.output_dir)
