"""How does a flight run, and what is known in it?"""

from .actions import ActionSettings, action_size, distance, requested_spend
from .belief import prior_level
from .observation import BLOCKS, BOUND, observation_size, observe
from .particle_filter import (
    ParticleSet,
    PosteriorDraws,
    initial_particles,
    posterior_draws,
    update_weights,
    weights,
)
from .problem import BeliefCovariance, Problem, problem_of
from .rollout import (
    DayResult,
    FlightState,
    Observable,
    credited_value,
    initial_state,
    rollout,
    step_day,
)

__all__ = [
    "BLOCKS",
    "BOUND",
    "ActionSettings",
    "BeliefCovariance",
    "DayResult",
    "FlightState",
    "Observable",
    "ParticleSet",
    "PosteriorDraws",
    "Problem",
    "action_size",
    "credited_value",
    "distance",
    "initial_particles",
    "initial_state",
    "observation_size",
    "observe",
    "posterior_draws",
    "prior_level",
    "problem_of",
    "requested_spend",
    "rollout",
    "step_day",
    "update_weights",
    "weights",
]
