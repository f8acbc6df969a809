"""Uniform: the same dollars for every campaign and day, as far as the constraints allow."""

from ...envs.planning import uniform_plan
from ..experiment import Experiment
from ..policy import PlanPolicy


def uniform(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy; what nobody who knows anything would do."""
    problem = experiment.problem
    plan = uniform_plan(problem.constraints, len(problem.constraints.names), problem.days)
    return PlanPolicy("uniform", plan)
