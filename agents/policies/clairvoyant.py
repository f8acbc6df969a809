"""The clairvoyants: oracles that know every market and its demand path.

Upper bounds rather than policies. Their plans are rolled out like any other, so that losses in
execution show (delivery, the order in which floors are paid). ``envs.planning`` optimises them.
"""

from ..experiment import Experiment
from ..policy import PlanPolicy


def clairvoyant(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy of the best daily plan of each of the split's markets."""
    return PlanPolicy("clairvoyant", experiment.plans(split, "daily"))


def clairvoyant_static(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy of the best constant plan of each of the split's markets."""
    return PlanPolicy("clairvoyant_static", experiment.plans(split, "constant"))
