"""Send requests that are drawn from the description of the API; fails on an answer that is none."""

import sys
from collections import Counter

from rich.table import Table

from mediagym.scripts.cli import command, console, print_line, progress
from mediagym.scripts.fuzzing.requests import (
    FuzzRequestsCommand,
    answers_table,
    fuzz_requests,
)


@command("fuzz_requests", FuzzRequestsCommand.read)
def run(options: FuzzRequestsCommand) -> None:
    """Print counts by operation, and each request whose answer is not as it is described."""
    with progress("sending requests") as show_progress:
        answers = fuzz_requests(options, lambda answer: show_progress(answer.operation))
    heads, *rows = answers_table(answers)
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    failed = [answer for answer in answers if answer.failures]
    for answer in {answer.failures: answer for answer in failed}.values():
        print_line(f"{answer.operation}  {answer.status}  {'; '.join(answer.failures)}")
        print_line(answer.request[:2000])
    statuses = Counter(answer.status // 100 for answer in answers)
    counts = ", ".join(f"{kind}xx {count}" for kind, count in sorted(statuses.items()))
    print_line(f"\nrequests  {len(answers)}: {counts}")
    print_line(f"failures  {len(failed)}")
    if failed or statuses[5]:
        sys.exit(1)


if __name__ == "__main__":
    run()
