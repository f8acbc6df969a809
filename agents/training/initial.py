"""What a training starts from: the actor of its policy, its record, and its weights."""

from pathlib import Path
from typing import Any

import torch

from ...data.errors import ConfigError
from ...envs.flight import ActionSettings, Problem
from ..networks import (
    UNIVERSAL,
    Actor,
    AnyActor,
    CampaignActor,
    CampaignPolicy,
    Training,
    load_network,
    require_network,
)
from .algorithms import Learner


def actor_of(policy: Any) -> AnyActor:
    """Return the actor of a Stable-Baselines3 policy; the two share their weights."""
    return policy.actor if isinstance(policy, CampaignPolicy) else Actor.of(policy)


def record_of(problem: Problem, settings: Learner, seed: int, task: str | None = None) -> Training:
    """Return the record of a training that has not begun.

    Args:
        problem: the problem to plan.
        settings: settings of the learner.
        seed: seed of the training.
        task: id of the problem's benchmark task; None: an advertiser's.
    """
    return Training(
        task=task,
        campaigns=list(problem.constraints.names),
        objective=problem.objective.name,
        seed=seed,
        threads=torch.get_num_threads(),
        steps=0,
        width=settings.markets,
        risk=settings.risk,
    )


def start_from(start: str | None, actor: AnyActor, action: ActionSettings) -> str | None:
    """Give an actor the weights of a trained network, and return where they come from.

    Args:
        start: ``universal``, or the folder of a training run; None: nothing is done.
        actor: the network in training.
        action: what its actions mean.

    Raises:
        ConfigError: if there is no such network, or its layers or the meaning of its actions are
            others.
    """
    if start is None:
        return None
    folder = UNIVERSAL if start == "universal" else Path(start)
    require_network(folder, "agent.start")
    network = load_network(folder)
    own = actor.shape
    if network.actor.shape != own:
        hint = (
            "agent.network.kind=campaigns and its sizes"
            if isinstance(network.actor, CampaignActor)
            else "the agent that it was trained with"
        )
        raise ConfigError(
            f"agent.start: {start!r} has the layers {network.actor.shape.model_dump()}; this agent "
            f"has {own.model_dump()}. To fix: give {hint}, or another start."
        )
    if network.action != action:
        raise ConfigError(
            f"agent.start: the actions of {start!r} mean {network.action.model_dump()}; env.action "
            f"is {action.model_dump()}. Allowed: the same. To fix: give env.action the former "
            "values, or another start."
        )
    actor.load_state_dict(network.actor.state_dict())
    return f"{network.name} as it was: {network.origin}"
