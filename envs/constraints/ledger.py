"""The day's set: today's floors and caps, which keep the whole flight feasible.

`day_bounds` turns the constraints of a flight and its ledger into today's floors and caps;
`spend_day` projects a requested spend onto them. This is where a floor is enforced during a flight:
with n days left, every node gets at least its remaining floor / n today, and at most what leaves
the other nodes theirs, so that a feasible plan for the other days exists whatever is chosen within.
With daily caps money must also stay spendable: a campaign that cannot take it later has to take it
today. The proof is in `day_bounds`.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..arrays import Array, namespace
from ..projection import Bounds, project
from .constraints import ConstraintArrays, Constraints

_NOISE = 1e-11  # share of the total: smaller differences are rounding errors


class _Totals(NamedTuple):
    """Spend and remaining floors of a ledger, dollars; lists go from the root down."""

    spent: list[Array]  # per level, (..., nodes)
    floor_remaining: list[Array]  # the same
    children_floors: list[Array]  # per inner level, sum of what its children's floors lack


class Ledger(
    NamedTuple(
        "Ledger",
        [
            ("day", int),  # days that are over, from 0
            ("spent", Array),  # dollars so far, (..., campaigns)
            ("last", Array),  # dollars planned for yesterday, (..., campaigns); 0 on the first day
        ],
    )
):
    """Spend so far when a day begins; the flights of a batch are on the same day.

    The arrays must not be written to: totals that follow from them are computed once.
    """

    @cached_property
    def _totals(self) -> dict[Constraints, _Totals]:
        """Totals per constraint set, filled by the function of the same name."""
        return {}

    @classmethod
    def start(
        cls, constraints: Constraints, batch: tuple[int, ...] = (), like: Array | None = None
    ) -> "Ledger":
        """Return the ledger of flights before their first day: nothing spent.

        Args:
            constraints: the set.
            batch: leading shape, one flight each.
            like: an array whose library, dtype and device to use; numpy float64 if absent.
        """
        shape = (*batch, len(constraints.names))
        if like is None or namespace(like) is np:
            return cls(0, np.zeros(shape), np.zeros(shape))
        zeros = like.new_zeros(shape)
        return cls(0, zeros, zeros)

    def advance(self, planned: Array, delivered: Array | None = None) -> "Ledger":
        """Return the next day's ledger; money planned but not delivered remains to be spent.

        Args:
            planned: dollars, (..., campaigns), from `spend_day`.
            delivered: dollars of it that were spent, <= planned; all of it if absent.
        """
        return Ledger(
            self.day + 1, self.spent + (planned if delivered is None else delivered), planned
        )


def remaining(constraints: Constraints, ledger: Ledger) -> Array:
    """Return the dollars of the total that are left, (...,)."""
    return constraints.total - _totals(constraints, ledger).spent[0][..., 0]


def floor_remaining(constraints: Constraints, ledger: Ledger) -> tuple[Array, ...]:
    """Return the dollars that floors still lack, per level from the root down, (..., nodes), >= 0.

    A node's own floor minus its spend, or the sum of its children's remaining floors if larger.
    """
    return tuple(_totals(constraints, ledger).floor_remaining)


def total_range(constraints: Constraints, ledger: Ledger) -> tuple[Array, Array]:
    """Return the least and the most dollars that today's total may be, (...,) each."""
    bounds = day_bounds(constraints, ledger)
    return bounds.lower[0][..., 0], bounds.upper[0][..., 0]


def spend_day(
    constraints: Constraints, ledger: Ledger, requested_spend: Array, requested_total: Array
) -> tuple[Array, Ledger]:
    """Return the day's spend, the request projected onto the day's set, and the next ledger.

    Args:
        constraints: the set.
        ledger: of the flights.
        requested_spend: dollars, (..., campaigns), any finite numbers.
        requested_total: dollars, (...,), any finite numbers; clipped to `total_range`.

    Returns:
        The day's spend in dollars, (..., campaigns), and the ledger of the next day.

    Raises:
        PointError: if the requested spend is not finite.
    """
    xp = namespace(requested_spend, ledger.spent)
    bounds = day_bounds(constraints, ledger)
    total = xp.minimum(xp.maximum(requested_total[..., None], bounds.lower[0]), bounds.upper[0])
    day = Bounds((total, *bounds.lower[1:]), (total, *bounds.upper[1:]))
    spend = project(constraints.tree, requested_spend, day)
    return spend, ledger.advance(spend)


def _totals(constraints: Constraints, ledger: Ledger) -> _Totals:
    """Return a ledger's totals, computed once per constraint set."""
    totals = ledger._totals.get(constraints)
    if totals is None:
        totals = _compute_totals(constraints.arrays(ledger.spent), ledger.spent)
        ledger._totals[constraints] = totals
    return totals


def _compute_totals(arrays: ConstraintArrays, leaves: Array) -> _Totals:
    xp = namespace(leaves)
    spent = [leaves]
    floor_remaining = [xp.maximum(arrays.floors[-1] - leaves, arrays.zero)]
    children_floors: list[Array] = []
    for level in range(len(arrays.sums) - 1, -1, -1):
        spent.append(arrays.add_up(level, spent[-1]))
        children_floors.append(arrays.add_up(level, floor_remaining[-1]))
        own = arrays.floors[level] - spent[-1]
        floor_remaining.append(xp.maximum(own, children_floors[-1]))
    return _Totals(spent[::-1], floor_remaining[::-1], children_floors[::-1])


def day_bounds(constraints: Constraints, ledger: Ledger, days_left: int | None = None) -> Bounds:
    """Return today's floors and caps of every node; the root's pair is the range of today's total.

    Why no choice within them can make the rest infeasible: write s for what is spent, C for a cap,
    O for what a node's floor lacks (`floor_remaining`), R for the money left, n for the days left
    and C' = C - s. The rest is feasible while O <= C' at every node and O_root <= R. Today every
    node gets x >= O / n, so that tomorrow it lacks at most (1 - 1/n) O. A node's cap today leaves
    its children their remaining floors, x <= C' - (1 - 1/n) sum O_c, and so does the total at the
    root; both conditions hold again tomorrow. And x = X / n, an even share of any plan X for the
    rest, is within the bounds: today's set is never empty, and R / n is always an allowed total.
    With daily caps `_keep_spendable` adds what the same argument needs.

    With a change limit caps too are spread evenly, C' / n, so that what was allowed yesterday is
    allowed today, and the box around it is never empty.

    Args:
        constraints: the set.
        ledger: of the flights.
        days_left: days left including today; the flight's days minus those that are over if absent.

    Returns:
        Dollars today, per level (..., nodes): consistent, so that the set is not empty for any
        total in the root's range. If money was not delivered and daily caps or a change limit
        leave no room to catch up, caps hold and floors yield.
    """
    left = constraints.days - ledger.day if days_left is None else days_left
    arrays = constraints.arrays(ledger.spent)
    xp = namespace(ledger.spent)
    spent, floors, children_floors = _totals(constraints, ledger)
    free = [cap - dollars for cap, dollars in zip(arrays.caps, spent, strict=True)]
    low = [floor / left for floor in floors]
    high = [
        room - (1 - 1 / left) * reserved
        for room, reserved in zip(free, children_floors, strict=False)
    ]
    high.append(xp.minimum(free[-1], arrays.daily_caps))
    if left > 1 and constraints.has_daily_caps:
        low = _keep_spendable(constraints, arrays, spent, free, low, left)
    if constraints.change_limit is not None:
        high = [xp.minimum(cap, room / left) for cap, room in zip(high, free, strict=True)]
        if ledger.day:
            low[-1] = xp.maximum(low[-1], ledger.last * (1 - constraints.change_limit))
            high[-1] = xp.minimum(high[-1], ledger.last * (1 + constraints.change_limit))
    slowest, fastest = constraints.pacing
    if constraints.spend_all:
        low[0] = xp.maximum(low[0], free[0] * (1.0 if left == 1 else slowest / left))
    high[0] = xp.minimum(high[0], free[0] * min(1.0, fastest / left))
    return _reconcile(arrays, low, high)


def _reconcile(arrays: ConstraintArrays, low: list[Array], high: list[Array]) -> Bounds:
    """Tighten bounds bottom-up; where rounding or undelivered money left a gap, caps win."""
    xp = namespace(low[0])
    high[-1] = xp.maximum(high[-1], arrays.zero)
    low[-1] = xp.minimum(low[-1], high[-1])
    for level in range(len(arrays.sums) - 1, -1, -1):
        least, most = arrays.add_up(level, low[level + 1]), arrays.add_up(level, high[level + 1])
        high[level] = xp.maximum(xp.minimum(high[level], most), least)
        low[level] = xp.minimum(xp.maximum(low[level], least), high[level])
    return Bounds(tuple(low), tuple(high))


def _keep_spendable(
    constraints: Constraints,
    arrays: ConstraintArrays,
    spent: list[Array],
    free: list[Array],
    low: list[Array],
    left: int,
) -> list[Array]:
    """Raise today's lower bounds so that daily caps leave room for the rest.

    room(m) is what a node can still take in m days: min(C', m daily caps), and for an inner node
    min(C', sum of its children's). A node's *reach*, x + room(n - 1) after x, must not fall below
    what has to go through it: R at the root, what its floor lacks elsewhere. `least` is the reach
    after the lower bounds alone, room(n) the largest one. From the root down, a node whose children
    all add a dollar of reach per dollar spent is bounded as a sum; otherwise every child has to go
    the same fraction of the way from `least` to room(n). These demands never exceed X / n of a plan
    X for the rest, because room is concave in m.
    """
    xp = namespace(spent[0])
    later = (left - 1) * arrays.daily_caps
    room = [xp.minimum(free[-1], left * arrays.daily_caps)]
    rest = [xp.minimum(free[-1], later)]
    least = [xp.minimum(free[-1], low[-1] + later)]
    noise = _NOISE * arrays.total
    # Where a dollar spent today does not always add a dollar of reach:
    wasteful = (free[-1] < left * arrays.daily_caps - noise) & (free[-1] > noise)
    sums: list[tuple[Array, ...]] = []
    for level in range(len(arrays.sums) - 1, -1, -1):
        all_room, all_rest, all_least = (arrays.add_up(level, s[-1]) for s in (room, rest, least))
        as_sum = arrays.add_up(level, wasteful * xp.ones_like(least[-1])) == 0
        sums.append((all_room, all_rest, all_least, as_sum))
        room.append(xp.minimum(free[level], all_room))
        rest.append(xp.minimum(free[level], all_rest))
        wasteful = ~as_sum | (free[level] < all_room - noise)
        own_floor = arrays.floors[level] - spent[level]
        least.append(xp.maximum(xp.minimum(free[level], all_least), own_floor))
    room, least, raised = room[::-1], least[::-1], list(low)
    required = free[0] if constraints.spend_all else least[0]
    for level, (all_room, all_rest, all_least, as_sum) in enumerate(sums[::-1]):
        bound = xp.maximum(low[level], required - all_rest)
        raised[level] = xp.where(as_sum, bound, low[level])
        gap = xp.maximum(required - all_least, arrays.zero)
        span = all_room - all_least
        fraction = xp.where(as_sum | (span <= 0), arrays.zero, gap / xp.where(span > 0, span, 1.0))
        fraction = fraction @ arrays.sums[level].T if level else fraction
        required = least[level + 1] + fraction * (room[level + 1] - least[level + 1])
    raised[-1] = xp.maximum(low[-1], required - later)
    return raised
