"""Compare baselines and trained policies on held-out markets against the clairvoyant."""

from omegaconf import DictConfig

from mediagym.agents.commands import EvaluateCommand
from mediagym.agents.comparison import compare
from mediagym.agents.report import policy_table
from mediagym.agents.workflow import policies_of, prepare
from mediagym.scripts.launch import launch, plain
from mediagym.scripts.screen import console, run_folder, tell, working


def main(config: DictConfig) -> None:
    """Fly, score and write ``evaluation.json``."""
    folder, settings = run_folder(), plain(config)
    asked = EvaluateCommand.read(settings)
    with working("calibrating and planning") as say:
        session = prepare(settings, say)
        policies = policies_of(asked.policies, session)
    with working("comparing on held-out markets") as say:
        result = compare(session, policies, folder, asked.seed, say)
    console.print(policy_table(result))
    tell(f"\ncomparison   {folder / 'evaluation.json'}, {folder / 'evaluation.png'}")
    tell(f"TensorBoard  tensorboard --logdir {folder / 'tensorboard'}")


def run() -> None:
    """Console entry."""
    launch(main, "evaluate")


if __name__ == "__main__":
    run()
