"""Campaigns that are on for the whole flight or off for all of it."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats
from ..constraints import Constraints
from .rules import previous_days, rhythm_of

_ON = 0.05  # least spend of a campaign that is on, as a share of its mean level


def on_or_off(constraints: Constraints, plan: Floats) -> Constraints:
    """Return the set in which each campaign is on for the whole flight, or off for all of it.

    One that a ramp keeps from stopping at once winds down along it and stays off.

    A campaign that would spend less than a unit of the currency per day is off, if it has no floor
    and may be off from the first day. Every other spends at least `_ON` of its mean level on every
    day that is neither locked nor passed over, or as much of it as its ramp reaches by then.
    """
    rhythm, shape, counted = rhythm_of(constraints), plan.shape, previous_days(constraints) >= -1
    low = np.zeros(shape, np.int64)
    if constraints.day_floor_cents is not None:
        low = constraints.day_floor_cents.copy()
    high = np.tile(constraints.daily_cap_cents, (shape[0], 1))
    if constraints.day_cap_cents is not None:
        high = np.minimum(high, constraints.day_cap_cents)
    least = np.minimum(np.ceil(_ON * plan.mean(0) * 100) * rhythm, high)
    reach = _reached(constraints) * 100
    can_stop = _may_stop(constraints) & (low.max(0) == 0)
    off = can_stop & (plan.mean(0) < 1.0) & (constraints.floor_cents[1] == 0)
    owners = constraints.tree.parents[1]
    for k in np.flatnonzero(off):  # a channel's floor needs a campaign that is on
        rest = (owners == owners[k]) & ~off
        off[k] = constraints.floor_cents[0][owners[k]] == 0 or bool(rest.any())
    on = counted & ~off & (plan.mean(0) >= 1.0)
    floors = np.where(on, np.maximum(low, np.floor(np.minimum(least, reach))), low)
    caps = np.where(off, 0, high)
    if (floors == low).all() and not off.any():
        return constraints
    return replace(
        constraints,
        day_floor_cents=floors.astype(np.int64),
        day_cap_cents=caps.astype(np.int64),
    )


def _reached(constraints: Constraints) -> Floats:
    """Return the most that ramps allow by each day, (days, campaigns) dollars; inf: no limit."""
    shape = (constraints.days, len(constraints.names))
    ramp, live = constraints.ramp, constraints.live_cents
    if ramp is None or live is None:
        return np.full(shape, np.inf)
    level, rhythm = live / 100, rhythm_of(constraints)
    moves = np.ones(shape[0], bool) if constraints.may_change is None else constraints.may_change
    most = np.empty(shape)
    for day in range(shape[0]):
        if moves[day]:
            level = np.maximum((1 + ramp.up) * np.maximum(level, 1e-9), level + ramp.least)
        most[day] = level * rhythm[day]
    return most


def _may_stop(constraints: Constraints) -> NDArray[np.bool_]:
    """Return which campaigns may go from their live budget to nothing on the first day."""
    ramp, live = constraints.ramp, constraints.live_cents
    if constraints.may_change is not None and not constraints.may_change[0]:
        return np.zeros(len(constraints.names), bool)
    if ramp is None or live is None:
        return np.ones(len(constraints.names), bool)
    level = live / 100
    return np.asarray(np.minimum((1 - ramp.down) * level, level - ramp.least) <= 0)
