"""Far-out points, moved closer without changing any projection.

A leaf moves only while the multiplier is inside [l - y, u - y]. Where no leaf moves, the axis of
multipliers can be shortened: clusters of overlapping intervals keep their inner distances and are
set side by side. Then `point + multiplier` keeps its digits, however far the wish.
"""

import numpy as np

from ...data.errors import MediaGymError
from ..arrays import Array, namespace


class PointError(MediaGymError, ValueError):
    """A point to project that is not a finite number."""


def require_finite(point: Array) -> None:
    """Raise PointError at the first leaf that is NaN or infinite in any column."""
    xp = namespace(point)
    finite = xp.isfinite(point)
    if not finite.all():
        leaf = int((1 * (~finite).any(1)).argmax())
        raise PointError(
            f"the point to project is {float(point[leaf][~finite[leaf]][0])} at leaf {leaf}; every "
            "coordinate must be a finite number of dollars: look for a division by 0 or a "
            "diverged network"
        )


def nearer(
    point: np.ndarray, lower: np.ndarray, upper: np.ndarray, root: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return near points that project alike, and the upper bounds that hold in effect.

    The multiplier 0 stays 0: a root without a fixed total starts from it.

    Args:
        point: dollars, (leaves, rows), finite.
        lower: dollars, the leaves' lower bounds, (leaves, rows or 1).
        upper: dollars, the leaves' upper bounds, (leaves, rows or 1).
        root: dollars, the root's upper bound, (1, rows or 1).
        scale: dollars, what counts as a short way, (1, rows or 1).

    Returns:
        Near points and upper bounds, (leaves, rows) each.
    """
    zero = np.zeros_like(point[:1])
    point = np.clip(point, -1e150, 1e150)  # so that differences stay finite
    reach = np.maximum(lower, np.minimum(upper, root + debts(lower).sum(0))) + zero
    events = np.concatenate([point, zero])  # the last is the multiplier 0 itself
    starts = np.concatenate([lower - point, zero])
    ends = np.concatenate([reach - point, zero])
    order = np.argsort(starts, axis=0, kind="stable")
    events, starts, ends = (np.take_along_axis(a, order, 0) for a in (events, starts, ends))
    first = np.ones_like(order, dtype=bool)
    first[1:] = starts[1:] > np.maximum.accumulate(ends, 0)[:-1] + scale
    cluster = np.cumsum(first, 0) - 1
    anchor = np.maximum.accumulate(np.where(first, np.arange(len(order))[:, None], 0), 0)
    offset = events - np.take_along_axis(events, anchor, 0)  # exact: neighbours are close
    low, high = (
        np.take_along_axis(np.concatenate([bound + zero, zero]), order, 0)
        for bound in (lower, np.where(np.isfinite(reach), reach, lower))  # an endless one is last
    )
    stride = np.max(high - offset, 0) - np.min(low - offset, 0) + scale
    near = np.empty_like(offset)
    np.put_along_axis(near, order, offset - cluster * stride, 0)
    return near[:-1] - near[-1:], reach


def debts(lower: Array) -> Array:
    """How far below 0 each leaf can go: 0 for money."""
    return (abs(lower) - lower) / 2
