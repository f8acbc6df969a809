"""The projection's derivative: torch tensors through the same algorithm, exact on the active set.

On the active set the projection is linear. Leaves that share a multiplier form a group, that of
their nearest pinned ancestor: a free leaf is its point plus what brings the group's sum to the
pinned bound; every other leaf is its own bound. So, with m the mean of the incoming gradient over
a group's free leaves (0 without a pinned ancestor), a leaf passes `g - m` on, to its point if it is
free and else to its bound; and a pinned node passes `m - its parent's m` to its bound.
"""

from typing import Any

import numpy as np
import torch
from torch.autograd.function import once_differentiable

from .arrays import Array, namespace
from .projection import batch_shape, project_rows
from .projection_columns import Columns, Settled, arrange, settle, to_columns
from .tree import Bounds, Tree


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
        keep = any(ctx.needs_input_grad)
        doubles = [tensor.detach().to(torch.float64) for tensor in tensors]
        if like.device.type == "cpu":  # numpy's calls cost a fraction of torch's on small arrays
            spend, kept = project_rows(tree, [tensor.numpy() for tensor in doubles], batch, keep)
            projected = torch.from_numpy(spend)
        else:
            projected, kept = project_on_device(tree, doubles, batch)
        ctx.kept, ctx.batch, ctx.shapes = kept, batch, [tensor.shape for tensor in tensors]
        return projected.reshape(*batch, tree.sizes[-1]).to(like.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        rows = gradient.reshape(-1, gradient.shape[-1]).to(torch.float64)
        parts = []
        for part, work, settled in ctx.kept:
            cut: Array = rows[part]
            cut = cut.numpy() if namespace(work.point) is np else cut
            parts.append([torch.as_tensor(g) for g in vector_jacobian(work, settled, cut.T)])
        passed: list[torch.Tensor | None] = [None]
        for columns, shape in zip(zip(*parts, strict=True), ctx.shapes, strict=True):
            whole = torch.cat(columns, 1).T.reshape(*ctx.batch, columns[0].shape[0])
            passed.append(whole.sum_to_size(shape).to(gradient.dtype))
        return tuple(passed)


def project_on_device(
    tree: Tree, tensors: list[torch.Tensor], batch: tuple[int, ...]
) -> tuple[torch.Tensor, list[tuple[slice, Columns, Settled]]]:
    """Project where the tensors live, all rows at once."""
    rows = int(np.prod(batch)) if batch else 1
    sums = tuple(torch.as_tensor(matrix, device=tensors[0].device) for matrix in tree.sums)
    work = arrange(tree, sums, [to_columns(tensor, batch, rows) for tensor in tensors])
    settled = settle(work)
    return settled.spend.T, [(slice(0, rows), work, settled)]


def vector_jacobian(work: Columns, settled: Settled, gradient: Array) -> list[Array]:
    """Pull a gradient back to the point, the lower bounds and the upper bounds, in columns.

    Args:
        work: the problem.
        settled: its solution.
        gradient: (leaves, rows), of a scalar with respect to the projection.

    Returns:
        The gradients (nodes, rows) in the order point, lower per level, upper per level. Where a
        node's two bounds are equal, the one the point presses on gets it all.
    """
    xp = namespace(work.point)
    low, high = settled.unclipped < work.lower[-1], settled.unclipped > work.upper[-1]
    shut = work.lower[-1] >= work.upper[-1]
    low = low | (shut & ~high)
    free = (~(low | high)) * xp.ones_like(gradient)
    pins = _pins(work, settled)
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


def _pins(work: Columns, settled: Settled) -> list[tuple[Array, Array]]:
    """Per inner level, which nodes are pinned at their lower and at their upper bound."""
    pins = []
    above: Array = 0 * settled.multipliers[0]
    for level, multiplier in enumerate(settled.multipliers):
        if level:
            above = _down(settled.multipliers[level - 1], work.tree.parents[level - 1])
        high = multiplier < above
        shut = work.lower[level] >= work.upper[level]
        pins.append(((multiplier > above) | (shut & ~high), high))
    return pins


def _group_means(
    work: Columns, pins: list[tuple[Array, Array]], gradient: Array, free: Array
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
