"""The day's set: today's floors and caps, which keep the whole flight feasible.

`day_bounds` turns the constraints of a flight and its ledger into today's floors and caps;
`spend_day` projects a requested spend onto them. This is where a floor is enforced during a flight:
with n days remaining, every node gets at least its remaining floor / n today, and at most an amount
that leaves the other nodes their remaining floors, so that any choice within these bounds leaves a
feasible plan for the other days. With daily caps the money must also stay spendable: a campaign
that cannot spend it later has to spend it today. The proof is in `day_bounds`.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ..arrays import Array, namespace
from ..projection import Bounds, project
from .constraints import ConstraintArrays, Constraints
from .ramped_day import Money, ramped_spend, reconcile

_NOISE = 1e-11  # share of the total: smaller differences are rounding errors


class _Totals(NamedTuple):
    """Spend and remaining floors of a ledger, dollars; lists go from the root down."""

    spent: list[Array]  # per level, (..., nodes)
    floor_remaining: list[Array]  # the same
    children_floors: list[Array]  # per inner level, its children's remaining floors added


class _Entries(NamedTuple):
    """The fields of a ledger."""

    day: int  # days that are over, from 0
    spent: Array  # dollars so far, (..., campaigns)
    last: Array  # dollars planned for yesterday, (..., campaigns); 0 on the first day
    live: Array | None = None  # level of yesterday, with a ramp or change days; before day 1: live


class Ledger(_Entries):
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
        if like is None:
            zeros = np.zeros(shape)
        elif tuple(like.shape) == shape:
            zeros = 0 * like
        else:
            zeros = np.zeros(shape) if namespace(like) is np else like.new_zeros(shape)
        if not constraints.has_levels:
            return cls(0, zeros, zeros)
        return cls(0, zeros, zeros, constraints.arrays(zeros).live + zeros)

    def advance(
        self, planned: Array, delivered: Array | None = None, live: Array | None = None
    ) -> "Ledger":
        """Return the next day's ledger; money planned but not delivered remains to be spent.

        Args:
            planned: dollars, (..., campaigns), from `spend_day`.
            delivered: dollars of it that were spent; all of it if absent.
            live: levels after the day, where the set has a ramp or change days.
        """
        spent = self.spent + (planned if delivered is None else delivered)
        return Ledger(self.day + 1, spent, planned, live)


def remaining(constraints: Constraints, ledger: Ledger) -> Array:
    """Return the unspent dollars of the total, (...,)."""
    return constraints.total - _totals(constraints, ledger).spent[0][..., 0]


def floor_remaining(constraints: Constraints, ledger: Ledger) -> tuple[Array, ...]:
    """Return the remaining floors in dollars, per level from the root down, (..., nodes), >= 0.

    A node's own floor minus its spend, or the sum of its children's remaining floors if larger.
    """
    return tuple(_totals(constraints, ledger).floor_remaining)


def total_range(constraints: Constraints, ledger: Ledger) -> tuple[Array, Array]:
    """Return the lower and the upper bound of today's total in dollars, (...,) each."""
    bounds = day_bounds(constraints, ledger)
    return bounds.lower[0][..., 0], bounds.upper[0][..., 0]


def spend_day(
    constraints: Constraints, ledger: Ledger, requested_spend: Array, requested_total: Array
) -> tuple[Array, Ledger]:
    """Return the day's spend, the request projected onto the day's set, and the next ledger.

    Args:
        constraints: the set.
        ledger: spend of the flights before today.
        requested_spend: dollars, (..., campaigns), any finite numbers.
        requested_total: dollars, (...,), any finite numbers; clipped to `total_range`. With a
            ramp, change days or bounds of single days the total follows from the levels instead
            (`ramped_day`).

    Returns:
        The day's spend in dollars, (..., campaigns), and the ledger of the next day.

    Raises:
        PointError: if the requested spend is not finite.
    """
    if constraints.is_continued:
        return _spend_ramped_day(constraints, ledger, requested_spend)
    xp = namespace(requested_spend, ledger.spent)
    bounds = day_bounds(constraints, ledger)
    total = xp.minimum(xp.maximum(requested_total[..., None], bounds.lower[0]), bounds.upper[0])
    day = Bounds((total, *bounds.lower[1:]), (total, *bounds.upper[1:]))
    spend = project(constraints.tree, requested_spend, day)
    return spend, ledger.advance(spend)


def _spend_ramped_day(
    constraints: Constraints, ledger: Ledger, requested_spend: Array
) -> tuple[Array, Ledger]:
    arrays, xp = constraints.arrays(ledger.spent), namespace(ledger.spent)
    spent, owed, _ = _totals(constraints, ledger)
    free = [
        xp.maximum(cap - dollars, arrays.zero)
        for cap, dollars in zip(arrays.caps, spent, strict=True)
    ]
    live = arrays.live + 0 * ledger.spent if ledger.live is None else ledger.live
    spend, live = ramped_spend(
        constraints, ledger.day, live, Money(list(owed), free), requested_spend
    )
    return spend, ledger.advance(spend, live=live)


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
    totals = _Totals(spent[::-1], floor_remaining[::-1], children_floors[::-1])
    return _affordable(arrays, totals)


def _affordable(arrays: ConstraintArrays, totals: _Totals) -> _Totals:
    """Return the totals with floors that the money left can pay, lowered in proportion.

    Floors are owed more than a node's cap or the total leaves only where more was spent than was
    planned.
    """
    xp, noise = namespace(totals.spent[0]), _NOISE * arrays.total
    room = [
        xp.maximum(cap - dollars, arrays.zero)
        for cap, dollars in zip(arrays.caps, totals.spent, strict=True)
    ]
    owed = totals.floor_remaining
    if not any(bool((o > r + noise).any()) for o, r in zip(owed, room, strict=True)):
        return totals
    lowered = [xp.minimum(owed[0], room[0])]
    sums: list[Array] = []
    for level, parents in enumerate(arrays.tree.parents):
        children = xp.minimum(owed[level + 1], room[level + 1])
        total = arrays.add_up(level, children)
        most = xp.minimum(room[level], lowered[level])
        over = total > most + noise
        factor = xp.where(over, most / xp.where(over, total, xp.ones_like(total)), 1 + 0 * total)
        lowered.append(children * factor[..., parents])
        sums.append(total * factor)
    return _Totals(totals.spent, lowered, sums)


def day_bounds(
    constraints: Constraints, ledger: Ledger, days_remaining: int | None = None
) -> Bounds:
    """Return today's floors and caps of every node; the root's pair is the range of today's total.

    No choice within these bounds can make the other days infeasible. Let s be a node's spend so
    far, C its cap, C' = C - s, O its remaining floor (`floor_remaining`), R the unspent money and
    n the days remaining. The remaining days are feasible while O <= C' at every node and
    O_root <= R. Today every node gets x >= O / n, so its remaining floor tomorrow is at most
    (1 - 1/n) O. A node's cap today leaves its children their remaining floors,
    x <= C' - (1 - 1/n) sum O_c, and so does the total at the root; both conditions hold again
    tomorrow. And x = X / n, an even share of any plan X for the remaining days, is within the
    bounds: today's set is never empty, and R / n is always an allowed total. With daily caps
    `_keep_spendable` adds the bounds that the same argument needs.

    With a change limit caps are spread evenly too, C' / n, so that any spend allowed yesterday is
    allowed today, and the set of spends within the limit is never empty.

    Args:
        constraints: the set.
        ledger: spend of the flights before today.
        days_remaining: days >= 1, including today; those of the flight that are not over if absent.

    Returns:
        Dollars today, per level (..., nodes): consistent, so that the set is not empty for any
        total in the root's range. If money was not delivered and daily caps or a change limit
        leave no room to catch up, caps hold and floors are lowered to them.
    """
    if days_remaining is None:
        days_remaining = constraints.days - ledger.day
    arrays = constraints.arrays(ledger.spent)
    xp = namespace(ledger.spent)
    spent, floors_remaining, children_floors = _totals(constraints, ledger)
    free = [cap - dollars for cap, dollars in zip(arrays.caps, spent, strict=True)]
    # Floors bind here: each node must spend at least an even share of its remaining floor today.
    low = [floor / days_remaining for floor in floors_remaining]
    high = [
        room - (1 - 1 / days_remaining) * reserved
        for room, reserved in zip(free, children_floors, strict=False)
    ]
    high.append(xp.minimum(free[-1], arrays.daily_caps))
    if days_remaining > 1 and constraints.has_daily_caps:
        low = _keep_spendable(constraints, arrays, spent, free, low, days_remaining)
    if constraints.change_limit is not None:
        high = [
            xp.minimum(cap, room / days_remaining) for cap, room in zip(high, free, strict=True)
        ]
        if ledger.day:
            held = xp.maximum(low[-1], ledger.last * (1 - constraints.change_limit))
            low[-1] = _payable(arrays, held, low, free)
            high[-1] = xp.minimum(high[-1], ledger.last * (1 + constraints.change_limit))
    slowest, fastest = constraints.pacing
    if constraints.spend_all:
        low[0] = xp.maximum(
            low[0], free[0] * (1.0 if days_remaining == 1 else slowest / days_remaining)
        )
    high[0] = xp.minimum(high[0], free[0] * min(1.0, fastest / days_remaining))
    return reconcile(arrays, low, high)


def _payable(arrays: ConstraintArrays, held: Array, low: list[Array], free: list[Array]) -> Array:
    """Return lower bounds of campaigns that the money left can pay: the change limit gives way.

    Where days were not delivered, floors that are still owed, those of channels included, and
    yesterday's spend less its limit may together exceed what a cap or the total leaves.
    """
    xp, noise, sums = namespace(held), _NOISE * arrays.total, held
    over = held != held
    for level in range(len(arrays.sums) - 1, -1, -1):
        sums = xp.maximum(arrays.add_up(level, sums), low[level])
        beyond = sums > free[level] + noise
        for parents in arrays.tree.parents[level:]:
            beyond = beyond[..., parents]
        over = over | beyond
    return xp.where(over, low[-1], held)


def _keep_spendable(
    constraints: Constraints,
    arrays: ConstraintArrays,
    spent: list[Array],
    free: list[Array],
    low: list[Array],
    days_remaining: int,
) -> list[Array]:
    """Raise today's lower bounds so that daily caps leave room for the remaining money.

    room(m) is the most that a node can still spend in m days: min(C', m daily caps), and for an
    inner node min(C', sum of its children's rooms). A node's *reach*, x + room(n - 1) after x, must
    not fall below the money that has to pass through it: R at the root, its remaining floor
    elsewhere. `lowest` is the reach if x is the lower bound, room(n) the largest reach. From the
    root down, a node whose children all add a dollar of reach per dollar spent is bounded as a sum;
    otherwise every child has to go the same fraction of the way from `lowest` to room(n). These
    lower bounds never exceed X / n for a plan X of the remaining days: room is concave in m.
    """
    xp = namespace(spent[0])
    later = (days_remaining - 1) * arrays.daily_caps
    room = [xp.minimum(free[-1], days_remaining * arrays.daily_caps)]
    rest = [xp.minimum(free[-1], later)]
    lowest = [xp.minimum(free[-1], low[-1] + later)]
    noise = _NOISE * arrays.total
    # Where a dollar spent today does not always add a dollar of reach:
    wasteful = (free[-1] < days_remaining * arrays.daily_caps - noise) & (free[-1] > noise)
    sums: list[tuple[Array, ...]] = []
    for level in range(len(arrays.sums) - 1, -1, -1):
        all_room, all_rest, all_lowest = (arrays.add_up(level, s[-1]) for s in (room, rest, lowest))
        as_sum = arrays.add_up(level, wasteful * xp.ones_like(lowest[-1])) == 0
        sums.append((all_room, all_rest, all_lowest, as_sum))
        room.append(xp.minimum(free[level], all_room))
        rest.append(xp.minimum(free[level], all_rest))
        wasteful = ~as_sum | (free[level] < all_room - noise)
        own_floor = arrays.floors[level] - spent[level]
        lowest.append(xp.maximum(xp.minimum(free[level], all_lowest), own_floor))
    room, lowest, raised = room[::-1], lowest[::-1], list(low)
    required = free[0] if constraints.spend_all else lowest[0]
    for level, (all_room, all_rest, all_lowest, as_sum) in enumerate(sums[::-1]):
        bound = xp.maximum(low[level], required - all_rest)
        raised[level] = xp.where(as_sum, bound, low[level])
        gap = xp.maximum(required - all_lowest, arrays.zero)
        span = all_room - all_lowest
        fraction = xp.where(as_sum | (span <= 0), arrays.zero, gap / xp.where(span > 0, span, 1.0))
        fraction = fraction @ arrays.sums[level].T if level else fraction
        required = lowest[level + 1] + fraction * (room[level + 1] - lowest[level + 1])
    raised[-1] = xp.maximum(low[-1], required - later)
    return raised


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
