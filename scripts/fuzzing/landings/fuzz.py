"""Attribute mutated logs of a known site, and hostile logs; fails if one is misread."""

from mediagym.scripts.cli import command
from mediagym.scripts.fuzzing import FuzzCommand, run_suite
from mediagym.scripts.fuzzing.landings import LANDINGS


@command("fuzz_landings", FuzzCommand.read)
def run(options: FuzzCommand) -> None:
    """Print counts by mutation and verdict; write the cases that should be looked at."""
    run_suite(options, LANDINGS)


if __name__ == "__main__":
    run()
