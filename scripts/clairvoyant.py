"""Make what ships with a task: static plan, hashes, clairvoyant values of held-out markets."""

import torch
from omegaconf import DictConfig

from mediagym.agents.setup import ClairvoyantCommand
from mediagym.envs.suite import every_task, task_of, write_reference
from mediagym.scripts.cli import launch, print_line, progress, to_plain_dict


def main(config: DictConfig) -> None:
    """Write ``data/tasks/<Task>-<Size>.json`` of the tasks that were asked for."""
    asked = ClairvoyantCommand.read(to_plain_dict(config))
    torch.set_num_threads(asked.threads)
    tasks = [task_of(key) for key in asked.tasks or [key for key, _ in every_task()]]
    for number, task in enumerate(tasks, start=1):
        with progress(f"{task.key} ({number} of {len(tasks)})") as say:
            path = write_reference(task, say)
        print_line(f"{task.key:16} {path}")


def run() -> None:
    """Console entry."""
    launch(main, "clairvoyant")


if __name__ == "__main__":
    run()
