"""Read mutated exports whose truth is known, and hostile files; fails if one is misread."""

from mediagym.scripts.cli import command
from mediagym.scripts.fuzzing import EXPORTS, FuzzCommand, run_suite


@command("fuzz", FuzzCommand.read)
def run(options: FuzzCommand) -> None:
    """Print counts by mutation and verdict; write the cases that should be looked at."""
    run_suite(options, EXPORTS)


if __name__ == "__main__":
    run()
