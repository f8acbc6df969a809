"""The suite's table: baselines on the held-out markets of every task, in percent of clairvoyant."""

from collections.abc import Sequence
from typing import Any

from ..envs.flight import Problem
from ..envs.plans import steady_plan, uniform_plan
from ..envs.suite import posterior_of, problem_for, reference_of, trial_noise
from ..envs.tasks import Task
from .evaluation import Entry, Evaluation, EvaluationSettings, Trial, fly_policy
from .greedy import Greedy
from .policy import PlanPolicy, Policy
from .scores import summary

POLICIES = ("uniform", "historical", "greedy", "static")


def league(task: Task, settings: EvaluationSettings, split: str = "test") -> dict[str, Any]:
    """Fly the baselines on a task's held-out markets.

    Args:
        task: the task.
        settings: resamples and references of the comparison; all markets of the split fly.
        split: ``validation`` or ``test``.

    Returns:
        An element of ``tasks`` as in ``evaluation.json``, without the profile and what a clock
        says: the same at every run.
    """
    problem = problem_for(task)
    trial = Trial(*trial_noise(task, split))
    entries = [
        Entry(policy.name, (fly_policy(problem, policy, trial),))
        for policy in baselines(task, problem)
    ]
    best = reference_of(task.key).daily[split]
    found = summary(Evaluation(tuple(entries), best, settings))
    for row in found["policies"]:
        del row["seconds_per_decision"], row["seconds_per_flight"]
    del found["profile"]
    return {"id": task.id, "objective": problem.objective.name, **found}


def baselines(task: Task, problem: Problem) -> list[Policy]:
    """Return the baselines of ``POLICIES`` for a task, in that order."""
    shares = posterior_of(task).spend
    even = uniform_plan(problem.constraints, len(shares), problem.days)
    past = steady_plan(problem.constraints, shares, problem.days)
    return [
        PlanPolicy("uniform", even),
        PlanPolicy("historical", past),
        Greedy(problem),
        PlanPolicy("static", problem.base),
    ]


def as_markdown(tasks: Sequence[dict[str, Any]], command: str) -> str:
    """Return the results of ``league`` as a Markdown page."""
    lines = [
        "# The suite: baselines in percent of the clairvoyant",
        "",
        "Mean over 200 test markets with a bootstrap 95 % interval; every policy meets the same",
        "markets and noise. The clairvoyant knows the market and its demand path. Made by",
        "",
        f"    {command}",
        "",
        "| task | " + " | ".join(POLICIES) + " | best single flight | violations |",
        "|---|" + "---:|" * (len(POLICIES) + 2),
    ]
    for task in tasks:
        cells = [f"{p['mean']:.1f} ({p['ci'][0]:.1f}..{p['ci'][1]:.1f})" for p in task["policies"]]
        most = max(p["best"] for p in task["policies"])
        broken = sum(p["violations"] for p in task["policies"])
        name = task["id"].split("/")[1]
        page = f"[{name}](tasks/{name.split('-')[0]}.md)"
        lines.append(f"| {page} | " + " | ".join(cells) + f" | {most:.2f} | {broken} |")
    return "\n".join(lines) + "\n"
