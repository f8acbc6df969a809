"""The projection of many rows at once: multipliers from the root down, then the leaves' answers.

Layout: nodes first, the rows of the batch last and contiguous ("columns"). One code for numpy and
torch. Nothing is divided by the budget: tolerances are shares of each row's root bound instead,
which amounts to the same and returns a feasible point bit by bit.
"""

from collections.abc import Sequence
from typing import NamedTuple, NoReturn

import numpy as np

from ...data.errors import ConstraintError
from ..arrays import Array, at_least, namespace
from .per_row import CONVERGED, FLAT, INFEASIBLE, MET, OPEN, SEARCH_STEPS, SLACK, WILD
from .rescaling import debts, nearer, require_finite
from .sum_tree import Tree


class Columns(NamedTuple):
    """A projection to do, in columns: every array is (nodes of its level, rows or 1)."""

    tree: Tree  # the structure
    sums: tuple[Array, ...]  # the tree's 0/1 matrices, in the library of the arrays
    point: Array  # dollars, (leaves, rows)
    lower: tuple[Array, ...]  # dollars, per level from the root down
    upper: tuple[Array, ...]  # dollars, the same
    scale: Array  # dollars, (1, rows or 1): the root's bound, the measure of every tolerance
    tolerance: Array  # dollars, (1, rows or 1): a sum this close to its bounds is inside


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

    return Columns(tree, sums, point, lower, upper, scale, MET * scale)


def _size(lower: Array, upper: Array) -> Array:
    """The largest finite bound of each column, (1, rows or 1)."""
    xp = namespace(lower)
    low, high = abs(lower), abs(upper)
    finite = xp.isfinite(high)
    high = high if finite.all() else xp.where(finite, high, 0)
    both = low, high
    low, high = both if len(lower) == 1 else (xp.amax(side, 0)[None] for side in both)
    return xp.maximum(low, high)


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
    calm = abs(work.point) <= WILD * work.scale
    if not calm.all():
        work = _draw_in(work, ~calm.all(0))
    multiplier = xp.zeros_like(work.point[:1])
    multipliers = []
    for level, (lower, upper) in enumerate(zip(work.lower[:-1], work.upper[:-1], strict=True)):
        if multiplier.shape[0] > 1:  # else one for all, which broadcasts as it is
            multiplier = multiplier[work.tree.parents[level - 1]]
        total, slope = _answer(work, level, multiplier)
        target = xp.minimum(xp.maximum(total, lower), upper)
        late = abs(total - target) > work.tolerance
        if late.any():
            multiplier = _search(work, level, multiplier, (total, slope), target, late)
        multipliers.append(multiplier)
    unclipped = work.point + _to_leaves(work, len(multipliers) - 1, multiplier)
    spend = xp.minimum(xp.maximum(unclipped, work.lower[-1]), work.upper[-1])
    return Settled(spend, unclipped, tuple(multipliers))


def _to_leaves(work: Columns, level: int, multiplier: Array) -> Array:
    """Give every leaf its ancestor's multiplier; a single row broadcasts as it is."""
    return multiplier if multiplier.shape[0] == 1 else multiplier[work.tree.ancestors[level]]


def _answer(work: Columns, level: int, multiplier: Array) -> tuple[Array, Array]:
    """Unclipped answers of a level's nodes under a multiplier each, and their slopes."""
    raw = work.point + _to_leaves(work, level, multiplier)
    both = _clipped(raw, work.lower[-1], work.upper[-1])
    rows = raw.shape[1]
    for above in range(len(work.sums) - 1, level, -1):
        sums = _add_up(work, above, both)
        both = _clipped(sums[:, :rows], work.lower[above], work.upper[above])
        both[:, rows:] *= sums[:, rows:]
    sums = _add_up(work, level, both)
    return sums[:, :rows], sums[:, rows:]


def _clipped(raw: Array, lower: Array, upper: Array) -> Array:
    """Clip, and beside that tell with 1 or 0 what moves freely, so that both are summed at once."""
    xp, rows = namespace(raw), raw.shape[1]
    shape = len(raw), 2 * rows
    both = np.empty(shape, raw.dtype) if xp is np else raw.new_empty(shape)
    answer = both[:, :rows]
    xp.minimum(xp.maximum(raw, lower), upper, out=answer)
    both[:, rows:] = answer == raw
    return both


def _add_up(work: Columns, level: int, answer: Array) -> Array:
    """Sum children into their nodes, (children, columns) -> (nodes, columns)."""
    if namespace(answer) is np:
        return work.tree.add_rows(level, answer)
    return work.sums[level] @ answer


def _search(
    work: Columns, level: int, now: Array, answer: tuple[Array, Array], target: Array, late: Array
) -> Array:
    """Find the multipliers at which a level's late unclipped answers meet their targets.

    Newton's step, or the middle of the bracket where the step leaves it or the slope is 0.
    Columns that are done are dropped once they are half of those at work. What a node does depends
    on nothing but its own leaves: ``projection_row`` takes the very same steps.
    """
    xp = namespace(work.point)
    tolerance, rows = CONVERGED * work.scale, late.shape[1]
    now = now + xp.zeros_like(target)
    found, live, (total, slope) = now, None, answer
    below, above = xp.full_like(target, -OPEN), xp.full_like(target, OPEN)
    ends: tuple[Array, Array] | None = None
    for step in range(SEARCH_STEPS):
        gap = total - target
        if step:
            late = late & (abs(gap) > tolerance)
        unfinished = late.any(0) if len(late) > 1 else late[0]
        count = int(xp.count_nonzero(unfinished))
        if 2 * count <= rows:
            found = _put(found, live, now)
            if not count:
                return found
            keep = xp.nonzero(unfinished)[0] if xp is np else unfinished.nonzero()[:, 0]
            live = keep if live is None else live[keep]
            work, rows, tolerance = _take(work, level, keep), count, cut(tolerance, keep)
            gap, late, slope, target = (cut(a, keep) for a in (gap, late, slope, target))
            now, below, above = cut(now, keep), cut(below, keep), cut(above, keep)
            ends = ends and (cut(ends[0], keep), cut(ends[1], keep))
        low = gap < 0
        below, above = xp.where(low, now, below), xp.where(low, above, now)
        move = now - gap / at_least(slope, FLAT)
        lost = late & ~((move > below) & (move < above))
        if lost.any():
            ends = ends or _ends(work, level, target)
            below = xp.where(lost & (below == -OPEN), ends[0], below)
            above = xp.where(lost & (above == OPEN), ends[1], above)
            move = xp.where(lost, (below + above) / 2, move)
        now = xp.where(late, move, now)
        total, slope = _answer(work, level, now)
    _check_met(work, level, total, target)
    return _put(found, live, now)


def _ends(work: Columns, level: int, target: Array) -> tuple[Array, Array]:
    """Multipliers, (nodes, rows), under and over which no leaf of a node moves."""
    xp = namespace(target)
    lower, upper = work.lower[-1], work.upper[-1]
    starts, owing = lower - work.point, bool((lower < 0).any())
    below, above = [], []
    for node, leaves in enumerate(work.tree.leaves[level]):
        if not leaves:  # a node without any answers 0 to every multiplier
            below.append(0 * target[node])
            above.append(0 * target[node])
            continue
        most = target[node] + (debts(lower[leaves]).sum(0) if owing else 0.0)
        ends = xp.minimum(upper[leaves], most) - work.point[leaves]
        below.append(xp.amin(starts[leaves], 0))
        above.append(xp.amax(ends, 0))
    slack = SLACK * work.scale
    return xp.stack(below) - slack, xp.stack(above) + slack


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
    )


def _check_met(work: Columns, level: int, total: Array, target: Array) -> None:
    """Raise if a search ended off its target by more than rounding can explain."""
    off = abs(total - target)
    if (off > INFEASIBLE * work.scale).any():
        node = int(off.reshape(-1).argmax()) // off.shape[1]
        refuse(work.tree, int(work.tree.starts[level]) + node, float(off.max()))


def refuse(tree: Tree, place: int, dollars: float) -> NoReturn:
    """Say at which node, counted level by level, the bounds cannot be met, and by how much."""
    level = int(np.searchsorted(tree.starts, place, "right")) - 1
    raise ConstraintError(
        f"no point satisfies the bounds: at level {level} (0 is the root), node "
        f"{place - int(tree.starts[level])}, the sum misses its bound by {dollars:.6g}; make the "
        "lower bounds of its children fit under its upper one, and their upper ones reach its "
        "lower one"
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
