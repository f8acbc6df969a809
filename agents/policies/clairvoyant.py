"""The clairvoyants: the best plans of somebody who knows every market and its demand path.

No policies but bounds: their plans are flown like any other, so that what is lost on the way
(delivery, the order in which floors are paid) shows. How they are found: ``envs/clairvoyant.py``
for a task, ``envs/optimum.py`` for a calibration.
"""

from ..experiment import Experiment
from ..policy import PlanPolicy


def clairvoyant(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the best daily plan of each of the split's markets."""
    return PlanPolicy("clairvoyant", experiment.plans(split, "daily"))


def clairvoyant_static(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the best plan that is the same every day, of each of the split's markets."""
    return PlanPolicy("clairvoyant_static", experiment.plans(split, "constant"))
