"""`Run`: one policy of one training seed in TensorBoard, with its hyperparameters."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...data.display import file_name
from ..experiment import Experiment, TaskExperiment
from ..networks import CampaignShape, FlatShape, LearnedPolicy
from ..policy import Candidate, Policy
from ..rollout import Rollout
from .evaluate import Evaluation

COMPARISON = "comparison"  # run of all policies together
TRAINING = "train"  # run of a training, which writes it itself
Parameter = str | int | float | bool


class Run(NamedTuple):
    """One policy of one training seed."""

    folder: str  # of the run's event files
    name: str  # for figures
    policy: str
    seed: int | None  # training seed; None: the policy was not trained
    number: int  # among the policies of its name, from 0
    rollout: Rollout
    parameters: Mapping[str, Parameter]  # what it was trained with, as far as that is known


def runs_of(
    evaluation: Evaluation,
    candidates: Sequence[Candidate],
    experiment: Experiment,
    trained: Policy | None = None,
) -> list[Run]:
    """Return a run for each policy and training seed of an evaluation.

    Args:
        evaluation: rollouts of the candidates, and of the clairvoyant if it was computed there.
        candidates: the policies that were rolled out.
        experiment: its settings are the hyperparameters of ``trained``.
        trained: the policy that was trained with them; None: there is none.
    """
    policies = {candidate.name: candidate.policies for candidate in candidates}
    runs = []
    for result in evaluation.results:
        own = policies.get(result.name, (None,) * len(result.rollouts))
        seeds = [p.network.training.seed if isinstance(p, LearnedPolicy) else None for p in own]
        named = seeds if len(set(seeds) - {None}) == len(seeds) else list(range(len(seeds)))
        for k, (policy, rollout) in enumerate(zip(own, result.rollouts, strict=True)):
            end = "" if len(own) == 1 else f"/seed_{named[k]}"
            parameters = dict(_parameters(policy))
            if trained is not None and policy is trained and experiment.agent is not None:
                settings = {
                    "agent": experiment.agent.model_dump(exclude={"name", "checkpoint"}),
                    "env": experiment.env.model_dump(exclude={"action", "days"}),
                }
                parameters |= dict(_flat(settings))
            run = Run(
                folder_of(result.name) + end,
                result.name + end,
                result.name,
                seeds[k],
                k,
                rollout,
                parameters,
            )
            runs.append(run)
    return runs


def folder_of(policy: str) -> str:
    """Return the name of a policy's folder, which is never that of the comparison."""
    name = file_name(policy)
    return f"{name}_policy" if name.casefold() == COMPARISON else name


def shown_config(experiment: Experiment) -> Any:
    """Return the configuration without what a task never reads, and without absolute paths.

    Of an absolute path only the last name is left: a card may be shown to others.
    """
    unread = {"data", "attribution"} if isinstance(experiment, TaskExperiment) else set()
    return without_folders({k: v for k, v in experiment.config.items() if k not in unread})


def without_folders(value: Any) -> Any:
    """Return plain values with the last name of every absolute path."""
    if isinstance(value, Mapping):
        return {key: without_folders(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_folders(item) for item in value]
    if isinstance(value, str | Path) and Path(value).is_absolute():
        return Path(value).name
    return value


def _layers(shape: FlatShape | CampaignShape) -> str:
    if isinstance(shape, CampaignShape):
        return f"campaigns: {shape.width}, memory {shape.memory}"
    return " x ".join(map(str, shape.hidden))


def _parameters(policy: Policy | None) -> Iterator[tuple[str, Parameter]]:
    """Yield what ``policy.json`` says of a training, by name."""
    if isinstance(policy, LearnedPolicy):
        network = policy.network
        facts: dict[str, Parameter] = {
            "learner": network.name,
            "seed": network.training.seed,
            "steps": network.training.steps,
            "layers": _layers(network.actor.shape),
        }
        yield from facts.items()
        yield from _flat({"env": {"action": network.action.model_dump()}})


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Parameter]]:
    """Yield nested settings by their paths, such as ``agent.warm.iterations``; None is left out."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        elif value is not None:
            plain = isinstance(value, str | int | float | bool)
            yield f"{before}{key}", value if plain else str(value)
