"""Static: the one plan, day by day, that is best on average over the posterior; nothing reacts."""

from ..experiment import Experiment
from ..policy import PlanPolicy


def static(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy: sample average approximation, climbed by gradient (``envs/plans.py``)."""
    return PlanPolicy("static", experiment.problem.static_plan)
