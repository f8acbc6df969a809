"""A tree of sums and its bounds: who sums into whom, and between which dollars."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ...data.errors import ConfigError
from ..arrays import Array, compiled, floats


class Numbering(NamedTuple):
    """A tree's nodes in one row, level by level, the children of each node side by side.

    The inner nodes come first, the leaves last.
    """

    begin: np.ndarray  # (inner nodes + 1,) a node's first child; its last is before the next one's
    parents: np.ndarray  # (nodes,) the root's is itself
    places: np.ndarray  # (nodes,) where a node is when the levels stand side by side as given


@dataclass(frozen=True, eq=False)
class Tree:
    """The structure alone, from the root down to the leaves; any depth of 1 or more."""

    parents: tuple[np.ndarray, ...]  # per level under the root, (nodes,): each node's parent

    @classmethod
    def of(cls, parents: Sequence[Sequence[int] | np.ndarray]) -> "Tree":
        """Build a tree from the parents of each level, the one under the root first.

        `Tree.of([[0, 0], [0, 1, 1]])` is a root, two channels and three campaigns, the last two
        of them in the second channel.

        Raises:
            ConfigError: if a level is empty, or names a parent that the level above has not.
        """
        levels = tuple(np.asarray(level, dtype=np.int64) for level in parents)
        above = 1
        for depth, level in enumerate(levels, start=1):
            if level.ndim != 1 or not level.size or level.min() < 0 or level.max() >= above:
                raise ConfigError(
                    f"tree level {depth}: parents {level.tolist()} are not allowed; give one "
                    f"index a node, from 0 to {above - 1}"
                )
            above = level.size
        if not levels:
            raise ConfigError("a tree needs at least one level under its root; none was given")
        return cls(levels)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many nodes each level has: the root's 1 first, the leaves last."""
        return (1, *(level.size for level in self.parents))

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each level begins when all stand side by side, and where the last one ends."""
        return np.cumsum((0, *self.sizes))

    @cached_property
    def sums(self) -> tuple[np.ndarray, ...]:
        """Per inner level the 0/1 matrix (nodes, children) that sums children into their node."""
        return tuple(
            (np.arange(above)[:, None] == level).astype(np.float64)
            for above, level in zip(self.sizes, self.parents, strict=False)
        )

    @cached_property
    def leaves(self) -> tuple[tuple[list[int], ...], ...]:
        """Per inner level and node, the indices of the leaves under it."""
        return tuple(
            tuple(np.flatnonzero(above == node).tolist() for node in range(size))
            for above, size in zip(self.ancestors, self.sizes, strict=False)
        )

    def add_up(self, level: int, array: np.ndarray) -> np.ndarray:
        """Sum children into their nodes, (..., children) -> (..., nodes); see ``add_rows``."""
        if array.ndim <= 2:
            return self.add_rows(level, array.T).T
        return np.moveaxis(self.add_rows(level, np.moveaxis(array, -1, 0)), 0, -1)

    def add_rows(self, level: int, columns: np.ndarray) -> np.ndarray:
        """Sum children into the nodes of an inner level, (children, ...) -> (nodes, ...).

        Children are added one after the other, so that a row's sums do not depend on how many
        rows there are, as those of a matrix product do.
        """
        flat = floats(columns).reshape(len(columns), -1)
        if not flat.flags.c_contiguous:
            flat = np.ascontiguousarray(flat)
        sums = np.empty((self.sizes[level], flat.shape[1]))
        _add(flat, self.parents[level], sums)
        return sums.reshape(-1, *columns.shape[1:])

    @cached_property
    def numbering(self) -> Numbering:
        """The nodes in an order in which every node's children are neighbours."""
        starts = self.starts
        places, parents, begin = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)], []
        rank = np.zeros(1, np.int64)  # of each node of the level above, as given
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
        """Per inner level the index there of each leaf's ancestor, (leaves,)."""
        lineage = [np.arange(self.sizes[-1])]
        for level in reversed(self.parents):
            lineage.append(level[lineage[-1]])
        return tuple(reversed(lineage[1:]))


class Bounds(NamedTuple):
    """Lower and upper bounds of every node of a tree; only an upper one may be infinite."""

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
