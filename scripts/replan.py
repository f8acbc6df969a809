"""Plan the rest of a flight from what its first days brought; write what to set now, and why."""

from typing import TYPE_CHECKING

from mediagym.scripts.cli import command, console, print_line, print_notes, progress

if TYPE_CHECKING:
    from mediagym.agents.live import ReplanCommand


@command("replan", "mediagym.agents.live:ReplanCommand.read")
def run(options: "ReplanCommand") -> None:
    """Replay the flight, plan its days left, and write the files."""
    from mediagym.agents.live import flight_of, write_replan
    from mediagym.agents.plans import plan_table

    with progress("re-planning") as show_progress:
        flight = flight_of(options, show_progress)
        show_progress("planning the days left")
        written = write_replan(flight, options, show_progress)
    console.print(plan_table(written.content))
    print_notes(written.content["warnings"], options.output / "plan.html")
    for path in written.paths:
        print_line(str(path))


if __name__ == "__main__":
    run()
