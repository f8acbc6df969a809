"""Kill writers and plans, and plan on odd machines; fails if a file is torn or differs after it."""

import sys

from rich.table import Table

from mediagym.scripts.cli import command, console, print_line
from mediagym.scripts.fuzzing.durability import (
    CRASH_FAILURES,
    Crash,
    CrashesCommand,
    all_crashes,
    crash_table,
)


@command("fuzz_crashes", CrashesCommand.read)
def run(options: CrashesCommand) -> None:
    """Print all but the writers that survived, and counts by verdict."""

    def report(crash: Crash) -> None:
        if crash.verdict != "ok" or not crash.name.startswith("writer"):
            print_line(f"{crash.verdict}  {crash.name}: {crash.reason.strip()}".rstrip(": "))

    crashes = all_crashes(options, report)
    heads, *rows = crash_table(crashes)
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    failed = sum(crash.verdict in CRASH_FAILURES for crash in crashes)
    print_line(f"\nfailures  {failed} of {len(crashes)}")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    run()
