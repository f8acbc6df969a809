"""Read mutated exports whose truth is known, and hostile files; fails if one is misread."""

import sys

from rich.progress import Progress
from rich.table import Table

from mediagym.scripts.cli import command, console, print_line, run_folder
from mediagym.scripts.fuzzing import (
    FAILURES,
    HOSTILE,
    FuzzCommand,
    run_all,
    table_of,
    write_failures,
)


@command("fuzz", FuzzCommand.read)
def run(options: FuzzCommand) -> None:
    """Print counts by mutation and verdict; write the cases that should be looked at."""
    with Progress(console=console) as bar:
        total = options.files + len(HOSTILE) * options.hostile
        task = bar.add_task("reading", total=total)
        results = run_all(options, lambda: bar.advance(task))
    heads, *rows = table_of(results)
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    folder = options.output or run_folder()
    write_failures(results, folder)
    failed = [result for result in results if result.verdict in FAILURES]
    print_line(f"\nfailures  {len(failed)} of {len(results)}")
    print_line(f"cases     {folder}")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    run()
