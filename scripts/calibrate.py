"""Calibrate the simulator from exports and report what the data taught."""

from omegaconf import DictConfig

from mediagym.agents.setup import CalibrateCommand, learnt, load
from mediagym.envs.calibration import Priors, informed, save_posterior
from mediagym.envs.calibration.report import learning_table, portrait_of
from mediagym.envs.calibration.report.page import write_report
from mediagym.scripts.cli import console, launch, plain, run_folder, tell, warn, working


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
