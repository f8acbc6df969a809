"""Compare baselines and trained policies on held-out markets against the clairvoyant."""

from omegaconf import DictConfig

from mediagym.agents.evaluation import compare, document_of, policy_table, write_comparison
from mediagym.agents.setup import (
    EvaluateCommand,
    candidates_of,
    experiment_id,
    prepare,
    require_known,
)
from mediagym.scripts.cli import console, launch, print_line, progress, run_folder, to_plain_dict


def main(config: DictConfig) -> None:
    """Fly, score and write ``evaluation.json``."""
    settings = to_plain_dict(config)
    asked = EvaluateCommand.read(settings)
    folder, results = asked.output or run_folder(), []
    for task in asked.task:  # all of them before the first one flies
        require_known(asked.policies, experiment_id(task))
    for task in asked.task:
        place = folder / task if task and len(asked.task) > 1 else folder
        with progress(f"preparing {task or 'the advertiser'}") as say:
            session = prepare({**settings, "task": task}, say)
            entrants = candidates_of(asked.policies, session)
        with progress("comparing on held-out markets") as say:
            results.append(compare(session, entrants, place, asked.seed, say))
        console.print(policy_table(results[-1]))
    write_comparison(document_of(results, asked.seed), folder)
    print_line(f"\ncomparison   {folder / 'evaluation.json'}, {folder / 'evaluation.png'}")
    print_line(f"TensorBoard  tensorboard --logdir {folder}")


def run() -> None:
    """Console entry."""
    launch(main, "evaluate")


if __name__ == "__main__":
    run()
