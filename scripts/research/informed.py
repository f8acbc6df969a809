"""Recompute what a policy earns that knows the market but not the future, on the test markets."""

from typing import TYPE_CHECKING

from mediagym.scripts.cli import command, print_line, progress

if TYPE_CHECKING:
    from mediagym.agents.setup import ClairvoyantCommand


@command("informed", "mediagym.agents.setup:ClairvoyantCommand.read")
def run(options: "ClairvoyantCommand") -> None:
    """Add ``informed`` to ``data/tasks/<Task>-<Size>.json`` of the tasks named, or of size M."""
    import torch

    from mediagym.agents.policies import Informed
    from mediagym.agents.rollout import EvaluationSet, rollout_policy
    from mediagym.envs.suite import (
        every_task,
        held_out_markets,
        problem_for,
        task_of,
        write_informed,
    )

    torch.set_num_threads(options.threads)
    keys = options.tasks or [key for key, _ in every_task() if key.endswith("-M")]
    for number, task in enumerate(map(task_of, keys), start=1):
        with progress(f"{task.key} ({number} of {len(keys)})"):
            problem, markets = problem_for(task), EvaluationSet(*held_out_markets(task, "test"))
            rollout = rollout_policy(problem, Informed(problem, markets), markets)
            path = write_informed(task, "test", rollout.total)
        print_line(f"{task.key:16} {rollout.seconds:6.0f} CPU-seconds  {path}")


if __name__ == "__main__":
    run()
