"""Compare baselines and trained policies on held-out markets against the clairvoyant."""

from omegaconf import DictConfig

from mediagym.agents.commands import EvaluateCommand
from mediagym.agents.comparison import compare
from mediagym.agents.registry import entrants_of, require_known
from mediagym.agents.report import policy_table
from mediagym.agents.workflow import arena_id, prepare
from mediagym.scripts.launch import launch, plain
from mediagym.scripts.screen import console, run_folder, tell, working


def main(config: DictConfig) -> None:
    """Fly, score and write ``evaluation.json``."""
    settings = plain(config)
    asked = EvaluateCommand.read(settings)
    folder = asked.output or run_folder()
    for task in asked.task:  # all of them before the first one flies
        require_known(asked.policies, arena_id(task))
    for task in asked.task:
        place = folder / task if task and len(asked.task) > 1 else folder
        with working(f"preparing {task or 'the advertiser'}") as say:
            session = prepare({**settings, "task": task}, say)
            entrants = entrants_of(asked.policies, session)
        with working("comparing on held-out markets") as say:
            result = compare(session, entrants, place, asked.seed, say)
        console.print(policy_table(result))
    tell(f"\ncomparison   {folder / 'evaluation.json'}, {folder / 'evaluation.png'}")
    tell(f"TensorBoard  tensorboard --logdir {folder / 'tensorboard'}")


def run() -> None:
    """Console entry."""
    launch(main, "evaluate")


if __name__ == "__main__":
    run()
