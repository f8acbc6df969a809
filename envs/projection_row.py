"""The projection of one row in plain floats: the lemma of `projection`, as it reads on paper.

For a handful of numbers an array call costs more than its arithmetic, so a small batch takes this
way, at about an eighth of the time; a large one takes the columns of `projection`. The tests hold
the two together row by row.
"""

from math import isfinite

from .tree import Tree

Levels = list[list[float]]

# Shares of a row's root bound, here and in `projection`.
CONVERGED = 1e-13  # a search ends when its sum is this close
MET = 2e-12  # a sum this close to its bounds is inside: the room that many converged sums take
INFEASIBLE = 1e-9  # a sum that stays further off cannot be met
WILD = 32.0  # a point this many times as large would lose digits in `point + multiplier`
OPEN = 1e150  # dollars: an end of a bracket that is not known yet
SLACK = 2.0**-10  # by so much a bracket reaches beyond the last leaf that moves
SEARCH_STEPS = 200  # steps at most; a bisection to the last bit takes about 60
FEW = 256  # up to as many leaves x rows, plain floats are faster than arrays


class Row:
    """One point and its bounds; `settle` fills `spend`."""

    def __init__(self, tree: Tree, point: list[float], lower: Levels, upper: Levels) -> None:
        self.tree, self.children = tree, tree.children
        self.point, self.lower, self.upper = point, lower, upper  # dollars
        top = upper[0][0]
        self.scale = max(abs(lower[0][0]), abs(top) if isfinite(top) else 0.0)  # dollars
        self.tolerance = CONVERGED * self.scale  # dollars
        self.spend = [0.0] * len(point)  # dollars

    def is_plain(self) -> bool:
        """Whether the row needs none of the care that `projection` takes of rare ones."""
        reach = WILD * self.scale
        return self.scale > 0 and all(-reach <= coordinate <= reach for coordinate in self.point)

    def settle(self, level: int = 0, node: int = 0, multiplier: float = 0.0) -> bool:
        """Settle a node under its parent's multiplier, and all below; False if it cannot be met."""
        total, slope = self._answer(level, node, multiplier)
        target = min(max(total, self.lower[level][node]), self.upper[level][node])
        if abs(total - target) > MET * self.scale:
            multiplier, off = self._search(level, node, multiplier, total, slope, target)
            if off > INFEASIBLE * self.scale:
                return False
        children = self.children[level][node]
        if level + 1 < len(self.children):
            return all(self.settle(level + 1, child, multiplier) for child in children)
        point, lower, upper, spend = self.point, self.lower[-1], self.upper[-1], self.spend
        for leaf in children:
            spend[leaf] = min(max(point[leaf] + multiplier, lower[leaf]), upper[leaf])
        return True

    def _answer(self, level: int, node: int, multiplier: float) -> tuple[float, float]:
        """A node's unclipped answer to a multiplier, and its slope: the leaves that move."""
        total, slope = 0.0, 0.0
        lower, upper = self.lower[level + 1], self.upper[level + 1]
        inner = level + 1 < len(self.children)
        for child in self.children[level][node]:
            if inner:
                raw, moves = self._answer(level + 1, child, multiplier)
            else:
                raw, moves = self.point[child] + multiplier, 1.0
            if raw < lower[child]:
                total += lower[child]
            elif raw > upper[child]:
                total += upper[child]
            else:
                total += raw
                slope += moves
        return total, slope

    def _search(
        self, level: int, node: int, now: float, total: float, slope: float, target: float
    ) -> tuple[float, float]:
        """The multiplier at which a node's answer meets its target, and by how much it misses."""
        below, above = -OPEN, OPEN
        for _ in range(SEARCH_STEPS):
            gap = total - target
            if abs(gap) <= self.tolerance:
                break
            below, above = (now, above) if gap < 0 else (below, now)
            step = now - gap / slope if slope else now
            if not below < step < above:
                ends = self._ends(level, node, target)
                below = ends[0] if below == -OPEN else below
                above = ends[1] if above == OPEN else above
                step = (below + above) / 2
            now = step
            total, slope = self._answer(level, node, now)
        return now, abs(total - target)

    def _ends(self, level: int, node: int, target: float) -> tuple[float, float]:
        """Multipliers under and over which no leaf of a node moves."""
        point, lower, upper = self.point, self.lower[-1], self.upper[-1]
        leaves = self.tree.leaves[level][node]
        most = target + sum([-lower[leaf] for leaf in leaves if lower[leaf] < 0])
        below = min([lower[leaf] - point[leaf] for leaf in leaves], default=0.0)
        above = max([min(upper[leaf], most) - point[leaf] for leaf in leaves], default=0.0)
        slack = SLACK * self.scale
        return below - slack, above + slack
