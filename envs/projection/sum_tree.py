"""A tree of sums (root, channels, campaigns, or any depth) and the bounds of its nodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ...data.errors import ConfigError
from ..arrays import Array, compiled, floats


class Numbering(NamedTuple):
    """Order of a tree's nodes, level by level, in which the children of each node are neighbours.

    The inner nodes come first, the leaves last.
    """

    begin: np.ndarray  # (inner nodes + 1,) index of a node's first child; node v's children are
    # begin[v] to begin[v + 1] - 1
    parents: np.ndarray  # (nodes,) index of each node's parent; the root's is itself
    places: np.ndarray  # (nodes,) index of each node when the levels are concatenated as given


@dataclass(frozen=True, eq=False)
class Tree:
    """Structure of a tree from the root down to the leaves; any depth of 1 or more."""

    parents: tuple[np.ndarray, ...]  # per level below the root, (nodes,): each node's parent

    @classmethod
    def of(cls, parents: Sequence[Sequence[int] | np.ndarray]) -> "Tree":
        """Build a tree from the parents of each level, the one below the root first.

        `Tree.of([[0, 0], [0, 1, 1]])` is a root, two channels and three campaigns, the last two
        of them in the second channel.

        Raises:
            ConfigError: if there is no level, a level is empty, or a parent does not exist.
        """
        levels = tuple(np.asarray(level, dtype=np.int64) for level in parents)
        above = 1
        for depth, level in enumerate(levels, start=1):
            if level.ndim != 1 or not level.size or level.min() < 0 or level.max() >= above:
                raise ConfigError(
                    f"tree level {depth}: parents {level.tolist()} are not allowed; give one "
                    f"index per node, from 0 to {above - 1}"
                )
            above = level.size
        if not levels:
            raise ConfigError("a tree needs at least one level below its root; none was given")
        return cls(levels)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of nodes per level: the root's 1 first, the leaves last."""
        return (1, *(level.size for level in self.parents))

    @cached_property
    def starts(self) -> np.ndarray:
        """Start of each level when all are concatenated, and the end of the last one."""
        return np.cumsum((0, *self.sizes))

    @cached_property
    def sums(self) -> tuple[np.ndarray, ...]:
        """Per inner level, the 0/1 matrix (nodes, children) that sums children into their node."""
        return tuple(
            (np.arange(above)[:, None] == level).astype(np.float64)
            for above, level in zip(self.sizes, self.parents, strict=False)
        )

    @cached_property
    def leaves(self) -> tuple[tuple[list[int], ...], ...]:
        """Per inner level and node, the indices of the leaves below it."""
        return tuple(
            tuple(np.flatnonzero(above == node).tolist() for node in range(size))
            for above, size in zip(self.ancestors, self.sizes, strict=False)
        )

    def add_up(self, level: int, array: np.ndarray) -> np.ndarray:
        """Return the sums of children in the nodes of an inner level.

        Children are added one after the other, so that, unlike a matrix product's, a row's sums do
        not depend on the number of rows.

        Args:
            level: 0 for the root.
            array: (..., children).

        Returns:
            (..., nodes), float64.
        """
        small = array.ndim <= 2  # where `.T` does what `moveaxis` does, in a fraction of the time
        columns = array.T if small else np.moveaxis(array, -1, 0)
        flat = floats(columns).reshape(len(columns), -1)
        if not flat.flags.c_contiguous:
            flat = np.ascontiguousarray(flat)
        sums = np.empty((self.sizes[level], flat.shape[1]))
        _add(flat, self.parents[level], sums)
        sums = sums.reshape(-1, *columns.shape[1:])
        return sums.T if small else np.moveaxis(sums, 0, -1)

    @cached_property
    def numbering(self) -> Numbering:
        """Order in which every node's children are neighbours."""
        starts = self.starts
        places, parents, begin = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)], []
        rank = np.zeros(1, np.int64)  # position of each node of the level above, in this order
        for level, above in enumerate(self.parents):
            order = np.argsort(rank[above], kind="stable")
            sorted_parents = rank[above][order]
            first = np.searchsorted(sorted_parents, np.arange(self.sizes[level]))
            begin.append(starts[level + 1] + first)
            parents.append(starts[level] + sorted_parents)
            places.append(starts[level + 1] + order)
            rank = np.argsort(order)
        begin.append(starts[-1:])
        return Numbering(*(np.concatenate(part) for part in (begin, parents, places)))

    @cached_property
    def ancestors(self) -> tuple[np.ndarray, ...]:
        """Per inner level, the index there of each leaf's ancestor, (leaves,)."""
        lineage = [np.arange(self.sizes[-1])]
        for level in reversed(self.parents):
            lineage.append(level[lineage[-1]])
        return tuple(reversed(lineage[1:]))


class Bounds(NamedTuple):
    """Lower and upper bounds of every node of a tree; only upper ones may be infinite."""

    lower: tuple[Array, ...]  # dollars, per level from the root to the leaves, (..., nodes)
    upper: tuple[Array, ...]  # dollars, the same shapes


@compiled
def _add(columns: np.ndarray, parents: np.ndarray, sums: np.ndarray) -> None:
    """Write the sums, (nodes, rows), of children, (children, rows)."""
    sums[:] = 0.0
    for child in range(len(parents)):
        total = sums[parents[child]]
        for row in range(columns.shape[1]):
            total[row] += columns[child, row]
