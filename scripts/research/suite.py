"""Evaluate policies on every benchmark task; write the tables and a page per task."""

from typing import TYPE_CHECKING

from mediagym.data.storage import write_json, write_text
from mediagym.scripts.cli import command, print_line, progress

if TYPE_CHECKING:
    from mediagym.agents.setup import SuiteCommand


@command("suite", "mediagym.agents.setup:SuiteCommand.read")
def run(options: "SuiteCommand") -> None:
    """Print a line per task; write ``suite.json``, ``suite.md`` and ``tasks/<Task>.md``."""
    from mediagym.agents.evaluation import suite_markdown, suite_results
    from mediagym.agents.policies import unknown_policy
    from mediagym.agents.setup import is_published, prepare
    from mediagym.envs.suite import every_task, task_of, task_page

    tasks = [task_of(key) for key in options.tasks or [key for key, _ in every_task()]]
    for name in options.policies:  # check all of them before the first rollout
        if not any(is_published(name, task.id) for task in tasks):
            raise unknown_policy(name)
    results = []
    for number, task in enumerate(tasks, start=1):
        with progress(f"{task.key} ({number} of {len(tasks)})") as show_progress:
            experiment = prepare(options.experiment.with_task(task.key), show_progress)
            results.append(suite_results(experiment, options.policies, show_progress))
        cells = [f"{row['name']} {row['mean']:.2f}" for row in results[-1]["policies"]]
        print_line(f"{task.key:16} {'  '.join(cells)}")
    folder, text = options.output, suite_markdown(results, "python scripts/research/suite.py")
    print_line(str(write_json(folder / "suite.json", {"tasks": results})))
    print_line(str(write_text(folder / "suite.md", text)))
    for name in dict.fromkeys(task.name for task in tasks):
        write_text(folder / "tasks" / f"{name}.md", task_page(name))


if __name__ == "__main__":
    run()
