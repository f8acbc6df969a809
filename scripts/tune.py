"""Search a learner's settings by Optuna, on validation markets; goes on where it was stopped."""

from omegaconf import DictConfig

from mediagym.agents.learning import learner_of
from mediagym.agents.tuning import TuneCommand, tune
from mediagym.agents.workflow import prepare
from mediagym.scripts.launch import launch, plain
from mediagym.scripts.screen import run_folder, tell, working


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
