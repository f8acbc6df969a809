"""One policy on one task, from Python: ``mediagym.evaluate``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...data.errors import ConfigError, shown
from ...data.types import Floats
from ..external import TaskDescription, describe_experiment, external_policies
from ..policy import Candidate
from ..setup import candidates_of, task_experiment
from .compare import scored


@dataclass(frozen=True, eq=False, kw_only=True)
class Score:
    """A policy's row of the table, and its flights; percents are of the clairvoyant."""

    task: str  # Gymnasium id
    policy: str  # name
    markets: int
    seeds: int  # training seeds
    origins: Mapping[str, int]  # how many of its policies are of each origin
    mean: float  # percent
    ci: list[float]  # 95 % interval of the mean
    by_seed: list[float]  # mean of each training seed
    iqm: float  # interquartile mean
    iqm_ci: list[float]
    p10: float  # tenth percentile
    cvar: float  # mean of the worst tenth
    cvar_ci: list[float]
    closed: float | None  # percent of the gap between static plan and clairvoyant that is closed
    closed_ci: list[float] | None
    informed: float | None  # percent of the informed policy's value, where it ships
    informed_ci: list[float] | None
    gap: float  # mean of what is missing to 100
    best: float  # the best flight
    value: float  # mean objective of a flight
    violations: int  # bounds broken, over all flights
    cents_off: int  # largest difference between a flight's spend and the budget
    turnover: float  # share of a day's budget that changes campaign
    seconds_per_decision: float  # CPU-seconds per day, all flights at once
    seconds_per_flight: float  # CPU-seconds per day and flight
    versus: Mapping[str, Mapping[str, Any]]  # by reference: difference, ci, probability, its ci
    values: Floats  # (seeds, markets) expected objective of every flight
    percent: Floats  # (seeds, markets) the same in percent

    def __str__(self) -> str:
        """Return the score in a line, and a line per reference."""
        low, high = self.ci
        lines = [
            f"{self.policy} on {self.task}: {self.mean:.2f} % of the clairvoyant "
            f"({low:.2f}..{high:.2f}), {self.markets} markets"
        ]
        for name, pair in self.versus.items():
            low, high = pair["ci"]
            lines.append(f"  vs {name}: {pair['difference']:+.2f} ({low:+.2f}..{high:+.2f})")
        return "\n".join(lines)


def evaluate_policy(
    task: str,
    policy: Any,
    *,
    name: str = "policy",
    references: Sequence[str] = ("static", "follow"),
    **evaluation: Any,
) -> Score:
    """Return the score of a policy on a task's published test markets.

    The numbers are those of ``scripts/evaluate.py``; ``docs/evaluation.md`` defines them.

    Args:
        task: key of the task, such as ``Full-M``.
        policy: an object with ``act(observations)`` and, if it has a state, ``reset(n)``; a
            function of the observations; a list of either, one per training seed; or a name as
            in ``policies`` of ``scripts/evaluate.py``.
        name: name of a policy that is not given by name.
        references: names of policies that it is compared with on the same markets.
        evaluation: keys of ``conf/evaluation`` that differ from the defaults, such as
            ``markets=50``.

    Raises:
        ConfigError: for a task, a policy or a setting that is not allowed, or a policy that fails.
    """
    experiment = task_experiment(task, **{**evaluation, "references": list(references)})
    if isinstance(policy, str):
        names = [policy, *(each for each in references if each != policy)]
        candidates = candidates_of(names, experiment)
    else:
        if name in references:
            raise ConfigError(
                f"name: {shown(name)} is the name of a reference too. Allowed: any other. To fix: "
                "give the policy a name of its own."
            )
        own = external_policies(name, policy, describe_experiment(experiment))
        candidates = [Candidate(name, own), *candidates_of(references, experiment)]
    played, found = scored(experiment, candidates)
    result = played.results[0]
    row = {k: v for k, v in found["policies"][0].items() if k not in ("name", "values")}
    return Score(
        **row,
        task=experiment.id,
        policy=result.name,
        markets=found["markets"],
        versus={
            pair["b"]: {key: pair[key] for key in pair if key not in ("a", "b")}
            for pair in found["paired"]
            if pair["a"] == result.name
        },
        values=result.total,
        percent=played.percent(result),
    )


def describe_task(task: str) -> TaskDescription:
    """Return all that a policy may know of a task before the flight.

    Args:
        task: key of the task, such as ``Full-M``.

    Raises:
        ConfigError: if there is no such task.
    """
    return describe_experiment(task_experiment(task))
