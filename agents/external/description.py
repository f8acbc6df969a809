"""`TaskDescription`: all that a policy may know before the flight."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import gymnasium as gym
import numpy as np

from ...data.types import Floats
from ...envs.flight import (
    BOUND,
    ActionSettings,
    Problem,
    action_size,
    block_slices,
    observation_size,
)
from ...envs.market import Market, MarketState
from ..experiment import Experiment

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, eq=False, kw_only=True)
class TaskDescription:
    """What is known before the flight: what a factory of policies is called with."""

    id: str  # Gymnasium id, as in gym.make
    campaigns: tuple[str, ...]  # names, in the order of the action and of every block
    channels: tuple[str, ...]  # names, in the order of the blocks by channel
    channel_of: tuple[int, ...]  # (campaigns,) position of each campaign's channel
    days: int  # of the flight; one decision per day
    first_day: date
    total: float  # budget of the flight, in units of the currency
    objective: str  # name of the objective, such as conversions
    observation_space: gym.spaces.Box  # of one flight, (size,) float32
    action_space: gym.spaces.Box  # of one flight, (1 + campaigns,) in [-1, 1]
    blocks: Mapping[str, slice]  # where each block of the observation lies, by name
    action: ActionSettings  # what an action means, unless the policy says otherwise
    static_plan: Floats  # (days, campaigns) spend of the plan that actions tilt
    problem: Problem  # constraints, objective and posterior mean, for planners
    training: tuple[Market, MarketState]  # markets to train on, fields (markets, campaigns)


def describe_experiment(experiment: Experiment) -> TaskDescription:
    """Return the description of a task or of an advertiser's flight."""
    problem = experiment.problem
    constraints = problem.constraints
    campaigns, channels = len(constraints.names), len(constraints.channels)
    observations, actions = observation_size(campaigns, channels), action_size(campaigns)
    return TaskDescription(
        id=experiment.id,
        campaigns=constraints.names,
        channels=constraints.channels,
        channel_of=tuple(map(int, constraints.tree.parents[-1])),
        days=problem.days,
        first_day=_EPOCH + timedelta(days=int(problem.state.day)),
        total=constraints.total,
        objective=problem.objective.name,
        observation_space=gym.spaces.Box(-BOUND, BOUND, (observations,), np.float32),
        action_space=gym.spaces.Box(-1.0, 1.0, (actions,), np.float32),
        blocks=block_slices(campaigns, channels),
        action=experiment.env.action,
        static_plan=problem.static_plan.copy(),
        problem=problem,
        training=experiment.posterior.training(),
    )
