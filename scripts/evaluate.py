"""Compare baselines and trained policies on held-out markets against the clairvoyant."""

from pathlib import Path

from omegaconf import DictConfig

from mediagym.agents.comparison import compare
from mediagym.agents.report import policy_table
from mediagym.agents.workflow import policies_of, prepare
from mediagym.scripts.launch import launch, plain
from mediagym.scripts.screen import console, run_folder, working


def main(config: DictConfig) -> None:
    """Fly, score and write ``evaluation.json``."""
    folder, settings = run_folder(), plain(config)
    with working("calibrating and planning") as say:
        session = prepare(settings, say)
        policies = policies_of(settings["policies"], session)
    with working("comparing on held-out markets") as say:
        result = compare(session, policies, Path(folder), settings["seed"], say)
    console.print(policy_table(result))
    console.print(f"\ncomparison   {folder / 'evaluation.json'}, {folder / 'evaluation.png'}")
    console.print(f"TensorBoard  tensorboard --logdir {folder / 'tensorboard'}")


def run() -> None:
    """Console entry."""
    launch(main, "evaluate")


if __name__ == "__main__":
    run()
