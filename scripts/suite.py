"""Fly the baselines on every task's test markets; write the table and a page a task."""

from omegaconf import DictConfig

from mediagym.agents.evaluation import suite_markdown, suite_results
from mediagym.agents.setup import SuiteCommand, prepare
from mediagym.data.storage import write_json, write_text
from mediagym.envs.suite import every_task, task_of, task_page
from mediagym.scripts.cli import launch, print_line, progress, to_plain_dict


def main(config: DictConfig) -> None:
    """Print a line a task; write ``suite.json``, ``suite.md`` and ``tasks/<Task>.md``."""
    settings = to_plain_dict(config)
    asked = SuiteCommand.read(settings)
    tasks = [task_of(key) for key in asked.tasks or [key for key, _ in every_task()]]
    results = []
    for number, task in enumerate(tasks, start=1):
        with progress(f"{task.key} ({number} of {len(tasks)})") as say:
            session = prepare({**settings, "task": task.key}, say)
            results.append(suite_results(session, asked.policies))
        cells = [f"{p['name']} {p['mean']:.2f}" for p in results[-1]["policies"]]
        print_line(f"{task.key:16} {'  '.join(cells)}")
    print_line(str(write_json(asked.output / "suite.json", {"tasks": results})))
    print_line(
        str(
            write_text(
                asked.output / "suite.md", suite_markdown(results, "python scripts/suite.py")
            )
        )
    )
    for name in dict.fromkeys(task.name for task in tasks):
        write_text(asked.output / "tasks" / f"{name}.md", task_page(name))


def run() -> None:
    """Console entry."""
    launch(main, "suite")


if __name__ == "__main__":
    run()
