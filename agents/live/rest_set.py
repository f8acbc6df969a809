"""Constraint set of the days that are left, as a flight of its own."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...envs.constraints import Constraints

Cents = NDArray[np.int64]


def rest_of(constraints: Constraints, spent: Cents) -> Constraints:
    """Return the constraints of the remaining days; floors out of reach are lowered, and noted.

    Args:
        constraints: of the whole flight.
        spent: cents so far, (days so far, campaigns).
    """
    days, owners = constraints.days - len(spent), constraints.tree.parents[1]
    by_campaign = spent.sum(0)
    by_channel = np.zeros(len(constraints.channels), np.int64)
    np.add.at(by_channel, owners, by_campaign)
    total = max(constraints.total_cents - int(by_campaign.sum()), 0)
    sums = (by_channel, by_campaign)
    low = [np.maximum(f - s, 0) for f, s in zip(constraints.floor_cents, sums, strict=True)]
    high = [np.clip(c - s, 0, total) for c, s in zip(constraints.cap_cents, sums, strict=True)]
    daily, notes = np.minimum(constraints.daily_cap_cents, total), list(constraints.notes)
    room = np.minimum(high[1], daily * days)
    for k in np.flatnonzero(low[1] > room):
        notes.append(_note(constraints.names[k], int(low[1][k]), int(room[k])))
    low[1] = np.minimum(low[1], room)
    for c in range(len(constraints.channels)):
        own = owners == c
        if low[1][own].sum() > high[0][c]:
            low[1][own] = low[1][own] * int(high[0][c]) // int(low[1][own].sum())
        most = min(int(high[0][c]), int(room[own].sum()))
        if low[0][c] > most:
            notes.append(_note(constraints.channels[c], int(low[0][c]), most))
            low[0][c] = most
    needed = sum(max(int(low[0][c]), int(low[1][owners == c].sum())) for c in range(len(low[0])))
    if needed > total:
        notes.append(_note("total", needed, total))
        low = [each * total // needed for each in low]
    able = sum(
        min(int(high[0][c]), int(room[owners == c].sum())) for c in range(len(constraints.channels))
    )
    if constraints.spend_all and able < total:
        notes.append(f"total: only {able / 100:,.2f} of {total / 100:,.2f} can still be spent.")
        total = able
    return replace(
        constraints,
        days=days,
        total_cents=total,
        floor_cents=(low[0], low[1]),
        cap_cents=(np.minimum(high[0], total), np.minimum(high[1], total)),
        daily_cap_cents=np.minimum(daily, total),
        notes=tuple(notes),
    )


def _note(node: str, owed: int, most: int) -> str:
    return (
        f"{node}: its floor still owes {owed / 100:,.2f}, of which {most / 100:,.2f} can be spent "
        f"on the days left; {(owed - most) / 100:,.2f} is out of reach."
    )
