"""Load mutated artefacts; fails if one is a traceback, hangs, fills the memory or runs code."""

import sys

from rich.progress import Progress
from rich.table import Table

from mediagym.data.storage import write_text
from mediagym.scripts.cli import command, console, print_line, run_folder
from mediagym.scripts.fuzzing.durability import (
    LOADING_FAILURES,
    ArtefactsCommand,
    Loading,
    fuzz_artefacts,
    loading_table,
)


@command("fuzz_artefacts", ArtefactsCommand.read)
def run(options: ArtefactsCommand) -> None:
    """Print counts by kind of artefact and outcome; write the cases that failed."""
    folder = options.output or run_folder()
    with Progress(console=console) as bar:
        task = bar.add_task("loading", total=options.cases)

        def report(loading: Loading) -> None:
            bar.advance(task)

        options = options.model_copy(update={"output": folder})
        loadings = fuzz_artefacts(options, report)
    heads, *rows = loading_table(loadings)
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    failed = [each for each in loadings if each.outcome in LOADING_FAILURES]
    for each in failed:
        last = (each.message.strip().splitlines() or [""])[-1]
        print_line(f"{each.number}  {each.kind}  {each.mutation}  {each.outcome}: {last[:160]}")
    lines = ["\t".join(map(repr, each)) for each in loadings if each.outcome != "equal"]
    write_text(folder / "loadings.txt", "\n".join(lines) + "\n")
    print_line(f"\nfailures  {len(failed)} of {len(loadings)}")
    print_line(f"cases     {folder}")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    run()
