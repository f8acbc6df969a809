"""Give every key of every command hostile values; fails on more than one clean message."""

import sys

from rich.progress import Progress
from rich.table import Table

from mediagym.scripts.cli import command, console, print_line
from mediagym.scripts.fuzzing.settings_cases import (
    FAILURES,
    SettingsCommand,
    answers_table,
    commands,
    composed,
    run_all,
)


@command("fuzz_settings", SettingsCommand.read)
def run(options: SettingsCommand) -> None:
    """Print counts by command and verdict, and each case that failed."""
    entries = commands()
    configs = {name: composed(name) for name in entries}
    with Progress(console=console) as bar:
        task = bar.add_task("parsing", total=options.cases)
        answers = run_all(options, entries, configs, lambda _: bar.advance(task))
    heads, *rows = answers_table(answers)
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    failed = [answer for answer in answers if answer.verdict in FAILURES]
    for answer in failed:
        print_line(f"{answer.verdict}  {answer.command}: {answer.key} = {answer.value}")
        print_line(answer.reason)
    print_line(f"\nfailures  {len(failed)} of {len(answers)}")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    run()
