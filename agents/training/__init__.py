"""How is a network trained?

- ``train``: entry point; trains the configured learner and scores it on the validation markets
- ``trainer``: the loop, first backpropagation, then environment steps, with checkpoints
- ``algorithms``: learners by name, and the keyword arguments of PPO, SAC and the others
- ``apg``: analytic policy gradient, backpropagation through whole episodes
- ``offline``: advantage-weighted regression on a log of flights
- ``sb3``: a Stable-Baselines3 algorithm with its complete state
- ``vecenv``: adapter of the batched environment to Stable-Baselines3
- ``selection``: which network was best on the validation markets, in percent of the clairvoyant
- ``actor``: the network from observations to actions
- ``network``: a trained network as a policy, and its two files
- ``checkpoint``: the state of a training as one file
- ``same_run``: whether a checkpoint belongs to the run that resumes it
"""

from .actor import Actor
from .algorithms import LEARNERS, Learner, default_ppo, learner_of
from .apg import AnalyticPolicyGradient
from .checkpoint import read_state, write_state
from .network import LearnedPolicy, Network, Training, load_policy, save_network
from .offline import OfflineLearning
from .train import learn, validation_percent
from .vecenv import SB3Envs, dummy_vec_env

__all__ = [
    "LEARNERS",
    "Actor",
    "AnalyticPolicyGradient",
    "LearnedPolicy",
    "Learner",
    "Network",
    "OfflineLearning",
    "SB3Envs",
    "Training",
    "default_ppo",
    "dummy_vec_env",
    "learn",
    "learner_of",
    "load_policy",
    "read_state",
    "save_network",
    "validation_percent",
    "write_state",
]
