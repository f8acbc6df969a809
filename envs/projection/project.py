"""The exact Euclidean projection onto a tree of sums: root, channels, campaigns, or any depth.

Set: leaves `l <= x <= u`, and at every inner node v `L_v <= sum of its leaves <= U_v`.

Lemma (nested resource allocation; Vidal, Jaillet and Maculan, SIAM J. Optim. 26(2), 2016): under a
multiplier m a leaf answers `clip(y + m, l, u)`, and an inner node answers the clipped sum of its
children's answers. Every answer is non-decreasing and piecewise linear in m. So from the root
down: a node whose unclipped answer at its parent's multiplier is within its bounds inherits that
multiplier; any other is pinned at the violated bound and gets its own multiplier, by a safeguarded
Newton search (Cominetti, Mascarenhas and Silva, Math. Prog. Comp. 6, 2014) whose slope is the
number of free leaves. Once the active set is right, the Newton step is the closed form.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

import numpy as np

from ...data.errors import ConstraintError, MediaGymError
from ..arrays import Array, floats, namespace
from .per_row import INFEASIBLE, solve_rows
from .sum_tree import Bounds, Tree


class PointError(MediaGymError, ValueError):
    """A point to project that is not finite."""


def project(tree: Tree, point: Array, bounds: Bounds) -> Array:
    """Return the nearest point of the tree's set: argmin 1/2 ||x - point||^2.

    Args:
        tree: the structure.
        point: dollars, (..., leaves), finite; numpy or torch. However far out it is, no digits
            are lost; beyond 1e150 dollars it is clipped.
        bounds: dollars, per level (..., nodes), broadcast against the point's leading axes. Lower
            bounds are finite, upper ones may be infinite; the root's two are equal for a fixed
            total.

    Returns:
        Dollars, (..., leaves): within every leaf's bounds exactly and within every node's to 1e-9
        of the root's; a feasible point is returned unchanged. In torch it is differentiable once,
        exactly on the active set, with respect to the point and to the bounds.

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


class RowSolution(NamedTuple):
    """The projection of rows with what its derivative needs; dollars."""

    lower: np.ndarray  # (rows or 1, nodes) the levels side by side
    upper: np.ndarray  # the same
    spend: np.ndarray  # (leaves, rows) the projection
    unclipped: np.ndarray  # (leaves, rows) before the leaves' own bounds
    multipliers: np.ndarray  # (inner nodes, rows)


def project_rows(tree: Tree, arrays: Sequence[np.ndarray], batch: tuple[int, ...]) -> RowSolution:
    """Return the projection of numpy arrays, row by row.

    Args:
        tree: the structure.
        arrays: the point, then the lower bounds level by level, then the upper ones; float64.
        batch: their common leading shape.

    Raises:
        PointError: if the point is not finite.
        ConstraintError: if no point satisfies the bounds.
    """
    rows, levels = math.prod(batch), 1 + len(tree.sizes)
    point = _side_by_side(arrays[:1], batch)
    lower = _side_by_side(arrays[1:levels], batch)
    upper = _side_by_side(arrays[levels:], batch)
    sizes = tree.sizes[-1], tree.sizes[-1], int(tree.starts[-2])
    solution = RowSolution(lower, upper, *(np.empty((size, rows)) for size in sizes))
    failure = solve_rows(*tree.numbering, point, *solution)
    if failure.leaf >= 0:
        raise_not_finite(failure.leaf, failure.point)
    if failure.missed > INFEASIBLE:
        raise_infeasible(tree, int(tree.numbering.places[failure.node]), failure.dollars)
    return solution


def raise_not_finite(leaf: int, point: float) -> NoReturn:
    """Raise PointError for a leaf's point."""
    raise PointError(
        f"the point to project is {point} at leaf {leaf}; every coordinate must be a finite number "
        "of dollars: look for a division by 0 or a diverged network"
    )


def raise_infeasible(tree: Tree, place: int, dollars: float) -> NoReturn:
    """Raise ConstraintError for a node, counted level by level, that misses its bound."""
    level = int(np.searchsorted(tree.starts, place, "right")) - 1
    raise ConstraintError(
        f"no point satisfies the bounds: at level {level} (0 is the root), node "
        f"{place - int(tree.starts[level])}, the sum misses its bound by {dollars:.6g}; make the "
        "lower bounds of its children fit under its upper one, and their upper ones reach its "
        "lower one"
    )


def _side_by_side(arrays: Sequence[np.ndarray], batch: tuple[int, ...]) -> np.ndarray:
    """Join levels into (rows, all nodes), or (1, all nodes) if no level has leading axes."""
    if all(array.ndim == 1 for array in arrays):
        batch = ()
    elif any(array.shape[:-1] != batch for array in arrays):
        arrays = [np.broadcast_to(array, (*batch, array.shape[-1])) for array in arrays]
    nodes = sum(array.shape[-1] for array in arrays)
    joined = np.empty((*batch, nodes))  # C order, whatever the layout of the levels
    np.concatenate(arrays, -1, out=joined)
    return joined.reshape(-1, nodes)
