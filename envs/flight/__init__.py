"""How does a flight run, and what is known in it?"""

from .actions import ActionSettings, action_size, distance, wanted
from .belief import prior_level
from .observation import BLOCKS, BOUND, observation_size, observe
from .particle_filter import Cloud, Draws, draws_of, eve, reweigh, weights
from .problem import Doubt, Problem, problem_of
from .rollout import Day, Flight, View, advance, credited, fly, start

__all__ = [
    "BLOCKS",
    "BOUND",
    "ActionSettings",
    "Cloud",
    "Day",
    "Doubt",
    "Draws",
    "Flight",
    "Problem",
    "View",
    "action_size",
    "advance",
    "credited",
    "distance",
    "draws_of",
    "eve",
    "fly",
    "observation_size",
    "observe",
    "prior_level",
    "problem_of",
    "reweigh",
    "start",
    "wanted",
    "weights",
]
