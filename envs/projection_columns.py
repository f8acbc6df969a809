"""The projection of many rows at once: multipliers from the root down, then the leaves' answers.

Layout: nodes first, the rows of the batch last and contiguous ("columns"). One code for numpy and
torch. Nothing is divided by the budget: tolerances are shares of each row's root bound instead,
which amounts to the same and returns a feasible point bit by bit.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..data.errors import ConstraintError
from .arrays import Array, namespace
from .projection_far import debts, nearer, require_finite
from .projection_row import CONVERGED, INFEASIBLE, MET, SEARCH_STEPS, WILD
from .tree import Tree


class Columns(NamedTuple):
    """A projection to do, in columns: every array is (nodes of its level, rows or 1)."""

    tree: Tree  # the structure
    sums: tuple[Array, ...]  # the tree's 0/1 matrices, in the library of the arrays
    point: Array  # dollars, (leaves, rows)
    lower: tuple[Array, ...]  # dollars, per level from the root down
    upper: tuple[Array, ...]  # dollars, the same
    scale: Array  # dollars, (1, rows or 1): the root's bound, the measure of every tolerance
    tolerance: Array  # dollars, (1, rows or 1): a sum this close to its bounds is inside
    one: Array  # 1, (1, 1), to count what is true


class Settled(NamedTuple):
    """A finished projection, in columns, with what its derivative needs."""

    spend: Array  # dollars, (leaves, rows): the projection
    unclipped: Array  # dollars, (leaves, rows): point + multiplier, before the leaves' own bounds
    multipliers: tuple[Array, ...]  # dollars, per inner level (nodes, rows); a pinned node's
    # differs from its parent's, and the root's parent has 0


def to_columns(array: Array, batch: tuple[int, ...], rows: int) -> Array:
    """Turn (..., nodes) into (nodes, rows), or into (nodes, 1) where it has no leading axes."""
    if array.ndim == 1:
        return array[:, None]
    nodes = array.shape[-1]
    xp = namespace(array)
    if tuple(array.shape[:-1]) != batch:
        array = xp.broadcast_to(array, (*batch, nodes))
    columns = array.reshape(rows, nodes).T
    return np.ascontiguousarray(columns) if xp is np else columns.contiguous()


def arrange(tree: Tree, sums: tuple[Array, ...], columns: Sequence[Array]) -> Columns:
    """Order the columns of point, lower and upper bounds into one problem, with its scale."""
    point, levels = columns[0], len(tree.sizes)
    lower, upper = tuple(columns[1 : 1 + levels]), tuple(columns[1 + levels :])
    xp = namespace(point)
    if point.shape[1] == 1:
        rows = max(column.shape[1] for column in columns)
        point = point if rows == 1 else xp.broadcast_to(point, (point.shape[0], rows))
    scale = _size(lower[0], upper[0])
    if not (scale > 0).all():
        scale = xp.where(scale > 0, scale, _size_without_root(point, lower, upper))
    one = xp.ones_like(point[:1, :1])
    return Columns(tree, sums, point, lower, upper, scale, MET * scale, one)


def _size(lower: Array, upper: Array) -> Array:
    """The largest finite bound of each column, (1, rows or 1)."""
    xp = namespace(lower)
    low, high = xp.amax(abs(lower), 0), abs(upper)
    return xp.maximum(low, xp.amax(xp.where(xp.isfinite(high), high, low), 0))[None]


def _size_without_root(point: Array, lower: tuple[Array, ...], upper: tuple[Array, ...]) -> Array:
    """Where the root is 0 or bounds nothing: the other bounds' size, or the point's, or 1."""
    xp = namespace(point)
    size = xp.amax(abs(point), 0)[None]
    for low, high in zip(lower[1:], upper[1:], strict=True):
        bound = _size(low, high)
        size = xp.where(bound > 0, bound, size)
    return xp.where(size > 0, size, 1.0)


def settle(work: Columns) -> Settled:
    """Project every column: multipliers from the root down, then the leaves' answers."""
    xp = namespace(work.point)
    calm = xp.amax(abs(work.point), 0) <= WILD * work.scale[0]
    if not calm.all():
        work = _draw_in(work, ~calm)
    multiplier = xp.zeros_like(work.point[:1])
    multipliers = []
    for level, (lower, upper) in enumerate(zip(work.lower[:-1], work.upper[:-1], strict=True)):
        if multiplier.shape[0] > 1:  # else one for all, which broadcasts as it is
            multiplier = multiplier[work.tree.parents[level - 1]]
        total, slope = _answer(work, level, multiplier)
        target = xp.minimum(xp.maximum(total, lower), upper)
        if (abs(total - target) > work.tolerance).any():
            multiplier = _search(work, level, multiplier, (total, slope), target)
        multipliers.append(multiplier)
    unclipped = work.point + _to_leaves(work, len(multipliers) - 1, multiplier)
    spend = xp.minimum(xp.maximum(unclipped, work.lower[-1]), work.upper[-1])
    return Settled(spend, unclipped, tuple(multipliers))


def _to_leaves(work: Columns, level: int, multiplier: Array) -> Array:
    """Give every leaf its ancestor's multiplier; a single row broadcasts as it is."""
    return multiplier if multiplier.shape[0] == 1 else multiplier[work.tree.ancestors[level]]


def _answer(work: Columns, level: int, multiplier: Array) -> tuple[Array, Array]:
    """Unclipped answers of a level's nodes under a multiplier each, and their slopes."""
    xp = namespace(work.point)
    raw = work.point + _to_leaves(work, level, multiplier)
    answer = xp.minimum(xp.maximum(raw, work.lower[-1]), work.upper[-1])
    slope = (answer == raw) * work.one
    for above in range(len(work.sums) - 1, level, -1):
        raw = work.sums[above] @ answer
        answer = xp.minimum(xp.maximum(raw, work.lower[above]), work.upper[above])
        slope = (work.sums[above] @ slope) * (answer == raw)
    return work.sums[level] @ answer, work.sums[level] @ slope


def _search(
    work: Columns, level: int, start: Array, answer: tuple[Array, Array], target: Array
) -> Array:
    """Find the multipliers at which a level's unclipped answers meet their targets.

    Newton's step, or the middle of the bracket where the step leaves it or the slope is 0.
    Columns that are done are dropped once they are half of those at work.
    """
    xp = namespace(work.point)
    work = work._replace(tolerance=CONVERGED * work.scale)
    rows = work.point.shape[1]
    now = start + xp.zeros_like(target)
    found, live = now, None
    below, above = _bracket(work, target)
    below, above = xp.minimum(below, now), xp.maximum(above, now)
    for _ in range(SEARCH_STEPS):
        total, slope = answer
        gap = total - target
        late = abs(gap) > work.tolerance
        unfinished = late.any(0) if len(late) > 1 else late[0]
        count = int(xp.count_nonzero(unfinished))
        if 2 * count <= rows:
            found = _put(found, live, now)
            if not count:
                return found
            keep = xp.nonzero(unfinished)[0] if xp is np else unfinished.nonzero()[:, 0]
            live = keep if live is None else live[keep]
            work, rows = _take(work, level, keep), count
            gap, late, slope, target = (cut(a, keep) for a in (gap, late, slope, target))
            now, below, above = cut(now, keep), cut(below, keep), cut(above, keep)
        below = xp.where(gap < 0, now, below)
        above = xp.where(gap > 0, now, above)
        flat = slope == 0
        step = now - gap / (slope + flat)
        lost = flat | (step <= below) | (step >= above)
        step = xp.where(lost, (below + above) / 2, step)
        now = xp.where(late, step, now)
        answer = _answer(work, level, now)
    _check_met(work, level, answer[0], target)
    return _put(found, live, now)


def _bracket(work: Columns, target: Array) -> tuple[Array, Array]:
    """Multipliers, (1, rows), under and over which no leaf moves."""
    xp = namespace(target)
    lower, upper = work.lower[-1], work.upper[-1]
    most = xp.amax(target, 0) + debts(lower)  # no leaf can get more than this
    below = xp.amin(lower - work.point, 0)
    above = xp.amax(xp.minimum(upper, most) - work.point, 0)
    return below[None], above[None]


def _put(found: Array, live: Array | None, now: Array) -> Array:
    """Write the columns still at work back among all."""
    if live is None:
        return now
    found[:, live] = now
    return found


def cut(column: Array, part: slice | Array) -> Array:
    """Some columns of an array; one that all rows share stays as it is."""
    if column.shape[1] == 1:
        return column
    if isinstance(part, np.ndarray):  # `take` stays contiguous, an index does not
        return column.take(part, 1)
    return column[:, part]


def _take(work: Columns, level: int, keep: Array) -> Columns:
    """The same problem for some of its columns, and only below a level."""
    lower = (cut(bound, keep) for bound in work.lower[level + 1 :])
    upper = (cut(bound, keep) for bound in work.upper[level + 1 :])
    return work._replace(
        point=cut(work.point, keep),
        lower=(*work.lower[: level + 1], *lower),
        upper=(*work.upper[: level + 1], *upper),
        scale=cut(work.scale, keep),
        tolerance=cut(work.tolerance, keep),
    )


def _check_met(work: Columns, level: int, total: Array, target: Array) -> None:
    """Raise if a search ended off its target by more than rounding can explain."""
    off = abs(total - target)
    if (off > INFEASIBLE * work.scale).any():
        node = int(off.reshape(-1).argmax()) // off.shape[1]
        raise ConstraintError(
            f"no point satisfies the bounds: at level {level} (0 is the root), node {node}, the "
            f"sum misses its bound by {float(off.max()):.6g}; make the lower bounds of its "
            "children fit under its upper one, and their upper ones reach its lower one"
        )


def _draw_in(work: Columns, wild: Array) -> Columns:
    """The same problem with its far-out points moved closer; see `projection_far`."""
    xp = namespace(work.point)
    require_finite(work.point)
    point, upper = work.point + 0, work.upper[-1] + xp.zeros_like(work.point)
    keep = xp.nonzero(wild)[0] if xp is np else wild.nonzero()[:, 0]
    inner = [work.point, work.lower[-1], work.upper[-1], work.upper[0], work.scale]
    inner = [cut(array, keep) for array in inner]
    if xp is not np:
        inner = [array.cpu().numpy() for array in inner]
    near, reach = nearer(*inner)
    point[:, keep] = xp.asarray(near, dtype=point.dtype, device=point.device)
    upper[:, keep] = xp.asarray(reach, dtype=point.dtype, device=point.device)
    return work._replace(point=point, upper=(*work.upper[:-1], upper))
