"""The benchmark's tables: policies on the test markets of every task."""

from collections.abc import Sequence
from typing import Any

from ...data.display import markdown_text, visible
from ...data.types import Progress
from ...envs.suite import task_of
from ..experiment import Experiment
from ..setup import candidates_of, is_published
from .compare import scored
from .tables import origins

_LEFT_OUT = (  # what differs from run to run, and what is not shown
    "seconds_per_decision",
    "seconds_per_flight",
    "values",
)
_SHARES = {  # statistic -> title and explanation of its table
    "closed": (
        "Gap closed",
        "Percent of the gap between the static plan and the clairvoyant, with a paired 95 % "
        "interval.\nWhere the static plan is the optimum there is none.",
    ),
    "informed": (
        "Percent of an informed policy",
        "It knows every market's parameters and state each morning, not the future, and plans "
        "the\nrest anew every day; its values ship for the tasks of size M.",
    ),
}
_LEARNERS = ("greedy", "proportional", "follow", "replanner", "universal")  # learn from reports


def suite_results(
    experiment: Experiment, policies: Sequence[str], progress: Progress = lambda _: None
) -> dict[str, Any]:
    """Evaluate policies on a task's test markets.

    Args:
        experiment: the task's experiment.
        policies: names of baselines and learners; a learner without reference policies for the
            task is left out.
        progress: receives a line per policy.

    Returns:
        An element of ``tasks`` as in ``evaluation.json``, without profiles, timings and values
        of single flights: it is the same in every run.
    """
    names = [name for name in policies if is_published(name, experiment.id)]
    _, task = scored(experiment, candidates_of(names, experiment), progress)
    rows = [{k: v for k, v in row.items() if k not in _LEFT_OUT} for row in task["policies"]]
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
    names = list(dict.fromkeys(row["name"] for task in tasks for row in task["policies"]))
    lines = [
        "# The suite: policies in percent of the clairvoyant",
        "",
        "Mean over 200 test markets with a bootstrap 95 % interval; every policy faces the same",
        "markets and noise. The clairvoyant knows the market and its demand path. Written by",
        "",
        f"    {visible(command)}",
        "",
        _row(["task", *names, "best single flight", "violations"]),
        "|---|" + "---:|" * (len(names) + 2),
    ]
    for task in tasks:
        cells = _cells(task, names, "mean", "ci")
        most = max(p["best"] for p in task["policies"])
        broken = sum(p["violations"] for p in task["policies"])
        lines.append(_row([_page(task), *cells, f"{most:.2f}", str(broken)], plain=False))
    if any(task.get("best_known") for task in tasks):
        lines += [
            "",
            "\\* The clairvoyant is the best plan known, not a proven bound: with S-curves, halo "
            "or fatigue the\nvalue of a plan is not concave.",
        ]
    for key, (title, explanation) in _SHARES.items():
        lines += _shares(tasks, names, key, title, explanation)
    return "\n".join([*lines, *_information(tasks), *_learned(tasks)]) + "\n"


def _shares(
    tasks: Sequence[dict[str, Any]], names: Sequence[str], key: str, title: str, explanation: str
) -> list[str]:
    """Return the table of a statistic over the tasks that have it; no lines if none has."""
    given = [task for task in tasks if any(row.get(key) is not None for row in task["policies"])]
    if not given:
        return []
    rows = [
        _row([_page(task), *_cells(task, names, key, f"{key}_ci")], plain=False) for task in given
    ]
    heads = [_row(["task", *names]), "|---|" + "---:|" * len(names)]
    return ["", f"## {title}", "", explanation, "", *heads, *rows]


def _cells(task: dict[str, Any], names: Sequence[str], key: str, ci: str) -> list[str]:
    """Return a statistic of every policy with its interval; empty where it is not known."""
    rows = {row["name"]: row for row in task["policies"] if row.get(key) is not None}
    return [
        f"{rows[name][key]:.1f} ({rows[name][ci][0]:.1f}..{rows[name][ci][1]:.1f})"
        if name in rows
        else ""
        for name in names
    ]


def _page(task: dict[str, Any]) -> str:
    """Return the link to a task's page, marked where its clairvoyant is the best known."""
    name = task["id"].split("/")[1]
    mark = "\\*" if task.get("best_known") else ""
    return f"[{name}](tasks/{name.split('-')[0]}.md){mark}"


def _learned(tasks: Sequence[dict[str, Any]]) -> list[str]:
    """Return a line per task and learner: what the weights of its training seeds are."""
    rows = [(task, row) for task in tasks for row in task["policies"] if row.get("origins")]
    if not rows:
        return []
    lines = [
        f"- {_page(task)}: {markdown_text(row['name'])} is {markdown_text(origins(row))}"
        for task, row in rows
    ]
    return ["", "## What learned policies are", "", *lines]


def _row(cells: Sequence[str], *, plain: bool = True) -> str:
    return "| " + " | ".join(map(markdown_text, cells) if plain else cells) + " |"


def _information(tasks: Sequence[dict[str, Any]]) -> list[str]:
    """Return what learning is worth in the tasks that ask for it, a line each."""
    lines = []
    for result in tasks:
        name = result["id"].split("/")[1]
        task = task_of(name.rpartition("-")[0])
        if not task.settings.value_of_information:
            continue
        value = {row["name"]: row["value"] for row in result["policies"]}
        if "static" not in value:
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
