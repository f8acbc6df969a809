"""Compare policies on held-out markets of a task or an advertiser, under the same noise."""

from typing import TYPE_CHECKING

from mediagym.data.errors import ConfigError
from mediagym.scripts.cli import command, console, print_line, progress, run_folder, sweeping

if TYPE_CHECKING:
    from mediagym.agents.setup import EvaluateCommand


@command("evaluate", "mediagym.agents.setup:EvaluateCommand.read")
def run(options: "EvaluateCommand") -> None:
    """Roll out, score and write ``evaluation.json``, and the file of a submission if it is one."""
    from mediagym.agents.evaluation import compare, document_of, policy_table, write_comparison
    from mediagym.agents.leaderboard import submission_of, write_submission
    from mediagym.agents.setup import candidates_of, experiment_id, prepare, require_known

    folder, results = options.output or run_folder(), []
    if options.submission.name is not None and sweeping():
        raise ConfigError(
            "submission.name: a sweep was started. Allowed: one run, as one file holds all tasks. "
            "To fix: give task=[TASK,TASK,...] and leave --multirun out."
        )
    for task in options.task:  # check all of them before the first rollout
        require_known(options.policies, experiment_id(task))
    for task in options.task:
        own_folder = folder / task if task and len(options.task) > 1 else folder
        with progress(f"preparing {task or 'the advertiser'}") as show_progress:
            experiment = prepare(options.experiment.with_task(task), show_progress)
            candidates = candidates_of(options.policies, experiment)
        with progress("comparing on held-out markets") as show_progress:
            results.append(compare(experiment, candidates, own_folder, options.seed, show_progress))
        console.print(policy_table(results[-1]))
    document = document_of(results, options.seed)
    with progress("drawing the comparison"):
        write_comparison(document, folder)
    print_line(f"\ncomparison   {folder / 'evaluation.json'}, {folder / 'evaluation.png'}")
    print_line(f"TensorBoard  tensorboard --logdir {folder}")
    if options.submission.name is not None:
        submission = submission_of(document, options.submission, options.policies[0])
        print_line(f"submission   {write_submission(submission, options.submission.folder)}")


if __name__ == "__main__":
    run()
