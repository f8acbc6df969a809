"""The suite's table: baselines on the held-out markets of every task, in percent of clairvoyant."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..envs.flight import Problem
from ..envs.plans import steady_plan, uniform_plan
from ..envs.suite import posterior_of, problem_for, reference_of, trial_noise
from ..envs.tasks import Task
from .bootstrap import interval
from .evaluation import Trial, fly_policy
from .greedy import Greedy
from .policy import PlanPolicy, Policy

Floats = NDArray[np.float64]
POLICIES = ("uniform", "historical", "greedy", "static")
_RESAMPLES = 2000


class Score(NamedTuple):
    """How one policy did on the test markets of one task."""

    policy: str
    percent: Floats  # (markets,) of the clairvoyant
    ci: list[float]  # bootstrap 95 % interval of the mean
    violations: int  # constraints broken, over all flights


def league(task: Task, seed: int, split: str = "test") -> list[Score]:
    """Fly the baselines on a task's held-out markets.

    Args:
        task: the task.
        seed: of the bootstrap.
        split: ``validation`` or ``test``.
    """
    problem = problem_for(task)
    trial = Trial(*trial_noise(task, split))
    best = reference_of(task.key).daily[split]
    rng = np.random.Generator(np.random.PCG64(seed))
    scores = []
    for policy in baselines(task, problem):
        flown = fly_policy(problem, policy, trial)
        percent = 100 * flown.total / best
        ci = interval(percent, _RESAMPLES, rng)
        scores.append(Score(policy.name, percent, ci, flown.violations))
    return scores


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


def as_json(task: Task, scores: Sequence[Score]) -> dict[str, Any]:
    """Return the scores of a task as plain containers."""
    return {
        "id": task.id,
        "policies": [
            {
                "name": score.policy,
                "mean": float(score.percent.mean()),
                "ci": score.ci,
                "p10": float(np.quantile(score.percent, 0.1)),
                "most": float(score.percent.max()),
                "violations": score.violations,
            }
            for score in scores
        ],
    }


def as_markdown(tasks: Sequence[dict[str, Any]], command: str) -> str:
    """Return the table of ``as_json`` results as a Markdown page."""
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
        most = max(p["most"] for p in task["policies"])
        broken = sum(p["violations"] for p in task["policies"])
        name = task["id"].split("/")[1]
        page = f"[{name}](tasks/{name.split('-')[0]}.md)"
        lines.append(f"| {page} | " + " | ".join(cells) + f" | {most:.2f} | {broken} |")
    return "\n".join(lines) + "\n"
