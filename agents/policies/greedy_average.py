"""Greedy by average return: the straw man that a learner is too often held against.

Every day all that is allowed goes to the campaign with the highest past *average* return, what its
caps leave over to the next one, and so on: the linear programme of a world without saturation.
It is here to show how little beating it means; the fair greedy is ``greedy``, by marginal return.
"""

import numpy as np

from ...envs.constraints import Ledger, remaining, spend_day
from ..experiment import Experiment
from ..policy import PlanPolicy
from .roas import past_return

_FAR = 1e4  # the projection of a point so far out is the linear programme's solution


def greedy_average(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy."""
    problem, average = experiment.problem, past_return(experiment)
    zero, days = np.zeros_like(average), []
    ledger = Ledger(0, zero, zero)
    for t in range(problem.days):
        total = remaining(problem.constraints, ledger) / (problem.days - t)
        wish = _FAR * total * average / average.max()
        spend, ledger = spend_day(problem.constraints, ledger, wish, total)
        days.append(spend)
    return PlanPolicy("greedy_average", np.stack(days))
