"""A day under ramps and change days: the request projected onto what the rest of the flight allows.

The request is a multiple of the day of the course. The totals that the campaigns would then spend
on the rest of the flight are projected onto the tree of the money that is left: floors that are
still owed, caps, the total, and for each campaign the least and the most that its ramp allows. Any
point of that set can be carried out to the last day (`levels`). The total that is requested for the
day has no part in this: a day's total follows from the levels of its campaigns.

Money wins over ramps: where so much more was spent than planned that a cap or the total could not
hold, levels fall freely. A ramp that yields rises freely where a floor or the total could not be
reached; any other ramp holds, and what it cannot spend is left.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats
from ..arrays import Array, namespace, summed
from ..projection import Bounds, project
from .levels import continuation, continuation_to

if TYPE_CHECKING:
    from .constraints import ConstraintArrays, Constraints

_NOISE = 1e-10  # share of the total: smaller differences are rounding errors
_FAR = 1e12  # multiple of the course that stands for "as much as the ramp allows"
_FALL, _RISE = 1, 2  # bits of `levels.continuation`'s argument `free`


class Money(NamedTuple):
    """What is left for the rest of the flight, dollars, per level from the root (..., nodes)."""

    owed: list[Array]  # floors that are still owed, >= 0
    free: list[Array]  # caps minus spend; the root's is the unspent money


def ramped_spend(
    constraints: "Constraints", day: int, level: Array, money: Money, requested: Array
) -> tuple[Array, Array]:
    """Return the day's spend and the levels after it, (..., campaigns) dollars each.

    Args:
        constraints: the set, with a ramp or change days.
        day: today, from 0.
        level: of the day before, (..., campaigns) dollars per day.
        money: what is left.
        requested: dollars, (..., campaigns), any finite numbers.
    """
    course, arrays = constraints.continued, constraints.arrays(level)
    rows = _numbers(level).reshape(-1, level.shape[-1])
    today = course.course[day]
    point = np.broadcast_to(_numbers(requested), level.shape).reshape(rows.shape)
    multiple = np.clip(point / today, 0.0, _FAR)
    none, ends = np.zeros(rows.shape, np.int64), (np.zeros_like(rows), np.full_like(rows, _FAR))
    least, most = (continuation(course, day, rows, none, end) for end in ends)
    free = _freed(constraints, (least.total, most.total), rows, money)
    if free.any():
        least, most = (continuation(course, day, rows, free, end) for end in ends)
    continued = continuation(course, day, rows, free, multiple)
    asked = _moved(_like(continued.total, level), continued.total_by_multiple / today, requested)
    asked = _moved(asked, continued.total_by_level, level)
    low = _moved(_like(least.total, level), least.total_by_level, level)
    high = _moved(_like(most.total, level), most.total_by_level, level)
    totals = _split(constraints, arrays, money, asked, (low, high))
    numbers = _numbers(totals).reshape(rows.shape)
    found = continuation_to(course, day, rows, free, multiple, numbers)
    by_total = np.where(
        found.total_by_multiple > 0,
        found.today_by_multiple / np.where(found.total_by_multiple > 0, found.total_by_multiple, 1),
        0.0,
    )
    spend = _moved(_like(found.today, level), by_total, totals)
    spend = _moved(spend, found.today_by_level - by_total * found.total_by_level, level)
    passed, rhythm = course.passed_over[day], course.rhythm[day]
    keep = _like(np.broadcast_to(1.0 * passed, rows.shape), level)
    after = keep * level + (1 - keep) * (spend / arrays.of(rhythm))
    return spend, after


def reconcile(arrays: "ConstraintArrays", low: list[Array], high: list[Array]) -> Bounds:
    """Tighten bounds bottom-up; if rounding or undelivered money makes them cross, caps win."""
    xp = namespace(low[0])
    high[-1] = xp.maximum(high[-1], arrays.zero)
    low[-1] = xp.minimum(low[-1], high[-1])
    for level in range(len(arrays.sums) - 1, -1, -1):
        low_sum, high_sum = (arrays.add_up(level, bound[level + 1]) for bound in (low, high))
        high[level] = xp.maximum(xp.minimum(high[level], high_sum), low_sum)
        low[level] = xp.minimum(xp.maximum(low[level], low_sum), high[level])
    return Bounds(tuple(low), tuple(high))


def _split(
    constraints: "Constraints",
    arrays: "ConstraintArrays",
    money: Money,
    asked: Array,
    ends: tuple[Array, Array],
) -> Array:
    """Return the totals nearest to those asked for that money and ramps allow, (..., campaigns)."""
    xp = namespace(asked)
    low, high = list(money.owed), list(money.free)
    high[-1] = xp.minimum(high[-1], ends[1])
    low[-1] = xp.maximum(low[-1], ends[0])
    if constraints.spend_all:
        low[0] = high[0]
    bounds = reconcile(arrays, low, high)
    whole = summed(asked)[..., None]
    root = bounds.upper[0]
    positive = whole > 0
    scale = root / xp.where(positive, whole, xp.ones_like(whole))
    if not constraints.spend_all:
        scale = xp.minimum(scale, xp.ones_like(scale))
    asked = xp.where(positive, asked * scale, asked)
    return project(constraints.tree, asked, bounds)


def _freed(
    constraints: "Constraints", ends: tuple[Floats, Floats], level: Floats, money: Money
) -> NDArray[np.int64]:
    """Return which levels may fall (1) and rise (2) freely, (rows, campaigns).

    ``ends`` are the least and the most that ramps let the campaigns spend, (rows, campaigns).
    """
    tree, (least, most) = constraints.tree, ends
    noise = _NOISE * constraints.total
    owed, free = ([_rows(part, level) for part in parts] for parts in (money.owed, money.free))
    fall, rise = least > free[-1] + noise, most < owed[-1] - noise
    low, high = np.maximum(least, owed[-1]), np.minimum(most, free[-1])
    for depth in range(len(tree.sizes) - 2, -1, -1):
        low, high = tree.add_up(depth, low), tree.add_up(depth, high)
        needed = free[depth] if depth == 0 and constraints.spend_all else owed[depth]
        above, below = low > free[depth] + noise, high < needed - noise
        low, high = np.maximum(low, owed[depth]), np.minimum(high, free[depth])
        for parents in tree.parents[depth:]:
            above, below = above[:, parents], below[:, parents]
        fall, rise = fall | above, rise | below
    yields = constraints.ramp is not None and constraints.ramp.yields
    return np.asarray(_FALL * fall + _RISE * (rise & yields))


def _rows(part: Array, level: Floats) -> Floats:
    """An array (..., nodes) as (rows, nodes)."""
    numbers = _numbers(part)
    flat = numbers.reshape(-1, numbers.shape[-1])
    return np.broadcast_to(flat, (len(level), flat.shape[-1]))


def _numbers(array: Array) -> Floats:
    """The values of an array, in numpy."""
    if isinstance(array, np.ndarray):
        return array.astype(np.float64, copy=False)
    return np.asarray(array.detach().cpu().double().numpy())


def _like(rows: Floats, like: Array) -> Array:
    """Rows in the library, dtype, device and shape of an array."""
    if isinstance(like, np.ndarray):
        return rows.reshape(like.shape)
    return like.new_tensor(rows).reshape(like.shape)


def _moved(value: Array, slope: Floats, variable: Array) -> Array:
    """The value with its derivative with respect to a variable: a tensor's, or nothing."""
    if isinstance(value, np.ndarray):
        return value
    change = variable - variable.detach()
    return value + value.new_tensor(slope).reshape(value.shape) * change
