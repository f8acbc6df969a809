"""Calibrate the simulator from an advertiser's exports; write the posterior and its report."""

from typing import TYPE_CHECKING

from mediagym.data.storage import write_text
from mediagym.scripts.cli import command, console, print_line, print_notes, progress, run_folder

if TYPE_CHECKING:
    from mediagym.agents.setup import CalibrateCommand


@command("calibrate", "mediagym.agents.setup:CalibrateCommand.read")
def run(options: "CalibrateCommand") -> None:
    """Calibrate; write the posterior and the report."""
    from mediagym.agents.setup import calibrated_or_updated, find_journeys, load
    from mediagym.envs.calibration import save_posterior
    from mediagym.envs.calibration.report import calibration_content, learning_table, verdict_of
    from mediagym.envs.calibration.report.page import write_report

    folder, config = run_folder(), options.experiment
    history, notes = load(config)
    findings = find_journeys(config, history)
    with progress("calibrating") as show_progress:
        posterior = calibrated_or_updated(options, history, findings, show_progress)
        save_posterior(posterior, folder)
        if options.report:
            show_progress("drawing the report")
            content = calibration_content(history, posterior, config.priors)
            write_report(content, config.objective.name, folder / "calibration")
    print_line(verdict_of(posterior.report))
    console.print(learning_table(posterior.report))
    print_notes(notes, write_text(folder / "notes.txt", "\n".join([*notes, ""])))
    print_line(f"\nposterior  {folder / 'posterior.npz'}")
    if options.report:
        print_line(f"report     {folder / 'calibration' / 'calibration.html'}")


if __name__ == "__main__":
    run()
