"""Train the shipped network on in worlds without a gradient, by PPO: what that gains, and where."""

from typing import TYPE_CHECKING

from mediagym.data.storage import write_json
from mediagym.scripts.cli import command, command_line, print_line, progress_bar, run_folder

if TYPE_CHECKING:
    from mediagym.agents.studies import BlackBoxCommand


@command("black_box", "mediagym.agents.studies:BlackBoxCommand.read")
def run(options: "BlackBoxCommand") -> None:
    """Train and fly; print a line per world and policy; write the table and all flights."""
    from mediagym.agents.studies import (
        black_box_markdown,
        black_box_summary,
        black_box_text,
        fly_black_box,
        write_table,
    )

    parts = len(options.cases()) + len(options.tasks())
    with progress_bar("calibrations and trainings", parts) as advance:
        rows = fly_black_box(options, lambda _: advance())
    study = options.black_box
    summary = black_box_summary(rows, study.resamples, study.noise)
    for row in summary:
        print_line(black_box_text(row))
    folder = options.output or run_folder()
    table = black_box_markdown(summary, command_line("research/black_box"))
    print_line(f"\ntable  {write_table(folder / 'black_box.md', table)}")
    content = {"summary": summary, "rows": rows}
    print_line(f"study  {write_json(folder / 'black_box.json', content)}")


if __name__ == "__main__":
    run()
