"""How is a network trained?

- ``train``: entry point; trains the configured learner and scores it on the validation markets
- ``trainer``: the loop, first backpropagation, then environment steps, with checkpoints
- ``algorithms``: learners by name, and the keyword arguments of PPO, SAC and the others
- ``initial``: the network in training, and the weights that it starts from
- ``apg``: analytic policy gradient, backpropagation through whole episodes
- ``offline``: advantage-weighted regression on a log of flights
- ``sb3``: a Stable-Baselines3 algorithm with its complete state
- ``vecenv``: adapter of the batched environment to Stable-Baselines3
- ``selection``: which network was best on the validation markets, in percent of the clairvoyant
- ``checkpoint``: the state of a training as one file
- ``same_run``: whether a checkpoint belongs to the run that resumes it
"""

from .algorithms import LEARNERS, Learner, OnPolicy, default_ppo, learner_of
from .apg import AnalyticPolicyGradient, TrainingWorld, set_step
from .checkpoint import read_state, write_state
from .initial import actor_of, record_of, start_from
from .offline import OfflineLearning
from .sb3 import SB3Learner
from .train import learn, rival_values, validation_percent
from .vecenv import SB3Envs, dummy_vec_env

__all__ = [
    "LEARNERS",
    "AnalyticPolicyGradient",
    "Learner",
    "OfflineLearning",
    "OnPolicy",
    "SB3Envs",
    "SB3Learner",
    "TrainingWorld",
    "actor_of",
    "default_ppo",
    "dummy_vec_env",
    "learn",
    "learner_of",
    "read_state",
    "record_of",
    "rival_values",
    "set_step",
    "start_from",
    "validation_percent",
    "write_state",
]
