"""Seasonal: the static split at an even pace, indexed by the demand that is known in advance.

What media planners call indexed flighting: a campaign's mean day in the static plan times its
demand index of the date (weekday, annual wave, where its level is expected to go), at unchanged
spend. ``static`` is climbed day by day and knows the same calendar; the index differs from it in
what it leaves out: that saturation and carry-over decide how far spend should follow demand.
"""

import numpy as np

from ...envs.arrays import Array
from ...envs.flight import Problem, prior_level
from ...envs.market import step
from ...envs.planning import paced_plan
from ..experiment import Experiment
from ..policy import PlanPolicy


def seasonal(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy."""
    problem = experiment.problem
    first = problem.state.day
    demand = np.stack([_demand(problem, day) for day in range(first, first + problem.days)])
    plan = problem.mean_static_spend * demand / np.maximum(demand.mean(0), 1e-12)
    total = problem.static_plan.sum()
    return PlanPolicy("seasonal", paced_plan(problem.constraints, plan * total / plan.sum()))


def _demand(problem: Problem, day: int) -> Array:
    """Return what a day brings of the usual spend, all but the calendar as on the eve."""
    level = prior_level(problem, day)
    eve = problem.state._replace(day=day, stock=problem.mean_static_spend, level=level)
    return step(problem.market, eve, problem.mean_static_spend, None)[1].expected
