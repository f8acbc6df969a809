"""How is a network trained?"""

from .actor import Actor
from .algorithms import learner_of, model_of, usual_model
from .apg import Backpropagation
from .network import LearnedPolicy, Network, Training, load_policy, save_network
from .train import learn, validated
from .vecenv import SB3Envs, usual_envs

__all__ = [
    "Actor",
    "Backpropagation",
    "LearnedPolicy",
    "Network",
    "SB3Envs",
    "Training",
    "learn",
    "learner_of",
    "load_policy",
    "model_of",
    "save_network",
    "usual_envs",
    "usual_model",
    "validated",
]
