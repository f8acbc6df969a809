"""How do observations become actions?

- ``actor``: the flat network of Stable-Baselines3's policies, for one set of campaigns
- ``campaign_inputs``: what a problem says of each campaign, and the rows that a network reads
- ``campaign_actor``: one network for any campaigns, with a memory per campaign
- ``campaign_policy``: the same network as a policy of Stable-Baselines3, with its critic
"""

from .actor import Actor, FlatShape, Layers, Units
from .campaign_actor import CampaignActor, CampaignShape
from .campaign_inputs import CampaignInputs
from .campaign_policy import CampaignPolicy

__all__ = [
    "Actor",
    "CampaignActor",
    "CampaignInputs",
    "CampaignPolicy",
    "CampaignShape",
    "FlatShape",
    "Layers",
    "Units",
]
