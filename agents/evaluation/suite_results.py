"""The benchmark's table: baselines on the test markets of every task."""

from collections.abc import Sequence
from typing import Any

from ...data.display import markdown_text, visible
from ...envs.suite import task_of
from ..experiment import Experiment
from ..setup import candidates_of
from .compare import scored

_LEARNERS = ("greedy", "proportional", "follow", "replanner", "universal")  # learn from reports
_CLOCK = ("seconds_per_decision", "seconds_per_flight")  # statistics that differ from run to run


def suite_results(experiment: Experiment, policies: Sequence[str]) -> dict[str, Any]:
    """Evaluate policies on a task's test markets.

    Args:
        experiment: the task's experiment.
        policies: names of the policies.

    Returns:
        An element of ``tasks`` as in ``evaluation.json``, without profiles and timings: it is
        the same in every run.
    """
    _, task = scored(experiment, candidates_of(policies, experiment))
    rows = [{k: v for k, v in row.items() if k not in _CLOCK} for row in task["policies"]]
    return {k: v for k, v in task.items() if k != "profile"} | {"policies": rows}


def value_of_information(learns: float, static: float, budget: float) -> float:
    """Return what a policy that learns in flight is worth, in dollars.

    The conversions that it gains over the static plan, at the static plan's dollars per
    conversion: what the static plan would have had to spend on as many more.

    Args:
        learns: conversions of the policy.
        static: conversions of the static plan, > 0.
        budget: dollars of the flight, spent by both.
    """
    return (learns - static) * budget / static


def suite_markdown(tasks: Sequence[dict[str, Any]], command: str) -> str:
    """Return the results of ``suite_results`` as a Markdown page."""
    names = [markdown_text(row["name"]) for row in tasks[0]["policies"]]
    lines = [
        "# The suite: baselines in percent of the clairvoyant",
        "",
        "Mean over 200 test markets with a bootstrap 95 % interval; every policy faces the same",
        "markets and noise. The clairvoyant knows the market and its demand path. Written by",
        "",
        f"    {visible(command)}",
        "",
        "| task | " + " | ".join(names) + " | best single flight | violations |",
        "|---|" + "---:|" * (len(names) + 2),
    ]
    for task in tasks:
        cells = [f"{p['mean']:.1f} ({p['ci'][0]:.1f}..{p['ci'][1]:.1f})" for p in task["policies"]]
        most = max(p["best"] for p in task["policies"])
        broken = sum(p["violations"] for p in task["policies"])
        name = task["id"].split("/")[1]
        page = f"[{name}](tasks/{name.split('-')[0]}.md)"
        lines.append(f"| {page} | " + " | ".join(cells) + f" | {most:.2f} | {broken} |")
    return "\n".join([*lines, *_information(tasks)]) + "\n"


def _information(tasks: Sequence[dict[str, Any]]) -> list[str]:
    """Return what learning is worth in the tasks that ask for it, a line each."""
    lines = []
    for result in tasks:
        name = result["id"].split("/")[1]
        task = task_of(name.rpartition("-")[0])
        value = {row["name"]: row["value"] for row in result["policies"]}
        if not task.settings.value_of_information or "static" not in value:
            continue
        total = task.size.total
        worth = [
            f"{learner} {_dollars(value_of_information(value[learner], value['static'], total))}"
            for learner in _LEARNERS
            if learner in value
        ]
        lines.append(
            f"- Value of information in {name}, of a budget of {_dollars(total)}: "
            f"{', '.join(worth)}."
        )
    return ["", *lines] if lines else []


def _dollars(amount: float) -> str:
    return f"{'-' if amount < 0 else ''}${abs(amount):,.0f}"
