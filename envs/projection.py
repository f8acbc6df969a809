"""The exact Euclidean projection onto a tree of sums: root, channels, campaigns, or any depth.

Set: leaves `l <= x <= u`, and at every inner node v `L_v <= sum of its leaves <= U_v`.

Lemma (nested resource allocation; Vidal, Jaillet and Maculan, SIAM J. Optim. 26(2), 2016): under a
multiplier m a leaf answers `clip(y + m, l, u)`, and an inner node answers the clipped sum of its
children's answers. Every answer is non-decreasing and piecewise linear in m. So from the root
down: a node whose unclipped answer at its parent's multiplier lies inside its bounds inherits that
multiplier; one that does not is pinned at the violated bound and gets its own multiplier, by a
safeguarded Newton search (Cominetti, Mascarenhas and Silva, Math. Prog. Comp. 6, 2014) whose
slope is the number of free leaves. Once the active set is right, the step is the closed form.

Layout inside: nodes first, the rows of the batch last and contiguous ("columns"). Nothing is
divided by the budget: tolerances are shares of each row's root bound instead, which amounts to the
same and returns a feasible point bit by bit.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..data.errors import ConstraintError, MediaGymError
from .arrays import Array, namespace
from .projection_row import CONVERGED, INFEASIBLE, MET, SEARCH_STEPS, WILD, Row
from .tree import Bounds, Tree

_CHUNK_NUMBERS = 1 << 14  # leaves x rows worked on at once, to stay in the cache
_ROW_NUMBERS = 256  # up to as many leaves x rows, plain floats are faster than arrays


class PointError(MediaGymError, ValueError):
    """A point to project that is not a finite number."""


class Columns(NamedTuple):
    """A projection to do, in columns: every array is (nodes of its level, rows or 1)."""

    tree: Tree  # the structure
    sums: tuple[Array, ...]  # the tree's 0/1 matrices, in the library of the arrays
    point: Array  # dollars, (leaves, rows)
    lower: tuple[Array, ...]  # dollars, per level from the root down
    upper: tuple[Array, ...]  # dollars, the same
    scale: Array  # dollars, (1, rows or 1): the root's bound, the measure of every tolerance


class Settled(NamedTuple):
    """A finished projection, in columns, with what its derivative needs."""

    spend: Array  # dollars, (leaves, rows): the projection
    unclipped: Array  # dollars, (leaves, rows): point + multiplier, before the leaves' own bounds
    multipliers: tuple[Array, ...]  # dollars, per inner level (nodes, rows); a pinned node's
    # differs from its parent's, and the root's parent has 0


def project(tree: Tree, point: Array, bounds: Bounds) -> Array:
    """Return the nearest point of the tree's set: argmin 1/2 ||x - point||^2.

    Args:
        tree: the structure.
        point: dollars, (..., leaves), finite; numpy, or torch.
        bounds: dollars, per level (..., nodes), broadcast against the point's leading axes. Lower
            bounds are finite, upper ones may be infinite; the root's two are equal for a fixed
            total.

    Returns:
        Dollars, (..., leaves): inside every leaf's box exactly and inside every node's bounds to
        1e-9 of the root's; a feasible point comes back unchanged. In torch it is differentiable
        once, with respect to the point and to the bounds, exactly, on the active set.

    Raises:
        PointError: if the point is not finite.
        ConstraintError: if no point satisfies the bounds.
    """
    if namespace(point, *bounds.lower, *bounds.upper) is not np:
        from .projection_torch import project_tensors

        return project_tensors(tree, point, bounds)
    arrays = [np.asarray(array, np.float64) for array in (point, *bounds.lower, *bounds.upper)]
    batch = batch_shape(arrays)
    spend, _ = project_rows(tree, arrays, batch)
    return spend.reshape(*batch, tree.sizes[-1])


def batch_shape(arrays: Sequence[Array]) -> tuple[int, ...]:
    """Return the common leading shape of arrays whose last axis counts nodes."""
    if all(array.ndim == 1 for array in arrays):
        return ()
    return np.broadcast_shapes(*(tuple(array.shape[:-1]) for array in arrays))


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


def project_rows(
    tree: Tree, arrays: Sequence[np.ndarray], batch: tuple[int, ...], keep: bool = False
) -> tuple[np.ndarray, list[tuple[slice, Columns, Settled]]]:
    """Project in numpy, chunk by chunk.

    Args:
        tree: the structure.
        arrays: the point, then the lower bounds level by level, then the upper ones; float64.
        batch: their common leading shape.
        keep: whether to return what each chunk settled, for a derivative.

    Returns:
        (rows, leaves), and if `keep` the rows, the problem and the solution of every chunk.
    """
    rows = math.prod(batch)
    if rows * tree.sizes[-1] <= _ROW_NUMBERS and not keep:
        spend = _project_few(tree, arrays, batch, rows)
        if spend is not None:
            return spend, []
    columns = [to_columns(array, batch, rows) for array in arrays]
    spend = np.empty((rows, tree.sizes[-1]))
    width = max(64, _CHUNK_NUMBERS // tree.sizes[-1])
    kept = []
    for start in range(0, rows, width):
        part = slice(start, min(start + width, rows))
        chunk = columns if rows <= width else [_cut(column, part) for column in columns]
        work = arrange(tree, tree.sums, chunk)
        settled = settle(work)
        spend[part] = settled.spend.T
        if keep:
            kept.append((part, work, settled))
    return spend, kept


def _project_few(
    tree: Tree, arrays: Sequence[np.ndarray], batch: tuple[int, ...], rows: int
) -> np.ndarray | None:
    """Project row by row in plain floats; None if a row is rare enough to need the columns."""
    levels = len(tree.sizes)
    if batch:
        arrays = [np.broadcast_to(a, (*batch, a.shape[-1])).reshape(rows, -1) for a in arrays]
    tables = [array.tolist() if batch else [array.tolist()] for array in arrays]
    spend = []
    for point, *bounds in zip(*tables, strict=True):
        row = Row(tree, point, bounds[:levels], bounds[levels:])
        if not row.is_plain() or not row.settle():
            return None
        spend.append(row.spend)
    return np.array(spend)


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
    return Columns(tree, sums, point, lower, upper, scale)


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
    tolerance = MET * work.scale
    multiplier = xp.zeros_like(work.point[:1])
    multipliers = []
    for level, (lower, upper) in enumerate(zip(work.lower[:-1], work.upper[:-1], strict=True)):
        if multiplier.shape[0] > 1:  # else one for all, which broadcasts as it is
            multiplier = multiplier[work.tree.parents[level - 1]]
        total, slope = _answer(work, level, multiplier)
        target = xp.minimum(xp.maximum(total, lower), upper)
        if (abs(total - target) > tolerance).any():
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
    slope = (answer == raw) * xp.ones_like(raw[:1])
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
    Columns that are done are dropped once they are a quarter of those at work.
    """
    xp = namespace(work.point)
    rows = work.point.shape[1]
    now = start + xp.zeros_like(target)
    found, live = now, None
    below, above = _bracket(work, target)
    below, above = xp.minimum(below, now), xp.maximum(above, now)
    for _ in range(SEARCH_STEPS):
        total, slope = answer
        gap = total - target
        late = abs(gap) > CONVERGED * work.scale
        unfinished = late.any(0)
        count = int(unfinished.sum())
        if 4 * count <= 3 * rows:
            found = _put(found, live, now)
            if not count:
                return found
            keep = xp.nonzero(unfinished)[0] if xp is np else unfinished.nonzero()[:, 0]
            live = keep if live is None else live[keep]
            work, rows = _take(work, keep), count
            gap, late, slope, target = (_cut(a, keep) for a in (gap, late, slope, target))
            now, below, above = _cut(now, keep), _cut(below, keep), _cut(above, keep)
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
    most = xp.amax(target, 0) + _debts(lower)  # no leaf can get more than this
    below = xp.amin(lower - work.point, 0)
    above = xp.amax(xp.minimum(upper, most) - work.point, 0)
    return below[None], above[None]


def _debts(lower: Array) -> Array:
    """Per column, how far below 0 the leaves can go together: 0 for money."""
    return (abs(lower) - lower).sum(0) / 2


def _put(found: Array, live: Array | None, now: Array) -> Array:
    """Write the columns still at work back among all."""
    if live is None:
        return now
    found = found + 0
    found[:, live] = now
    return found


def _cut(column: Array, part: slice | Array) -> Array:
    """Some columns of an array; one that all rows share stays as it is."""
    if column.shape[1] == 1:
        return column
    if isinstance(part, np.ndarray):  # `take` stays contiguous, an index does not
        return column.take(part, 1)
    return column[:, part]


def _take(work: Columns, keep: Array) -> Columns:
    """The same problem for some of its columns."""
    return work._replace(
        point=_cut(work.point, keep),
        lower=tuple(_cut(bound, keep) for bound in work.lower),
        upper=tuple(_cut(bound, keep) for bound in work.upper),
        scale=_cut(work.scale, keep),
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


def _check_finite(point: Array) -> None:
    xp = namespace(point)
    finite = xp.isfinite(point)
    if not finite.all():
        leaf = int((1 * (~finite).any(1)).argmax())
        raise PointError(
            f"the point to project is {float(point[leaf][~finite[leaf]][0])} at leaf {leaf}; every "
            "coordinate must be a finite number of dollars: look for a division by 0 or a "
            "diverged network"
        )


def _draw_in(work: Columns, wild: Array) -> Columns:
    """Move far-out points closer without changing any projection.

    A leaf moves only while the multiplier is inside [l - y, u - y]. Where no leaf moves, the axis
    of multipliers can be shortened: clusters of overlapping intervals keep their inner distances
    and are set side by side. Then `point + multiplier` keeps its digits. The multiplier 0, which a
    root without a fixed total starts from, stays 0.
    """
    xp = namespace(work.point)
    _check_finite(work.point)
    point, upper = work.point + 0, work.upper[-1] + xp.zeros_like(work.point)
    keep = xp.nonzero(wild)[0] if xp is np else wild.nonzero()[:, 0]
    part = _take(work, keep)
    inner = [part.point, part.lower[-1], part.upper[-1], part.upper[0], part.scale]
    if xp is not np:
        inner = [array.cpu().numpy() for array in inner]
    near, reach = _cluster(*inner)
    point[:, keep] = xp.asarray(near, dtype=point.dtype, device=point.device)
    upper[:, keep] = xp.asarray(reach, dtype=point.dtype, device=point.device)
    return work._replace(point=point, upper=(*work.upper[:-1], upper))


def _cluster(
    point: np.ndarray, lower: np.ndarray, upper: np.ndarray, root: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return near points that project alike, and the upper bounds that hold in effect."""
    zero = np.zeros_like(point[:1])
    point = np.clip(point, -1e150, 1e150)  # so that differences stay finite
    reach = np.maximum(lower, np.minimum(upper, root + _debts(lower))) + zero
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
