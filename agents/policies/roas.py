"""ROAS-proportional: budget in proportion to return on ad spend, as many media desks set it.

A campaign's share is its past *average* return (objective per dollar at its past spend, under the
posterior mean) over the sum of all. It knows no saturation: a small campaign with a high average
is given money at which its marginal return is long gone.
"""

import numpy as np

from ...data.types import Floats
from ...envs.market import simulate
from ...envs.planning import constant_plan
from ..experiment import Experiment
from ..policy import PlanPolicy

_WEEK = 7
_LEAST = 1.0  # dollars a day: a campaign that never spent has an average there


def roas(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy."""
    plan = constant_plan(
        experiment.problem.constraints, past_return(experiment), experiment.problem.days
    )
    return PlanPolicy("roas", plan)


def past_return(experiment: Experiment) -> Floats:
    """Return the objective per dollar at the past spend, over a week, (campaigns,), > 0."""
    problem = experiment.problem
    spend = np.maximum(experiment.posterior.spend, _LEAST)
    state = problem.state._replace(stock=spend)
    _, outcomes = simulate(problem.market, state, np.tile(spend, (_WEEK, 1)), None)
    value = np.sum([problem.objective.expected(o, spend) for o in outcomes], axis=0)
    return np.asarray(np.maximum(value / (_WEEK * spend), 1e-12))  # a profit may be negative
