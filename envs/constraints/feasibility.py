"""Feasibility check of a constraint set, with the node and the amounts that make it infeasible.

Bottom-up over the tree: `L'_v = max(L_v, sum L'_c)` and `U'_v = min(U_v, sum U'_c)`. The set is
empty if and only if some `L'_v > U'_v`. Cents are whole, so the comparison is exact.
"""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ...data.errors import bound_error
from .money import displayed

if TYPE_CHECKING:
    from .constraints import Constraints
    from .rules import Cents


def require_feasible(constraints: "Constraints") -> None:
    """Raise an error if no plan satisfies the constraints.

    Raises:
        ConstraintError: naming the first node, campaigns first, whose bounds contradict each other.
    """
    owners = constraints.tree.parents[1]
    low, high = _campaigns(constraints)
    floors = np.zeros(len(constraints.channels), np.int64)
    rooms = np.zeros_like(floors)
    np.add.at(floors, owners, low)
    np.add.at(rooms, owners, high)
    _check_channels(constraints, floors, rooms)
    low = np.maximum(constraints.floor_cents[0], floors)
    high = np.minimum(constraints.cap_cents[0], rooms)
    _check_total(constraints, int(low.sum()), int(high.sum()))


def _campaigns(constraints: "Constraints") -> tuple["Cents", "Cents"]:
    show = partial(displayed, currency=constraints.currency)
    low, days = constraints.floor_cents[1], constraints.days
    high = np.minimum(constraints.cap_cents[1], constraints.daily_cap_cents * days)
    for name, floor, room, daily in zip(
        constraints.names, low, high, constraints.daily_cap_cents, strict=True
    ):
        if floor > room:
            raise bound_error(
                f"{name}: its floor {show(floor)} is above its daily cap {show(daily)} x "
                f"{days} days = {show(daily * days)}; lower the floor or raise the daily cap",
                *(name, "floor", floor / 100, room / 100),
            )
    return low, high


def _check_channels(constraints: "Constraints", floors: "Cents", rooms: "Cents") -> None:
    show = partial(displayed, currency=constraints.currency)
    for i, name in enumerate(constraints.channels):
        floor, cap = constraints.floor_cents[0][i], constraints.cap_cents[0][i]
        if floors[i] > cap:
            raise bound_error(
                f"{name}: floors of its campaigns sum to {show(floors[i])}, above its cap "
                f"{show(cap)}; lower those floors or raise the cap",
                *(name, "cap", cap / 100, floors[i] / 100),
            )
        if floor > rooms[i]:
            raise bound_error(
                f"{name}: its floor {show(floor)} is above what its campaigns may get, "
                f"{show(rooms[i])} (caps, and daily caps x {constraints.days} days); lower the "
                "floor, raise those caps, or switch the channel off",
                *(name, "floor", floor / 100, rooms[i] / 100),
            )


def _check_total(constraints: "Constraints", low: int, high: int) -> None:
    show = partial(displayed, currency=constraints.currency)
    total = constraints.total_cents
    if low > total:
        raise bound_error(
            f"total: floors of the channels sum to {show(low)}, above the total {show(total)}; "
            "lower floors or raise the total",
            *("total", "total", total / 100, low / 100),
        )
    if high < total and constraints.spend_all:
        raise bound_error(
            f"total: caps of the channels sum to {show(high)}, below the total {show(total)}; "
            "raise caps, or set total_type=at_most",
            *("total", "total", total / 100, high / 100),
        )
