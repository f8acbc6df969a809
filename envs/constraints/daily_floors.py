"""Floors over a flight as dollars per day."""

import numpy as np

from ...data.types import Floats
from .constraints import Constraints


def daily_floors(constraints: Constraints) -> Floats:
    """Return what every campaign is owed a day if its floor is paid evenly, (campaigns,) dollars.

    Day by day a flight must pay at least so much (``ledger.day_bounds``); a channel's floor falls
    on its campaign where it has only one.
    """
    owner = constraints.tree.parents[1]
    channel, campaign = (cents / 100 for cents in constraints.floor_cents)
    alone = np.bincount(owner)[owner] == 1
    floor = np.where(alone, np.maximum(channel[owner], campaign), campaign)
    return np.asarray(floor / constraints.days)
