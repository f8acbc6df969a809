"""Calibrate the simulator from exports and report what the data taught."""

from omegaconf import DictConfig

from mediagym.agents.setup import CalibrateCommand, learnt, load
from mediagym.envs.calibration import Priors, apply_journeys, save_posterior
from mediagym.envs.calibration.report import calibration_content, learning_table
from mediagym.envs.calibration.report.page import write_report
from mediagym.scripts.cli import (
    console,
    launch,
    print_line,
    print_notes,
    progress,
    run_folder,
    to_plain_dict,
)


def main(config: DictConfig) -> None:
    """Calibrate; write the posterior and the report."""
    folder = run_folder()
    settings = to_plain_dict(config)
    asked = CalibrateCommand.read(settings)
    history, notes = load(settings)
    settings = apply_journeys(settings, history.names)
    with progress("calibrating") as say:
        posterior = learnt(settings, history, say)
        save_posterior(posterior, folder)
        if asked.report:
            say("drawing the report")
            content = calibration_content(
                history, posterior, Priors.of(settings["priors"], "priors")
            )
            write_report(content, settings["objective"]["name"], folder / "calibration")
    console.print(learning_table(posterior.report))
    print_notes(notes)
    print_line(f"\nposterior  {folder / 'posterior.npz'}")
    if asked.report:
        print_line(f"report     {folder / 'calibration' / 'calibration.html'}")


def run() -> None:
    """Console entry."""
    launch(main, "calibrate")


if __name__ == "__main__":
    run()
