"""The exact Euclidean projection onto a tree of sums: root, channels, campaigns, or any depth.

Set: leaves `l <= x <= u`, and at every inner node v `L_v <= sum of its leaves <= U_v`.

Lemma (nested resource allocation; Vidal, Jaillet and Maculan, SIAM J. Optim. 26(2), 2016): under a
multiplier m a leaf answers `clip(y + m, l, u)`, and an inner node answers the clipped sum of its
children's answers. Every answer is non-decreasing and piecewise linear in m. So from the root
down: a node whose unclipped answer at its parent's multiplier lies inside its bounds inherits that
multiplier; one that does not is pinned at the violated bound and gets its own multiplier, by a
safeguarded Newton search (Cominetti, Mascarenhas and Silva, Math. Prog. Comp. 6, 2014) whose
slope is the number of free leaves. Once the active set is right, the step is the closed form.
"""

import math
from collections.abc import Sequence

import numpy as np

from .arrays import Array, namespace
from .projection_columns import Columns, Settled, arrange, cut, settle, to_columns
from .projection_row import FEW, Row
from .tree import Bounds, Tree

_CHUNK_NUMBERS = 1 << 15  # leaves x rows worked on at once, to stay in the cache


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
    shapes = {tuple(array.shape[:-1]) for array in arrays}
    if len(shapes) == 1:
        return shapes.pop()
    return np.broadcast_shapes(*(tuple(array.shape[:-1]) for array in arrays))


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
    if rows * tree.sizes[-1] <= FEW and not keep:
        spend = _project_few(tree, arrays, batch, rows)
        if spend is not None:
            return spend, []
    columns = [to_columns(array, batch, rows) for array in arrays]
    spend = np.empty((tree.sizes[-1], rows))
    width = max(64, _CHUNK_NUMBERS // tree.sizes[-1])
    kept = []
    for start in range(0, rows, width):
        part = slice(start, min(start + width, rows))
        chunk = columns if rows <= width else [cut(column, part) for column in columns]
        work = arrange(tree, tree.sums, chunk)
        settled = settle(work)
        spend[:, part] = settled.spend
        if keep:
            kept.append((part, work, settled))
    return spend.T, kept


def _project_few(
    tree: Tree, arrays: Sequence[np.ndarray], batch: tuple[int, ...], rows: int
) -> np.ndarray | None:
    """Project row by row in plain floats; None if a row is rare enough to need the columns."""
    levels = len(tree.sizes)
    tables = [_table(array, batch, rows) for array in arrays]
    spend = []
    for point, *bounds in zip(*tables, strict=True):
        row = Row(tree, point, bounds[:levels], bounds[levels:])
        if not row.is_plain() or not row.settle():
            return None
        spend.append(row.spend)
    return np.array(spend, order="F")


def _table(array: np.ndarray, batch: tuple[int, ...], rows: int) -> list[list[float]]:
    """Plain rows of numbers."""
    nodes = array.shape[-1]
    if array.size != rows * nodes:
        array = np.broadcast_to(array, (*batch, nodes))
    table: list[list[float]] = array.reshape(rows, nodes).tolist()
    return table
