"""Search a learner's settings by Optuna, on validation markets; goes on where it was stopped."""

from omegaconf import DictConfig

from mediagym.agents.setup import prepare
from mediagym.agents.studies import TuneCommand, tune
from mediagym.agents.training import learner_of
from mediagym.scripts.cli import launch, plain, run_folder, tell, working


def main(config: DictConfig) -> float:
    """Search; return the best percent of the clairvoyant on validation markets."""
    settings = plain(config)
    asked = TuneCommand.read(settings)
    learner_of(asked.agent)
    asked.require_searchable()
    folder = asked.output or run_folder()
    with working("preparing") as say:
        session = prepare(settings, say)
    best = tune(session, asked, folder, tell)
    tell(f"\nbest     {best['percent']:.2f} % of the clairvoyant on validation markets")
    tell(f"train    python scripts/train.py {best['overrides']}")
    tell(f"trials   {folder / 'tune.json'}")
    return float(best["percent"])


def run() -> None:
    """Console entry."""
    launch(main, "tune")


if __name__ == "__main__":
    run()
