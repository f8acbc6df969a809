"""`universal`: the shipped network for every advertiser, without any training for this one."""

from typing import TYPE_CHECKING

from ..experiment import Experiment

if TYPE_CHECKING:
    from ..networks import LearnedPolicy


def universal(experiment: Experiment, split: str) -> "LearnedPolicy":
    """Return the policy for an experiment's campaigns."""
    from ..networks import UNIVERSAL, load_policy  # brings torch: only when it is needed

    return load_policy(UNIVERSAL, experiment.problem)
