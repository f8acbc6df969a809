"""How do observations become actions?

- ``network``: a trained network as a policy, and its two files
- ``actor``: the flat network of Stable-Baselines3's policies, for one set of campaigns
- ``campaign_actor``: one network for any campaigns, with a memory per campaign
- ``campaign_inputs``: what a problem says of each campaign, and the rows that the network reads
- ``campaign_policy``: the same network as a policy of Stable-Baselines3, with its critic
- ``onnx_file``: a trained network as an ONNX file, for programs without torch
- ``sizes``: bounds of a network's sizes
- ``weights``: named arrays as safetensors files
"""

from .actor import Actor, FlatShape
from .campaign_actor import CampaignActor, CampaignShape
from .campaign_inputs import CampaignInputs
from .campaign_policy import CampaignPolicy
from .network import (
    UNIVERSAL,
    AnyActor,
    LearnedPolicy,
    Network,
    Training,
    load_network,
    load_policy,
    origin_of,
    require_network,
    save_network,
)
from .onnx_file import export_onnx
from .sizes import Layers, Units
from .weights import read_safetensors, to_safetensors

__all__ = [
    "UNIVERSAL",
    "Actor",
    "AnyActor",
    "CampaignActor",
    "CampaignInputs",
    "CampaignPolicy",
    "CampaignShape",
    "FlatShape",
    "Layers",
    "LearnedPolicy",
    "Network",
    "Training",
    "Units",
    "export_onnx",
    "load_network",
    "load_policy",
    "origin_of",
    "read_safetensors",
    "require_network",
    "save_network",
    "to_safetensors",
]
