"""Historical: the shares of the past at an even pace, as far as the constraints allow."""

from ...envs.planning import historical_plan
from ..experiment import Experiment
from ..policy import PlanPolicy


def historical(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy; what most advertisers do next month."""
    problem = experiment.problem
    plan = historical_plan(experiment.posterior, problem.constraints, problem.days)
    return PlanPolicy("historical", plan)
