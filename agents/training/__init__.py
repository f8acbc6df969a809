"""How is a network trained?"""

from .actor import Actor
from .algorithms import LEARNERS, Learner, default_ppo, learner_of
from .apg import AnalyticPolicyGradient
from .network import LearnedPolicy, Network, Training, load_policy, save_network
from .train import learn, validation_percent
from .vecenv import SB3Envs, dummy_vec_env

__all__ = [
    "LEARNERS",
    "Actor",
    "AnalyticPolicyGradient",
    "LearnedPolicy",
    "Learner",
    "Network",
    "SB3Envs",
    "Training",
    "default_ppo",
    "dummy_vec_env",
    "learn",
    "learner_of",
    "load_policy",
    "save_network",
    "validation_percent",
]
