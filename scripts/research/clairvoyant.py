"""Recompute the clairvoyant values, static plans and hashes that ship with benchmark tasks."""

from typing import TYPE_CHECKING

from mediagym.scripts.cli import command, print_line, progress

if TYPE_CHECKING:
    from mediagym.agents.setup import ClairvoyantCommand


@command("clairvoyant", "mediagym.agents.setup:ClairvoyantCommand.read")
def run(options: "ClairvoyantCommand") -> None:
    """Write ``data/tasks/<Task>-<Size>.json`` of the tasks that are named, or of all."""
    import torch

    from mediagym.envs.suite import every_task, task_of, write_reference

    torch.set_num_threads(options.threads)
    tasks = [task_of(key) for key in options.tasks or [key for key, _ in every_task()]]
    for number, task in enumerate(tasks, start=1):
        with progress(f"{task.key} ({number} of {len(tasks)})") as show_progress:
            path = write_reference(task, show_progress)
        print_line(f"{task.key:16} {path}")


if __name__ == "__main__":
    run()
