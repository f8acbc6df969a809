"""Floors over a flight as dollars per day."""

import numpy as np

from ...data.types import Floats
from .constraints import Constraints


def daily_floors(constraints: Constraints) -> Floats:
    """Return each campaign's floor spread evenly over the flight, dollars a day, (campaigns,).

    ``ledger.day_bounds`` enforces at least this much. A channel's floor counts as its campaign's
    if it has only one.
    """
    owner = constraints.tree.parents[1]
    channel, campaign = (cents / 100 for cents in constraints.floor_cents)
    only_child = np.bincount(owner)[owner] == 1
    floor = np.where(only_child, np.maximum(channel[owner], campaign), campaign)
    return np.asarray(floor / constraints.days)
