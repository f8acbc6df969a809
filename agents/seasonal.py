"""Seasonal: the static split at an even pace, indexed by the demand that is known in advance.

What media planners call indexed flighting: a campaign's mean day in the static plan times its
demand index of the date (weekday, annual wave, where its level is expected to go), at unchanged
spend. ``static`` is climbed day by day and knows the same calendar; the index differs from it in
what it leaves out: that saturation and carry-over decide how far spend should follow demand.
"""

import numpy as np

from ..envs.flight import simulate
from ..envs.plans import paced
from .arena import Arena
from .policy import PlanPolicy


def seasonal(arena: Arena, split: str) -> PlanPolicy:
    """Return the policy."""
    problem = arena.problem
    steady = np.tile(problem.usual, (problem.days, 1))
    _, outcomes = simulate(
        problem.market, problem.state._replace(stock=problem.usual), steady, None
    )
    demand = np.stack([outcome.expected for outcome in outcomes])
    plan = steady * demand / np.maximum(demand.mean(0), 1e-12)
    return PlanPolicy("seasonal", paced(problem.constraints, plan * steady.sum() / plan.sum()))
