"""Search a learner's settings with Optuna, on validation markets; an interrupted search resumes."""

from typing import TYPE_CHECKING

from mediagym.scripts.cli import command, print_line, progress, run_folder

if TYPE_CHECKING:
    from mediagym.agents.studies import TuneCommand


@command("tune", "mediagym.agents.studies:TuneCommand.read")
def run(options: "TuneCommand") -> float:
    """Search; return the best percent of the clairvoyant on validation markets."""
    from mediagym.agents.setup import prepare
    from mediagym.agents.studies import tune

    options.require_searchable()
    folder = options.output or run_folder()
    with progress("preparing") as show_progress:
        experiment = prepare(options.experiment, show_progress)
    with progress("training trial by trial"):
        best = tune(experiment, options, folder, print_line)
    print_line(f"\nbest     {best['percent']:.2f} % of the clairvoyant on validation markets")
    print_line(f"train    python scripts/train.py {best['overrides']}")
    print_line(f"trials   {folder / 'tune.json'}")
    return float(best["percent"])


if __name__ == "__main__":
    run()
