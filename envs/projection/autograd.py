"""The projection's derivative: torch tensors through the same algorithm, exact on the active set.

On the active set the projection is linear. Leaves that share a multiplier form a group, that of
their nearest pinned ancestor: a free leaf is its point plus what brings the group's sum to the
pinned bound; every other leaf is its own bound. So, with m the mean of the incoming gradient over
a group's free leaves (0 without a pinned ancestor), a leaf passes `g - m` on, to its point if it is
free and else to its bound; and a pinned node passes `m - its parent's m` to its bound.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.autograd.function import once_differentiable

from ..arrays import Array, namespace
from .batched import Settled, arrange, settle, to_columns
from .project import batch_shape, project_rows
from .sum_tree import Bounds, Tree


def project_tensors(tree: Tree, point: torch.Tensor, bounds: Bounds) -> torch.Tensor:
    """Project tensors; see `projection.project`. Bounds that are no tensors become constants."""
    like = next(t for t in (point, *bounds.lower, *bounds.upper) if isinstance(t, torch.Tensor))
    tensors = [
        torch.as_tensor(array, dtype=like.dtype, device=like.device)
        for array in (point, *bounds.lower, *bounds.upper)
    ]
    projected: torch.Tensor = _Projection.apply(tree, *tensors)  # type: ignore[no-untyped-call]
    return projected


class _Projection(torch.autograd.Function):
    """The active set without gradient; its closed-form vector-Jacobian product behind."""

    @staticmethod
    def forward(ctx: Any, tree: Tree, *tensors: torch.Tensor) -> torch.Tensor:
        batch = batch_shape(tensors)
        like = tensors[0]
        doubles = [tensor.detach().to(torch.float64) for tensor in tensors]
        if like.device.type == "cpu":  # numpy's calls cost a fraction of torch's on small arrays
            work = _in_rows(tree, [tensor.numpy() for tensor in doubles], batch)
            spend = torch.from_numpy(work.settled.spend)
        else:
            work = project_on_device(tree, doubles, batch)
            spend = work.settled.spend
        ctx.work, ctx.batch, ctx.shapes = work, batch, [tensor.shape for tensor in tensors]
        return spend.T.reshape(*batch, tree.sizes[-1]).to(like.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        columns: Array = gradient.reshape(-1, gradient.shape[-1]).to(torch.float64).T
        columns = columns.numpy() if namespace(ctx.work.sums[0]) is np else columns
        passed: list[torch.Tensor | None] = [None]
        for pulled, shape in zip(vector_jacobian(ctx.work, columns), ctx.shapes, strict=True):
            whole = torch.as_tensor(pulled).T.reshape(*ctx.batch, len(pulled))
            passed.append(whole.sum_to_size(shape).to(gradient.dtype))
        return tuple(passed)


class Work(NamedTuple):
    """A finished projection, in columns, with what its derivative needs."""

    tree: Tree
    sums: tuple[Array, ...]  # the tree's 0/1 matrices, in the library of the arrays
    lower: Sequence[Array]  # dollars, per level from the root down, (nodes, rows or 1)
    upper: Sequence[Array]  # dollars, the same
    settled: Settled


def _in_rows(tree: Tree, arrays: list[np.ndarray], batch: tuple[int, ...]) -> Work:
    """Project in numpy."""
    rows = project_rows(tree, arrays, batch)
    starts = tree.starts[1:-1]
    lower, upper = np.split(rows.lower.T, starts), np.split(rows.upper.T, starts)
    multipliers = tuple(np.split(rows.multipliers, starts[:-1]))
    return Work(tree, tree.sums, lower, upper, Settled(rows.spend, rows.unclipped, multipliers))


def project_on_device(tree: Tree, tensors: list[torch.Tensor], batch: tuple[int, ...]) -> Work:
    """Project where the tensors live."""
    rows = int(np.prod(batch)) if batch else 1
    sums = tuple(torch.as_tensor(matrix, device=tensors[0].device) for matrix in tree.sums)
    work = arrange(tree, sums, [to_columns(tensor, batch, rows) for tensor in tensors])
    return Work(tree, sums, work.lower, work.upper, settle(work))


def vector_jacobian(work: Work, gradient: Array) -> list[Array]:
    """Pull a gradient back to the point, the lower bounds and the upper bounds, in columns.

    Args:
        work: the finished projection.
        gradient: (leaves, rows), of a scalar with respect to the projection.

    Returns:
        The gradients (nodes, rows) in the order point, lower per level, upper per level. Where a
        node's two bounds are equal, the one the point presses on gets it all.
    """
    xp, settled = namespace(gradient), work.settled
    low, high = settled.unclipped < work.lower[-1], settled.unclipped > work.upper[-1]
    shut = work.lower[-1] >= work.upper[-1]
    low = low | (shut & ~high)
    free = (~(low | high)) * xp.ones_like(gradient)
    pins = _pins(work)
    means = _group_means(work, pins, gradient * free, free)
    own = gradient - _down(means[-1], work.tree.parents[-1])
    to_lower, to_upper = [], []
    for level, (is_low, is_high) in enumerate(pins):
        above = 0 if level == 0 else _down(means[level - 1], work.tree.parents[level - 1])
        share = means[level] - above
        to_lower.append(is_low * share)
        to_upper.append(is_high * share)
    return [own * free, *to_lower, own * low, *to_upper, own * high]


def _down(means: Array, parents: np.ndarray) -> Array:
    return means if means.shape[0] == 1 else means[parents]


def _pins(work: Work) -> list[tuple[Array, Array]]:
    """Per inner level, which nodes are pinned at their lower and at their upper bound."""
    pins = []
    multipliers = work.settled.multipliers
    above: Array = 0 * multipliers[0]
    for level, multiplier in enumerate(multipliers):
        if level:
            above = _down(multipliers[level - 1], work.tree.parents[level - 1])
        high = multiplier < above
        shut = work.lower[level] >= work.upper[level]
        pins.append(((multiplier > above) | (shut & ~high), high))
    return pins


def _group_means(
    work: Work, pins: list[tuple[Array, Array]], gradient: Array, free: Array
) -> list[Array]:
    """Per inner level (nodes, rows), the mean gradient of the group a node's leaves belong to.

    A pinned node without free leaves of its own has a constant sum: it joins its parent's group.
    """
    xp = namespace(gradient)
    total, count = gradient, free
    own, pinned = [], []
    for level in range(len(pins) - 1, -1, -1):
        total, count = work.sums[level] @ total, work.sums[level] @ count
        holds = (pins[level][0] | pins[level][1]) & (count > 0)
        own.append(total / xp.maximum(count, xp.ones_like(count)))
        pinned.append(holds)
        total, count = total * ~holds, count * ~holds
    means: list[Array] = []
    for level, (mean, holds) in enumerate(zip(reversed(own), reversed(pinned), strict=True)):
        above = _down(means[-1], work.tree.parents[level - 1]) if level else 0 * mean
        means.append(xp.where(holds, mean, above))
    return means
