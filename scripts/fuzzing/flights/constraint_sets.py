"""Fly random constraint sets with reports that break the plan; fails if a rule or a cent is off."""

import sys

from mediagym.scripts.cli import command, print_line, progress_bar
from mediagym.scripts.fuzzing.flights import FlightsCommand, fly_all, verdict_counts


@command("fuzz_flights", FlightsCommand.read)
def run(options: FlightsCommand) -> None:
    """Print each case that failed, and a line of counts."""
    with progress_bar("flights", options.cases) as advance:
        flights = fly_all(options, lambda _: advance())
    counts = verdict_counts(flights)
    failed = [verdict for verdict in flights if verdict.outcome in ("broken", "stopped")]
    for verdict in failed:
        print_line(f"{verdict.number}  {verdict.outcome}  {verdict.reason}")
    print_line("  ".join(f"{name} {count:,}" for name, count in counts.items()))
    print_line(f"failures  {len(failed)} of {len(flights)}")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    run()
