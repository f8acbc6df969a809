"""Search a learner's settings by Optuna, on validation markets; goes on where it was stopped."""

from omegaconf import DictConfig

from mediagym.agents.setup import prepare
from mediagym.agents.studies import TuneCommand, tune
from mediagym.agents.training import learner_of
from mediagym.scripts.cli import launch, print_line, progress, run_folder, to_plain_dict


def main(config: DictConfig) -> float:
    """Search; return the best percent of the clairvoyant on validation markets."""
    settings = to_plain_dict(config)
    asked = TuneCommand.read(settings)
    learner_of(asked.agent)
    asked.require_searchable()
    folder = asked.output or run_folder()
    with progress("preparing") as say:
        session = prepare(settings, say)
    best = tune(session, asked, folder, print_line)
    print_line(f"\nbest     {best['percent']:.2f} % of the clairvoyant on validation markets")
    print_line(f"train    python scripts/train.py {best['overrides']}")
    print_line(f"trials   {folder / 'tune.json'}")
    return float(best["percent"])


def run() -> None:
    """Console entry."""
    launch(main, "tune")


if __name__ == "__main__":
    run()
