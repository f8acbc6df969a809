"""Read mutated exports whose truth is known, and hostile files; fails if one is misread."""

import sys

from rich.progress import Progress
from rich.table import Table

from mediagym.scripts.cli import command, console, print_line, run_folder
from mediagym.scripts.fuzzing import (
    FAILURES,
    HOSTILE,
    FuzzCommand,
    Result,
    run_all,
    table_of,
    write_failure,
)


@command("fuzz", FuzzCommand.read)
def run(options: FuzzCommand) -> None:
    """Print counts by mutation and verdict; write the cases that should be looked at."""
    folder = options.output or run_folder()
    with Progress(console=console) as bar:
        task = bar.add_task("reading", total=options.files + len(HOSTILE) * options.hostile)

        def report(result: Result) -> None:
            write_failure(result, folder)
            bar.advance(task)

        results = run_all(options, report)
    heads, *rows = table_of(results)
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    failed = [result for result in results if result.verdict in FAILURES]
    print_line(f"\nfailures  {len(failed)} of {len(results)}")
    print_line(f"cases     {folder}")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    run()
