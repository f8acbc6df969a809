"""Choose the re-planner's process noise and temper on validation markets of several tasks."""

from typing import TYPE_CHECKING

from mediagym.data.storage import write_json
from mediagym.scripts.cli import command, print_line, progress_bar, run_folder

if TYPE_CHECKING:
    from mediagym.agents.studies import ReplannerGridCommand


@command("replanner_grid", "mediagym.agents.studies:ReplannerGridCommand.read")
def run(options: "ReplannerGridCommand") -> None:
    """Print a line per pair of settings, best first; write ``replanner_grid.json``."""
    import torch

    from mediagym.agents.studies import replanner_grid

    torch.set_num_threads(options.threads)
    with progress_bar("flights", len(options.pairs) * len(options.tasks)) as advance:
        rows = replanner_grid(options, advance)
    for row in rows:
        tasks = "  ".join(f"{key} {percent:.2f}" for key, percent in row["tasks"].items())
        print_line(
            f"walk {row['walk']:<6g} temper {row['temper']:<5g} mean {row['mean']:.3f}   {tasks}"
        )
    folder = options.output or run_folder()
    print_line(f"\nscores  {write_json(folder / 'replanner_grid.json', {'rows': rows})}")


if __name__ == "__main__":
    run()
