"""Calibrate the simulator from exports and report what the data taught."""

from omegaconf import DictConfig

from mediagym.agents.report import learning_table
from mediagym.agents.workflow import calibrated, load
from mediagym.envs.posterior import save_posterior
from mediagym.scripts.launch import launch, plain
from mediagym.scripts.screen import console, run_folder, tell, warn, working


def main(config: DictConfig) -> None:
    """Calibrate; write the posterior and its report."""
    folder = run_folder()
    settings = plain(config)
    history, notes = load(settings)
    with working("calibrating") as say:
        _, posterior = calibrated(settings, history, say)
    save_posterior(posterior, folder)
    console.print(learning_table(posterior.report))
    warn(notes)
    tell(f"\nposterior  {folder / 'posterior.npz'}")
    tell(f"report     {folder / 'posterior.json'}")


def run() -> None:
    """Console entry."""
    launch(main, "calibrate")


if __name__ == "__main__":
    run()
