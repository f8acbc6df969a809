"""How does a flight run, and what is known in it?

- ``problem``: `Problem`, everything known before the flight
- ``static_terms``: terms of the static plan that actions and allocations start from
- ``promotions``: demand on the days that a calendar of constraints names
- ``rollout``: `step_day` and the loop over days, with the ledger and the belief
- ``belief``: the Gaussian filter in flight
- ``particle_filter``: the slower filter over draws of the posterior
- ``actions``: from an action to requested dollars
- ``belief_allocation``: the belief's own split of the plan's mean day, and its curves
- ``observation``: the observation vector and its blocks
"""

from .actions import (
    ActionSettings,
    action_size,
    distance,
    followed_spend,
    moved_dollars,
    requested_spend,
)
from .belief import BeliefState, level_shift, prior_level, update_belief
from .belief_allocation import BeliefCurves, allocation_at, belief_allocation, belief_curves
from .observation import BLOCKS, BOUND, block_slices, observation_size, observe
from .particle_filter import (
    ParticleSet,
    PosteriorDraws,
    initial_particles,
    posterior_draws,
    update_weights,
    weights,
)
from .problem import BeliefCovariance, Problem, problem_of
from .promotions import promoted
from .rollout import (
    SMOOTHING,
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
    "SMOOTHING",
    "ActionSettings",
    "BeliefCovariance",
    "BeliefCurves",
    "BeliefState",
    "DayResult",
    "FlightState",
    "Observable",
    "ParticleSet",
    "PosteriorDraws",
    "Problem",
    "action_size",
    "allocation_at",
    "belief_allocation",
    "belief_curves",
    "block_slices",
    "credited_value",
    "distance",
    "followed_spend",
    "initial_particles",
    "initial_state",
    "level_shift",
    "moved_dollars",
    "observation_size",
    "observe",
    "posterior_draws",
    "prior_level",
    "problem_of",
    "promoted",
    "requested_spend",
    "rollout",
    "step_day",
    "update_belief",
    "update_weights",
    "weights",
]
