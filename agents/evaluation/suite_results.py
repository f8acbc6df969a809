"""The benchmark's table: baselines on the test markets of every task."""

from collections.abc import Sequence
from typing import Any

from ...data.display import markdown_text, visible
from ..experiment import Experiment
from ..setup import candidates_of
from .compare import scored

_LEFT_OUT = (  # what differs from run to run, and what is not shown
    "seconds_per_decision",
    "seconds_per_flight",
    "values",
)


def suite_results(experiment: Experiment, policies: Sequence[str]) -> dict[str, Any]:
    """Evaluate policies on a task's test markets.

    Args:
        experiment: the task's experiment.
        policies: names of the policies.

    Returns:
        An element of ``tasks`` as in ``evaluation.json``, without profiles, timings and values
        of single flights: it is the same in every run.
    """
    _, task = scored(experiment, candidates_of(policies, experiment))
    rows = [{k: v for k, v in row.items() if k not in _LEFT_OUT} for row in task["policies"]]
    return {k: v for k, v in task.items() if k != "profile"} | {"policies": rows}


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
    return "\n".join(lines) + "\n"
