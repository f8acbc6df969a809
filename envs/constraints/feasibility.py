"""Bounds of single nodes, and a check that a set is feasible, with the node and the amounts if not.

Bottom-up over the tree: `L'_v = max(L_v, sum L'_c)` and `U'_v = min(U_v, sum U'_c)`. The set is
empty if and only if some `L'_v > U'_v`. Cents are whole, so the comparison is exact.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data.errors import bound_error, with_setting
from .money import brief, cents, displayed, refused
from .rules import Cents

if TYPE_CHECKING:
    from .constraints import Constraints


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


def _campaigns(constraints: "Constraints") -> tuple[Cents, Cents]:
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


def _check_channels(constraints: "Constraints", floors: Cents, rooms: Cents) -> None:
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
            with_setting(
                f"total: caps of the channels sum to {show(high)}, below the total {show(total)}; "
                "raise caps, or let the total be at most that.",
                "constraints.total_type=at_most",
            ),
            *("total", "total", total / 100, high / 100),
        )


def limits(
    nodes: Mapping[str, Mapping[str, tuple[Any, str]]],
    names: Sequence[str],
    total: int,
    currency: str | None,
) -> tuple[Cents, Cents, Cents]:
    """Return floors, caps and daily caps in cents, (nodes,) each."""
    rows = np.array([limit(nodes[name], total, currency) for name in names], dtype=np.int64)
    return rows[:, 0], rows[:, 1], rows[:, 2]


_EXCLUDED = {"off": ("fixed", "floor"), "fixed": ("floor", "cap")}  # keys that one key rules out


def _require_no_contradiction(node: Mapping[str, tuple[Any, str]]) -> None:
    """Refuse two keys that one entry gives and that cannot both hold.

    A key of a single node may replace the default of all nodes, which is another entry.
    """
    for key, others in _EXCLUDED.items():
        value, where = node.get(key, (None, ""))
        if value is None or value is False:
            continue
        entry = where.rpartition(".")[0]
        for other in others:
            second, second_where = node.get(other, (None, ""))
            if second is None or second_where.rpartition(".")[0] != entry:
                continue
            raise refused(
                where,
                value,
                f"{key} without {other}, and constraints.{second_where} is {brief(second)}",
                "remove one of the two",
            )


def limit(
    node: Mapping[str, tuple[Any, str]], total: int, currency: str | None
) -> tuple[int, int, int]:
    """Return a node's floor, cap and daily cap in cents; a missing cap is the total."""

    def amount(key: str, default: int, up: bool) -> int:
        value, where = node.get(key, (None, key))
        if value is None:
            return default
        return min(cents(value, total, where, up, currency), total + 1)

    off, where = node.get("off", (False, "off"))
    if off is not None and not isinstance(off, bool):
        raise refused(where, off, "true or false", "write off: true, or remove it")
    _require_no_contradiction(node)
    daily = min(amount("daily_cap", total, False), total)
    if off:
        return 0, 0, daily
    if node.get("fixed", (None, ""))[0] is not None:
        fixed = amount("fixed", 0, True)
        return fixed, fixed, daily
    floor, cap = amount("floor", 0, True), min(amount("cap", total, False), total)
    if floor > cap:
        value, where = node["floor"]
        given, key = node.get("cap", (None, "total"))
        text = "the total" if given is None else f"{brief(given)} (constraints.{key})"
        raise refused(where, value, f"at most the cap, {text}", "lower the floor")
    return floor, cap, daily
