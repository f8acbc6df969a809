"""The projection of a batch of tensors on their own device, all rows at once.

The steps are those of `per_row`, vectorised: multipliers from the root down, then the leaves'
answers. Layout: nodes first, the rows of the batch last and contiguous ("columns"). Nothing is
divided by the budget: tolerances are shares of each row's root bound instead, which amounts to the
same and returns a feasible point unchanged, to the last bit.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..arrays import Array
from .per_row import CONVERGED, FAR_OUT, FLAT, INFEASIBLE, MET, OPEN, SEARCH_STEPS, SLACK
from .project import raise_infeasible
from .sum_tree import Tree

if TYPE_CHECKING:
    from torch import Tensor


class BatchProblem(NamedTuple):
    """A batch of projection problems: every tensor is (nodes of its level, rows or 1), float64."""

    tree: Tree  # the structure
    sums: "tuple[Tensor, ...]"  # the tree's 0/1 matrices, on the device
    point: "Tensor"  # dollars, (leaves, rows)
    lower: "tuple[Tensor, ...]"  # dollars, per level from the root down
    upper: "tuple[Tensor, ...]"  # dollars, the same
    scale: "Tensor"  # dollars, (1, rows or 1): the root's bound, which tolerances are shares of
    tolerance: "Tensor"  # dollars, (1, rows or 1): a sum this close to its bounds is inside


class Solution(NamedTuple):
    """The projection of a batch with what its derivative needs, in columns; numpy or torch."""

    spend: Array  # dollars, (leaves, rows): the projection
    unclipped: Array  # dollars, (leaves, rows): point + multiplier, before the leaves' own bounds
    multipliers: tuple[Array, ...]  # dollars, per inner level (nodes, rows or 1 node for all); a
    # pinned node's differs from its parent's, and the root's parent has 0


def to_columns(tensor: "Tensor", batch: tuple[int, ...], rows: int) -> "Tensor":
    """Turn (..., nodes) into (nodes, rows), or into (nodes, 1) if it has no leading axes."""
    if tensor.ndim == 1:
        return tensor[:, None]
    nodes = tensor.shape[-1]
    return tensor.expand(*batch, nodes).reshape(rows, nodes).T.contiguous()


def arrange(tree: Tree, sums: "tuple[Tensor, ...]", columns: "Sequence[Tensor]") -> BatchProblem:
    """Return the problem of a point, lower bounds and upper bounds, in columns, with its scale."""
    point, levels = columns[0], len(tree.sizes)
    lower, upper = tuple(columns[1 : 1 + levels]), tuple(columns[1 + levels :])
    point = point.expand(-1, max(column.shape[1] for column in columns))
    scale = _size(lower[0], upper[0])
    if not (scale > 0).all():
        scale = scale.where(scale > 0, _size_without_root(point, lower, upper))
    return BatchProblem(tree, sums, point, lower, upper, scale, MET * scale)


def _size(lower: "Tensor", upper: "Tensor") -> "Tensor":
    """The largest finite bound of each column, (1, rows or 1)."""
    high = upper.abs()
    high = high.where(high.isfinite(), 0.0)
    return lower.abs().amax(0, keepdim=True).maximum(high.amax(0, keepdim=True))


def _size_without_root(
    point: "Tensor", lower: "tuple[Tensor, ...]", upper: "tuple[Tensor, ...]"
) -> "Tensor":
    """The size of the lowest level's bounds that are not all 0; else the point's size, or 1."""
    size = point.abs().amax(0, keepdim=True)
    for low, high in zip(lower[1:], upper[1:], strict=True):
        bound = _size(low, high)
        size = bound.where(bound > 0, size)
    return size.where(size > 0, 1.0)


def far_out_columns(problem: BatchProblem) -> "Tensor":
    """Return the indices of the columns with a point far outside their set, or not finite."""
    near = (problem.point.abs() <= FAR_OUT * problem.scale).all(0)
    return (~near).nonzero()[:, 0]


def solve(problem: BatchProblem) -> Solution:
    """Project every column; none may be far out.

    Raises:
        ConstraintError: if no point satisfies the bounds of a column.
    """
    multiplier = problem.point.new_zeros(1, problem.point.shape[1])
    multipliers = []
    for level, (lower, upper) in enumerate(
        zip(problem.lower[:-1], problem.upper[:-1], strict=True)
    ):
        if multiplier.shape[0] > 1:  # else one for all nodes, which broadcasts as it is
            multiplier = multiplier[problem.tree.parents[level - 1]]
        total, slope = _answer(problem, level, multiplier)
        target = total.maximum(lower).minimum(upper)
        unmet = (total - target).abs() > problem.tolerance
        if unmet.any():
            multiplier = _search(problem, level, multiplier, (total, slope), target, unmet)
        multipliers.append(multiplier)
    unclipped = problem.point + _to_leaves(problem, len(multipliers) - 1, multiplier)
    spend = unclipped.maximum(problem.lower[-1]).minimum(problem.upper[-1])
    return Solution(spend, unclipped, tuple(multipliers))


def _to_leaves(problem: BatchProblem, level: int, multiplier: "Tensor") -> "Tensor":
    """Each leaf's ancestor's multiplier; one for all nodes broadcasts as it is."""
    return multiplier if len(multiplier) == 1 else multiplier[problem.tree.ancestors[level]]


def _answer(problem: BatchProblem, level: int, multiplier: "Tensor") -> "tuple[Tensor, Tensor]":
    """Unclipped answers of a level's nodes to a multiplier each, and their slopes."""
    raw = problem.point + _to_leaves(problem, level, multiplier)
    both = _clipped(raw, problem.lower[-1], problem.upper[-1])
    rows = raw.shape[1]
    for inner in range(len(problem.sums) - 1, level, -1):
        sums = problem.sums[inner] @ both
        both = _clipped(sums[:, :rows], problem.lower[inner], problem.upper[inner])
        both[:, rows:] *= sums[:, rows:]
    sums = problem.sums[level] @ both
    return sums[:, :rows], sums[:, rows:]


def _clipped(raw: "Tensor", lower: "Tensor", upper: "Tensor") -> "Tensor":
    """Clipped answers and, beside them, 1 where they are free and 0 elsewhere: one sum for both."""
    rows = raw.shape[1]
    both = raw.new_empty(len(raw), 2 * rows)
    both[:, :rows] = raw.maximum(lower).minimum(upper)
    both[:, rows:] = both[:, :rows] == raw
    return both


def _search(
    problem: BatchProblem,
    level: int,
    multiplier: "Tensor",
    answer: "tuple[Tensor, Tensor]",
    target: "Tensor",
    unmet: "Tensor",
) -> "Tensor":
    """Find the multipliers at which a level's unmet unclipped answers meet their targets.

    Newton steps, or the middle of the bracket where a step leaves it or the slope is 0. Columns
    that have converged are dropped once they are half of those in work. A node's steps depend on
    its own leaves alone: `per_row` takes the same ones.
    """
    tolerance, rows = CONVERGED * problem.scale, unmet.shape[1]
    multiplier = multiplier + target.new_zeros(target.shape)
    result, live, (total, slope) = multiplier, None, answer
    below, above = target.new_full(target.shape, -OPEN), target.new_full(target.shape, OPEN)
    ends: tuple[Tensor, Tensor] | None = None
    for step in range(SEARCH_STEPS):
        gap = total - target
        if step:
            unmet = unmet & (gap.abs() > tolerance)
        unfinished = unmet.any(0)
        count = int(unfinished.count_nonzero())
        if 2 * count <= rows:
            result = _put(result, live, multiplier)
            if not count:
                return result
            keep = unfinished.nonzero()[:, 0]
            live = keep if live is None else live[keep]
            problem, rows = _take(problem, level, keep), count
            tolerance, gap, unmet, slope, target, multiplier, below, above = (
                cut(t, keep)
                for t in (tolerance, gap, unmet, slope, target, multiplier, below, above)
            )
            ends = ends and (cut(ends[0], keep), cut(ends[1], keep))
        low = gap < 0
        below, above = multiplier.where(low, below), above.where(low, multiplier)
        move = multiplier - gap / slope.clamp(min=FLAT)
        outside = unmet & ~((move > below) & (move < above))
        if outside.any():
            ends = ends or _ends(problem, level, target)
            below = ends[0].where(outside & (below == -OPEN), below)
            above = ends[1].where(outside & (above == OPEN), above)
            move = ((below + above) / 2).where(outside, move)
        multiplier = move.where(unmet, multiplier)
        total, slope = _answer(problem, level, multiplier)
    _require_met(problem, level, total, target)
    return _put(result, live, multiplier)


def _ends(problem: BatchProblem, level: int, target: "Tensor") -> "tuple[Tensor, Tensor]":
    """Multipliers, (nodes, rows), below and above which no leaf of a node moves."""
    point, lower, upper = problem.point, problem.lower[-1], problem.upper[-1]
    below, above = target.new_zeros(target.shape), target.new_zeros(target.shape)
    for node, leaves in enumerate(problem.tree.leaves[level]):
        if leaves:  # a node without any answers 0 to every multiplier
            most = target[node] + (-lower[leaves]).clamp(min=0.0).sum(0)
            below[node] = (lower[leaves] - point[leaves]).amin(0)
            above[node] = (upper[leaves].minimum(most) - point[leaves]).amax(0)
    slack = SLACK * problem.scale
    return below - slack, above + slack


def _put(result: "Tensor", live: "Tensor | None", multiplier: "Tensor") -> "Tensor":
    """Write the columns in work back among all."""
    if live is None:
        return multiplier
    result[:, live] = multiplier
    return result


def cut(column: "Tensor", index: "Tensor") -> "Tensor":
    """Return some columns of a tensor; one that all rows share stays as it is."""
    return column if column.shape[1] == 1 else column[:, index]


def _take(problem: BatchProblem, level: int, keep: "Tensor") -> BatchProblem:
    """The same problem for some of its columns, and only below a level."""
    lower = (cut(bound, keep) for bound in problem.lower[level + 1 :])
    upper = (cut(bound, keep) for bound in problem.upper[level + 1 :])
    return problem._replace(
        point=cut(problem.point, keep),
        lower=(*problem.lower[: level + 1], *lower),
        upper=(*problem.upper[: level + 1], *upper),
        scale=cut(problem.scale, keep),
    )


def _require_met(problem: BatchProblem, level: int, total: "Tensor", target: "Tensor") -> None:
    """Raise if a search ended further from its target than rounding can explain."""
    off = (total - target).abs()
    if (off > INFEASIBLE * problem.scale).any():
        node = int(off.reshape(-1).argmax()) // off.shape[1]
        raise_infeasible(problem.tree, int(problem.tree.starts[level]) + node, float(off.max()))
