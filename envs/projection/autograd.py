"""The projection of torch tensors and its derivative, exact on the active set.

On the active set the projection is linear. Leaves that share a multiplier form a group, that of
their nearest pinned ancestor: a free leaf is its point plus what brings the group's sum to the
pinned bound; every other leaf is at its own bound. So let m be the mean of the incoming gradient g
over a group's free leaves (0 without a pinned ancestor): a leaf's gradient is `g - m`, with respect
to its point if it is free and else to its bound; a pinned node's is `m - its parent's m`, with
respect to the bound it is pinned at.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.autograd.function import once_differentiable

from ..arrays import Array, namespace
from .batched import BatchProblem, Solution, arrange, cut, far_out_columns, solve, to_columns
from .project import RowSolution, batch_shape, project_rows
from .sum_tree import Bounds, Tree


def project_tensors(tree: Tree, point: torch.Tensor, bounds: Bounds) -> torch.Tensor:
    """Return the projection of a tensor; see `project`. Bounds that are arrays are constants."""
    like = next(t for t in (point, *bounds.lower, *bounds.upper) if isinstance(t, torch.Tensor))
    tensors = [
        torch.as_tensor(array, dtype=like.dtype, device=like.device)
        for array in (point, *bounds.lower, *bounds.upper)
    ]
    projected: torch.Tensor = _Projection.apply(tree, *tensors)  # type: ignore[no-untyped-call]
    return projected


class _Projection(torch.autograd.Function):
    """The active set, found without gradient, and its closed-form vector-Jacobian product."""

    @staticmethod
    def forward(ctx: Any, tree: Tree, *tensors: torch.Tensor) -> torch.Tensor:
        batch = batch_shape(tensors)
        like = tensors[0]
        doubles = [tensor.detach().to(torch.float64) for tensor in tensors]
        if like.device.type == "cpu":  # numpy's calls cost a fraction of torch's on small arrays
            context = _project_on_cpu(tree, [tensor.numpy() for tensor in doubles], batch)
            spend = torch.from_numpy(context.solution.spend)
        else:
            context = project_on_device(tree, doubles, batch)
            spend = context.solution.spend
        ctx.context, ctx.batch, ctx.shapes = context, batch, [tensor.shape for tensor in tensors]
        return spend.T.reshape(*batch, tree.sizes[-1]).to(like.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        columns: Array = gradient.reshape(-1, gradient.shape[-1]).to(torch.float64).T
        columns = columns.numpy() if namespace(ctx.context.sums[0]) is np else columns
        gradients: list[torch.Tensor | None] = [None]
        for column, shape in zip(vector_jacobian(ctx.context, columns), ctx.shapes, strict=True):
            whole = torch.as_tensor(column).T.reshape(*ctx.batch, len(column))
            gradients.append(whole.sum_to_size(shape).to(gradient.dtype))
        return tuple(gradients)


class ProjectionContext(NamedTuple):
    """A projection with what its derivative needs, in columns; numpy on the CPU, else torch."""

    tree: Tree
    sums: tuple[Array, ...]  # the tree's 0/1 matrices, in the library of the arrays
    lower: Sequence[Array]  # dollars, per level from the root down, (nodes, rows or 1)
    upper: Sequence[Array]  # dollars, the same
    solution: Solution


def _project_on_cpu(
    tree: Tree, arrays: list[np.ndarray], batch: tuple[int, ...]
) -> ProjectionContext:
    rows = project_rows(tree, arrays, batch)
    starts = tree.starts[1:-1]
    lower, upper = np.split(rows.lower.T, starts), np.split(rows.upper.T, starts)
    return ProjectionContext(tree, tree.sums, lower, upper, _in_columns(tree, rows))


def _in_columns(tree: Tree, rows: RowSolution) -> Solution:
    multipliers = np.split(rows.multipliers, tree.starts[1:-2])
    return Solution(rows.spend, rows.unclipped, tuple(multipliers))


def project_on_device(
    tree: Tree, tensors: list[torch.Tensor], batch: tuple[int, ...]
) -> ProjectionContext:
    """Project where the tensors live; rows that are far out are projected one by one on the CPU."""
    rows = int(np.prod(batch)) if batch else 1
    sums = tuple(torch.as_tensor(matrix, device=tensors[0].device) for matrix in tree.sums)
    problem = arrange(tree, sums, [to_columns(tensor, batch, rows) for tensor in tensors])
    far_out = far_out_columns(problem)
    solution = _solve_far_out(problem, far_out) if len(far_out) else solve(problem)
    return ProjectionContext(tree, sums, problem.lower, problem.upper, solution)


def _solve_far_out(problem: BatchProblem, far_out: torch.Tensor) -> Solution:
    """Solve all columns, those of an index by `per_row`."""
    tree, arrays = problem.tree, (problem.point, *problem.lower, *problem.upper)
    on_cpu = [cut(array, far_out).T.cpu().numpy() for array in arrays]
    rows = _in_columns(tree, project_rows(tree, on_cpu, (len(far_out),)))
    point = problem.point.clone()
    point[:, far_out] = 0.0  # a stand-in: its result is replaced below
    batch = solve(problem._replace(point=point))

    def merged(nodes: int, column: torch.Tensor, replacement: np.ndarray) -> torch.Tensor:
        whole = column.expand(nodes, -1).clone()
        whole[:, far_out] = torch.as_tensor(replacement, device=whole.device)
        return whole

    return Solution(
        merged(tree.sizes[-1], batch.spend, rows.spend),
        merged(tree.sizes[-1], batch.unclipped, rows.unclipped),
        tuple(map(merged, tree.sizes[:-1], batch.multipliers, rows.multipliers)),
    )


def vector_jacobian(context: ProjectionContext, gradient: Array) -> list[Array]:
    """Return the gradients with respect to the point, the lower and the upper bounds, in columns.

    Args:
        context: the projection.
        gradient: (leaves, rows), of a scalar with respect to the projection.

    Returns:
        (nodes, rows) each, in the order point, lower per level, upper per level. Where a node's two
        bounds are equal, the one that the point presses against gets the whole gradient.
    """
    xp, solution = namespace(gradient), context.solution
    low, high = solution.unclipped < context.lower[-1], solution.unclipped > context.upper[-1]
    fixed = context.lower[-1] >= context.upper[-1]
    low = low | (fixed & ~high)
    free = (~(low | high)) * xp.ones_like(gradient)
    pins = _pins(context)
    means = _group_means(context, pins, gradient * free, free)
    to_leaves = gradient - _down(means[-1], context.tree.parents[-1])
    to_lower, to_upper = [], []
    for level, (is_low, is_high) in enumerate(pins):
        above = 0 if level == 0 else _down(means[level - 1], context.tree.parents[level - 1])
        share = means[level] - above
        to_lower.append(is_low * share)
        to_upper.append(is_high * share)
    return [to_leaves * free, *to_lower, to_leaves * low, *to_upper, to_leaves * high]


def _down(means: Array, parents: np.ndarray) -> Array:
    return means if means.shape[0] == 1 else means[parents]


def _pins(context: ProjectionContext) -> list[tuple[Array, Array]]:
    """Per inner level, masks of the nodes pinned at their lower and at their upper bound."""
    pins = []
    multipliers = context.solution.multipliers
    above: Array = 0 * multipliers[0]
    for level, multiplier in enumerate(multipliers):
        if level:
            above = _down(multipliers[level - 1], context.tree.parents[level - 1])
        high = multiplier < above
        fixed = context.lower[level] >= context.upper[level]
        pins.append(((multiplier > above) | (fixed & ~high), high))
    return pins


def _group_means(
    context: ProjectionContext, pins: list[tuple[Array, Array]], gradient: Array, free: Array
) -> list[Array]:
    """Per inner level (nodes, rows), the mean gradient over the group that a node's leaves are in.

    A pinned node without free leaves of its own has a constant sum: it joins its parent's group.
    """
    xp = namespace(gradient)
    total, count = gradient, free
    group_means, pinned = [], []
    for level in range(len(pins) - 1, -1, -1):
        total, count = context.sums[level] @ total, context.sums[level] @ count
        is_pin = (pins[level][0] | pins[level][1]) & (count > 0)
        group_means.append(total / xp.maximum(count, xp.ones_like(count)))
        pinned.append(is_pin)
        total, count = total * ~is_pin, count * ~is_pin
    means: list[Array] = []
    for level, (mean, is_pin) in enumerate(
        zip(reversed(group_means), reversed(pinned), strict=True)
    ):
        above = _down(means[-1], context.tree.parents[level - 1]) if level else 0 * mean
        means.append(xp.where(is_pin, mean, above))
    return means
