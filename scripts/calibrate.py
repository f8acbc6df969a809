"""Calibrate the simulator from exports and report what the data taught."""

from omegaconf import DictConfig

from mediagym.agents.calibration_report import write_report
from mediagym.agents.commands import CalibrateCommand
from mediagym.agents.credit import informed
from mediagym.agents.portrait import portrait_of
from mediagym.agents.report import learning_table
from mediagym.agents.workflow import learnt, load
from mediagym.envs.posterior import save_posterior
from mediagym.envs.priors import Priors
from mediagym.scripts.launch import launch, plain
from mediagym.scripts.screen import console, run_folder, tell, warn, working


def main(config: DictConfig) -> None:
    """Calibrate; write the posterior and the report."""
    folder = run_folder()
    settings = plain(config)
    asked = CalibrateCommand.read(settings)
    history, notes = load(settings)
    settings = informed(settings, history.names)
    with working("calibrating") as say:
        posterior = learnt(settings, history, say)
        save_posterior(posterior, folder)
        if asked.report:
            say("drawing the report")
            portrait = portrait_of(history, posterior, Priors.of(settings["priors"], "priors"))
            write_report(portrait, settings["objective"]["name"], folder / "calibration")
    console.print(learning_table(posterior.report))
    warn(notes)
    tell(f"\nposterior  {folder / 'posterior.npz'}")
    if asked.report:
        tell(f"report     {folder / 'calibration' / 'calibration.html'}")


def run() -> None:
    """Console entry."""
    launch(main, "calibrate")


if __name__ == "__main__":
    run()
