"""Kill the server and its workers; fails if a job is lost or done twice, or a file is torn."""

import sys
from typing import TYPE_CHECKING

from mediagym.scripts.cli import command, print_line

if TYPE_CHECKING:
    from mediagym.scripts.fuzzing.durability import JobsCommand


@command("fuzz_jobs", "mediagym.scripts.fuzzing.durability:JobsCommand.read")
def run(options: "JobsCommand") -> None:
    """Print what was killed, what became of the jobs, and what must not be."""
    from mediagym.scripts.fuzzing.durability import killed_server

    found = killed_server(options)
    print_line(f"killed    {found.servers} servers, {found.workers} workers")
    print_line(f"jobs      {found.done} done, {found.given_up} given up after three workers")
    print_line(f"repeated  {found.repeated} attempts")
    print_line(f"failures  {len(found.failures)}")
    for each in found.failures:
        print_line(f"  {each}")
    if found.failures:
        sys.exit(1)


if __name__ == "__main__":
    run()
