"""`universal`: the shipped network for every advertiser, without any training for this one."""

from ..experiment import Experiment
from ..networks import UNIVERSAL, LearnedPolicy, load_policy


def universal(experiment: Experiment, split: str) -> LearnedPolicy:
    """Return the policy for an experiment's campaigns."""
    return load_policy(UNIVERSAL, experiment.problem)
