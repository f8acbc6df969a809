"""How is one policy trained for every advertiser?

- ``settings``: the options of ``scripts/research/pretrain.py``
- ``advertisers``: random advertisers as training worlds and as validation sets
- ``report``: the learning curve as a picture and as a table
- ``pretrain``: the loop, backpropagation through flights of several advertisers per step
"""

from .advertisers import TEST_SEEDS, AdvertiserSet, advertiser_problem, training_world
from .pretrain import Pretraining, pretrain
from .settings import PretrainCommand, PretrainSettings

__all__ = [
    "TEST_SEEDS",
    "AdvertiserSet",
    "PretrainCommand",
    "PretrainSettings",
    "Pretraining",
    "advertiser_problem",
    "pretrain",
    "training_world",
]
