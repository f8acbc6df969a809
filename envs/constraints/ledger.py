"""The day's set: what may be spent today so that the whole flight stays possible.

With n days left, R dollars left and what is spent so far, a node is *owed* what its floors still
lack. Spending at least owed / n on every node every day, and never more than what leaves the
others their dues, keeps a plan for the rest in existence whatever is chosen inside. With daily
caps money must also stay spendable: a campaign that cannot take it later has to take it today.
The proof is in `day_bounds`.
"""

from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array, namespace
from ..projection import Bounds, Tree, project
from .constraints import Constraints

_NOISE = 1e-11  # share of the total: differences below it are rounding


class _Books(NamedTuple):
    """The fields of ``Ledger``."""

    day: int  # days that are over, from 0
    spent: Array  # dollars so far, (..., campaigns)
    last: Array  # dollars planned for yesterday, (..., campaigns); 0 on the first day


class Ledger(_Books):
    """What has been spent when a day begins; flights of a batch are on the same day.

    What is owed is worked out once: the arrays are never written to.
    """

    @classmethod
    def start(
        cls, constraints: Constraints, batch: tuple[int, ...] = (), like: Array | None = None
    ) -> "Ledger":
        """Open the books of flights: nothing spent.

        Args:
            constraints: the set.
            batch: leading shape, one flight each.
            like: an array of the library, dtype and device wanted; numpy float64 if absent.
        """
        shape = (*batch, len(constraints.names))
        if like is None or namespace(like) is np:
            return cls(0, np.zeros(shape), np.zeros(shape))
        zeros = like.new_zeros(shape)
        return cls(0, zeros, zeros)

    def advance(self, planned: Array, delivered: Array | None = None) -> "Ledger":
        """Close the day: money that was planned and not delivered stays in the pot.

        Args:
            planned: dollars, (..., campaigns), from `spend_day`.
            delivered: dollars of it that were spent, <= planned; all of it if absent.
        """
        return Ledger(
            self.day + 1, self.spent + (planned if delivered is None else delivered), planned
        )


def remaining(constraints: Constraints, ledger: Ledger) -> Array:
    """Dollars of the total that are left, (...,)."""
    return constraints.total - _dues(constraints, ledger).spent[0][..., 0]


def floor_remaining(constraints: Constraints, ledger: Ledger) -> tuple[Array, ...]:
    """Dollars that floors still lack, per level from the root down, (..., nodes), >= 0.

    A node is owed what its own floor lacks, or what its children are owed together if that is more.
    """
    return tuple(_dues(constraints, ledger).floor_remaining)


def total_range(constraints: Constraints, ledger: Ledger) -> tuple[Array, Array]:
    """Least and most dollars that today's total may be, (...,) each."""
    bounds = day_bounds(constraints, ledger)
    return bounds.lower[0][..., 0], bounds.upper[0][..., 0]


def spend_day(
    constraints: Constraints, ledger: Ledger, target: Array, total: Array
) -> tuple[Array, Ledger]:
    """Spend a day: the total clipped to its range, the target projected onto the day's set.

    Args:
        constraints: the set.
        ledger: the books of the flights.
        target: dollars wanted, (..., campaigns), any finite numbers.
        total: dollars wanted in all, (...,), any finite numbers.

    Returns:
        The day's spend in dollars, (..., campaigns), and the books of the day after.

    Raises:
        PointError: if the target is not finite.
    """
    xp = namespace(target, ledger.spent)
    bounds = day_bounds(constraints, ledger)
    total = xp.minimum(xp.maximum(total[..., None], bounds.lower[0]), bounds.upper[0])
    day = Bounds((total, *bounds.lower[1:]), (total, *bounds.upper[1:]))
    spend = project(constraints.tree, target, day)
    return spend, ledger.advance(spend)


class _Fixed(NamedTuple):
    """A constraint set's numbers as arrays of one library; lists go from the root down."""

    tree: Tree
    zero: Array  # ()
    total: Array  # dollars, (1,)
    sums: tuple[Array, ...]  # per inner level, (children, nodes)
    floors: tuple[Array, ...]  # dollars over the flight, per level, (nodes,); the root's is 0
    caps: tuple[Array, ...]  # dollars over the flight, the same; the root's is the total
    daily: Array  # dollars a day, (campaigns,)


def _fixed(constraints: Constraints, like: Array) -> _Fixed:
    """The set's numbers in the library, dtype and device of an array; made once for each."""
    xp = namespace(like)
    kind: Any = "numpy" if xp is np else (like.dtype, like.device)  # a module cannot be pickled
    if kind not in constraints.cache:
        total = np.array([constraints.total])

        def array(values: Any) -> Array:
            values = np.asarray(values, np.float64)
            return values if xp is np else like.new_tensor(values)

        constraints.cache[kind] = _Fixed(
            constraints.tree,
            array(0.0),
            array(total),
            tuple(array(np.ascontiguousarray(matrix.T)) for matrix in constraints.tree.sums),
            tuple(
                array(level) for level in (0 * total, *(c / 100 for c in constraints.floor_cents))
            ),
            tuple(array(level) for level in (total, *(c / 100 for c in constraints.cap_cents))),
            array(constraints.daily_cap_cents / 100),
        )
    fixed: _Fixed = constraints.cache[kind]
    return fixed


def _up(fixed: _Fixed, level: int, children: Array) -> Array:
    """Sum children into the nodes of an inner level, (..., children) -> (..., nodes)."""
    if namespace(children) is np:
        return fixed.tree.add_up(level, children)
    return children @ fixed.sums[level]


def add_up(constraints: Constraints, level: int, children: Array) -> Array:
    """Sum children into the nodes of an inner level, (..., children) -> (..., nodes)."""
    return _up(_fixed(constraints, children), level, children)


def _by_level(fixed: _Fixed, leaves: Array) -> list[Array]:
    """Sum leaves up the tree: per level from the root down, (..., nodes)."""
    levels = [leaves]
    for level in range(len(fixed.sums) - 1, -1, -1):
        levels.append(_up(fixed, level, levels[-1]))
    return levels[::-1]


class _Dues(NamedTuple):
    """What the books say under a constraint set; lists go from the root down, dollars."""

    constraints: Constraints
    spent: list[Array]  # per level, (..., nodes)
    floor_remaining: list[Array]  # the same
    below: list[Array]  # per inner level, what the children are owed together, (..., nodes)


def _dues(constraints: Constraints, ledger: Ledger) -> _Dues:
    """Return what is spent and owed, worked out once for a ledger."""
    known: _Dues | None = ledger.__dict__.get("dues")
    if known is None or known.constraints is not constraints:
        fixed = _fixed(constraints, ledger.spent)
        spent = _by_level(fixed, ledger.spent)
        known = ledger.__dict__["dues"] = _Dues(constraints, spent, *_owed(fixed, spent))
    return known


def _owed(fixed: _Fixed, spent: list[Array]) -> tuple[list[Array], list[Array]]:
    """Per level what is owed; and per inner level what the children alone are owed."""
    xp = namespace(spent[0])
    levels = [xp.maximum(fixed.floors[-1] - spent[-1], fixed.zero)]
    below: list[Array] = []
    for level in range(len(fixed.sums) - 1, -1, -1):
        below.append(_up(fixed, level, levels[-1]))
        levels.append(xp.maximum(fixed.floors[level] - spent[level], below[-1]))
    return levels[::-1], below[::-1]


def day_bounds(constraints: Constraints, ledger: Ledger, days_left: int | None = None) -> Bounds:
    """Return today's tree of bounds; the root's pair is the range of today's total.

    Why no choice inside can make the rest impossible. Write s for what is spent, O for what is
    owed, n for the days left, C' = cap - s. The rest is possible while O <= C' at every node and
    O_root <= R. Today every node gets x >= O / n, so what is owed tomorrow is at most
    (1 - 1/n) O. A node's cap today keeps its children's dues free, x <= C' - (1 - 1/n) sum O_c,
    and the total does the same at the root; so both hold again tomorrow. And x = X / n, an even
    share of any plan X for the rest, is inside: today's set is never empty, and R / n is always
    an allowed total. With daily caps `_keep_spendable` adds what the same argument needs.

    Where a change limit stands, caps too are paid at an even rate, C' / n, so that what was
    allowed yesterday is allowed today, and the box around it is never empty.

    Args:
        constraints: the set.
        ledger: the books of the flights.
        days_left: days left with today; the flight's days less those that are over if absent.

    Returns:
        Dollars today, per level (..., nodes): consistent, so that for every total in the root's
        range the set is not empty. Should money not be delivered where daily caps or a change
        limit leave no room to catch up, caps hold and floors yield.
    """
    left = constraints.days - ledger.day if days_left is None else days_left
    fixed = _fixed(constraints, ledger.spent)
    xp = namespace(ledger.spent)
    _, spent, dues, below = _dues(constraints, ledger)
    free = [cap - paid for cap, paid in zip(fixed.caps, spent, strict=True)]
    low = [due / left for due in dues]
    high = [room - (1 - 1 / left) * due for room, due in zip(free, below, strict=False)]
    high.append(xp.minimum(free[-1], fixed.daily))
    if left > 1 and constraints.has_daily_caps:
        low = _keep_spendable(constraints, fixed, spent, free, low, left)
    if constraints.change_limit is not None:
        high = [xp.minimum(top, room / left) for top, room in zip(high, free, strict=True)]
        if ledger.day:
            low[-1] = xp.maximum(low[-1], ledger.last * (1 - constraints.change_limit))
            high[-1] = xp.minimum(high[-1], ledger.last * (1 + constraints.change_limit))
    slowest, fastest = constraints.pacing
    if constraints.spend_all:
        low[0] = xp.maximum(low[0], free[0] * (1.0 if left == 1 else slowest / left))
    high[0] = xp.minimum(high[0], free[0] * min(1.0, fastest / left))
    return _reconcile(fixed, low, high)


def _reconcile(fixed: _Fixed, low: list[Array], high: list[Array]) -> Bounds:
    """Tighten bottom-up; where rounding or undelivered money left a gap, the cap decides."""
    xp = namespace(low[0])
    high[-1] = xp.maximum(high[-1], fixed.zero)
    low[-1] = xp.minimum(low[-1], high[-1])
    for level in range(len(fixed.sums) - 1, -1, -1):
        least, most = _up(fixed, level, low[level + 1]), _up(fixed, level, high[level + 1])
        high[level] = xp.maximum(xp.minimum(high[level], most), least)
        low[level] = xp.minimum(xp.maximum(low[level], least), high[level])
    return Bounds(tuple(low), tuple(high))


def _keep_spendable(
    constraints: Constraints,
    fixed: _Fixed,
    spent: list[Array],
    free: list[Array],
    low: list[Array],
    left: int,
) -> list[Array]:
    """Raise today's lower bounds so that daily caps leave room for the rest.

    room(m) is what a node can still take in m days: min(C', m daily caps), and for an inner node
    min(C', sum of its children's). A node's *reach*, x + room(n - 1) after x, must not fall below
    what has to get through it: R at the root, what its floor lacks elsewhere. `least` is the reach
    after the lower bounds alone, room(n) the best one. From the root down, a node whose children
    all take what they get without waste settles the matter as a sum; else every child is asked
    for the same fraction of the way from `least` to room(n). Those demands never exceed X / n of
    a plan X for the rest, because room is concave in m.
    """
    xp = namespace(spent[0])
    later = (left - 1) * fixed.daily
    room = [xp.minimum(free[-1], left * fixed.daily)]
    rest = [xp.minimum(free[-1], later)]
    least = [xp.minimum(free[-1], low[-1] + later)]
    noise = _NOISE * fixed.total
    # Bent: a dollar spent today is not always one of reach.
    bent = (free[-1] < left * fixed.daily - noise) & (free[-1] > noise)
    sums: list[tuple[Array, ...]] = []
    for level in range(len(fixed.sums) - 1, -1, -1):
        all_room, all_rest, all_least = (_up(fixed, level, s[-1]) for s in (room, rest, least))
        settles = _up(fixed, level, bent * xp.ones_like(least[-1])) == 0
        sums.append((all_room, all_rest, all_least, settles))
        room.append(xp.minimum(free[level], all_room))
        rest.append(xp.minimum(free[level], all_rest))
        bent = ~settles | (free[level] < all_room - noise)
        lacks = fixed.floors[level] - spent[level]
        least.append(xp.maximum(xp.minimum(free[level], all_least), lacks))
    room, least, raised = room[::-1], least[::-1], list(low)
    target = free[0] if constraints.spend_all else least[0]
    for level, (all_room, all_rest, all_least, settles) in enumerate(sums[::-1]):
        settled = xp.maximum(low[level], target - all_rest)
        raised[level] = xp.where(settles, settled, low[level])
        gap = xp.maximum(target - all_least, fixed.zero)
        span = all_room - all_least
        way = xp.where(settles | (span <= 0), fixed.zero, gap / xp.where(span > 0, span, 1.0))
        way = way @ fixed.sums[level].T if level else way
        target = least[level + 1] + way * (room[level + 1] - least[level + 1])
    raised[-1] = xp.maximum(low[-1], target - later)
    return raised
