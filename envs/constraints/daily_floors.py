"""Campaigns' floors spread evenly over a flight, in dollars per day, for planners.

Nothing is enforced here: ``ledger.day_bounds`` enforces floors on every day of a flight.
"""

import numpy as np

from ...data.types import Floats
from .constraints import Constraints


def daily_floors(constraints: Constraints) -> Floats:
    """Return each campaign's floor spread evenly over the flight, dollars per day, (campaigns,).

    If a channel has only one campaign, the channel's floor counts as the campaign's. The floors
    that bind during a flight follow from the money spent so far: see ``ledger.day_bounds``.
    """
    owner = constraints.tree.parents[1]
    channel, campaign = (cents / 100 for cents in constraints.floor_cents)
    only_child = np.bincount(owner)[owner] == 1
    floor = np.where(only_child, np.maximum(channel[owner], campaign), campaign)
    return np.asarray(floor / constraints.days)
