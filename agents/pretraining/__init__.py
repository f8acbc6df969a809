"""How is one policy trained for every advertiser?

- ``settings``: the options of ``scripts/research/pretrain.py``
- ``advertisers``: random advertisers as training worlds and as validation sets
- ``report``: the learning curve as a picture and as a table
- ``pretrain``: the loop, backpropagation through flights of several advertisers per step
"""

from .advertisers import AdvertiserSet, training_world
from .pretrain import Pretraining, pretrain
from .settings import PretrainCommand, PretrainSettings

__all__ = [
    "AdvertiserSet",
    "PretrainCommand",
    "PretrainSettings",
    "Pretraining",
    "pretrain",
    "training_world",
]
