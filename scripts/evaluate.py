"""Compare baselines and trained policies on held-out markets against the clairvoyant."""

from omegaconf import DictConfig

from mediagym.agents.evaluation import compare, document_of, policy_table, write_comparison
from mediagym.agents.setup import EvaluateCommand, arena_id, entrants_of, prepare, require_known
from mediagym.scripts.cli import console, launch, plain, run_folder, tell, working


def main(config: DictConfig) -> None:
    """Fly, score and write ``evaluation.json``."""
    settings = plain(config)
    asked = EvaluateCommand.read(settings)
    folder, results = asked.output or run_folder(), []
    for task in asked.task:  # all of them before the first one flies
        require_known(asked.policies, arena_id(task))
    for task in asked.task:
        place = folder / task if task and len(asked.task) > 1 else folder
        with working(f"preparing {task or 'the advertiser'}") as say:
            session = prepare({**settings, "task": task}, say)
            entrants = entrants_of(asked.policies, session)
        with working("comparing on held-out markets") as say:
            results.append(compare(session, entrants, place, asked.seed, say))
        console.print(policy_table(results[-1]))
    write_comparison(document_of(results, asked.seed), folder)
    tell(f"\ncomparison   {folder / 'evaluation.json'}, {folder / 'evaluation.png'}")
    tell(f"TensorBoard  tensorboard --logdir {folder}")


def run() -> None:
    """Console entry."""
    launch(main, "evaluate")


if __name__ == "__main__":
    run()
