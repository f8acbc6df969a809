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
from typing import NamedTuple

import numpy as np

from ..arrays import Array, floats, namespace
from .batched import arrange, refuse, settle
from .per_row import INFEASIBLE, settle_rows
from .sum_tree import Bounds, Tree


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
        from .autograd import project_tensors

        return project_tensors(tree, point, bounds)
    arrays = [floats(array) for array in (point, *bounds.lower, *bounds.upper)]
    batch = batch_shape(arrays)
    return project_rows(tree, arrays, batch).spend.T.reshape(*batch, tree.sizes[-1])


def batch_shape(arrays: Sequence[Array]) -> tuple[int, ...]:
    """Return the common leading shape of arrays whose last axis counts nodes."""
    shapes = {tuple(array.shape[:-1]) for array in arrays}
    if len(shapes) == 1:
        return shapes.pop()
    return np.broadcast_shapes(*(tuple(array.shape[:-1]) for array in arrays))


class Rows(NamedTuple):
    """A finished projection of rows, with what its derivative needs; dollars."""

    lower: np.ndarray  # (rows or 1, nodes) the levels side by side
    upper: np.ndarray  # the same
    spend: np.ndarray  # (leaves, rows) the projection
    unclipped: np.ndarray  # (leaves, rows) before the leaves' own bounds
    multipliers: np.ndarray  # (inner nodes, rows)


def project_rows(tree: Tree, arrays: Sequence[np.ndarray], batch: tuple[int, ...]) -> Rows:
    """Project in numpy.

    Args:
        tree: the structure.
        arrays: the point, then the lower bounds level by level, then the upper ones; float64.
        batch: their common leading shape.
    """
    rows, levels = math.prod(batch), 1 + len(tree.sizes)
    point = _side_by_side(arrays[:1], batch)
    lower = _side_by_side(arrays[1:levels], batch)
    upper = _side_by_side(arrays[levels:], batch)
    sizes = tree.sizes[-1], tree.sizes[-1], int(tree.starts[-2])
    done = Rows(lower, upper, *(np.empty((size, rows)) for size in sizes))
    trouble = settle_rows(*tree.numbering, point, *done)
    if trouble.wild:
        _settle_wild(tree, point, done)
    if trouble.missed > INFEASIBLE:
        refuse(tree, int(tree.numbering.places[trouble.node]), trouble.dollars)
    return done


def _side_by_side(arrays: Sequence[np.ndarray], batch: tuple[int, ...]) -> np.ndarray:
    """Join levels, (rows, nodes of all); (1, nodes of all) where no level has leading axes."""
    if all(array.ndim == 1 for array in arrays):
        batch = ()
    elif any(array.shape[:-1] != batch for array in arrays):
        arrays = [np.broadcast_to(array, (*batch, array.shape[-1])) for array in arrays]
    nodes = sum(array.shape[-1] for array in arrays)
    joined = np.empty((*batch, nodes))  # one row after the other, however the levels lie in memory
    together: np.ndarray = np.concatenate(arrays, -1, out=joined)
    return together.reshape(-1, nodes)


def _settle_wild(tree: Tree, point: np.ndarray, done: Rows) -> None:
    """Settle the rows that need the care `projection_far` takes."""
    wild = np.isnan(done.spend[0])
    starts = tree.starts
    point, lower, upper = (
        np.ascontiguousarray((side if len(side) == 1 else side[wild]).T)
        for side in (point, done.lower, done.upper)
    )
    columns = [point, *np.split(lower, starts[1:-1]), *np.split(upper, starts[1:-1])]
    settled = settle(arrange(tree, tree.sums, columns))
    done.spend[:, wild], done.unclipped[:, wild] = settled.spend, settled.unclipped
    for level, multiplier in enumerate(settled.multipliers):
        done.multipliers[starts[level] : starts[level + 1], wild] = multiplier  # one row may be all
