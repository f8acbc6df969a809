"""The projection row by row, as the lemma in `project` reads on paper; compiled.

A row's steps depend on that row alone, so its result has the same last digit in any batch.

A point far outside the set would lose digits in `point + multiplier`, so a far-out row is first
moved nearer, without changing its projection. A leaf moves only while the multiplier is inside
[l - y, u - y]; where no leaf moves, the axis of multipliers can be shortened. Clusters of
overlapping intervals keep their inner distances and are set side by side, with the multiplier 0 as
an interval of its own, because the root's search starts there.
"""

from typing import Any, NamedTuple

import numpy as np

from ...data.types import Floats, Ints
from ..arrays import compiled

# Shares of a row's scale, here and in `batched`.
CONVERGED = 1e-13  # a search ends when its sum is this close to its target
MET = (
    2e-12  # a sum this close to its bounds is inside: the error that many converged sums add up to
)
INFEASIBLE = 1e-9  # a sum that stays further off than this cannot meet its bound
FAR_OUT = 32.0  # a point this many times as large would lose digits in `point + multiplier`
SLACK = 2.0**-10  # a bracket reaches this far beyond the last leaf that moves

OPEN = 1e150  # dollars: an end of a bracket that is not known yet; points are clipped to it
FLAT = 1e-200  # replaces a slope of 0: the step then leaves any bracket
SEARCH_STEPS = 200  # upper limit; a bisection to the last bit takes about 60

_NODE = np.dtype([("point", "f8"), ("low", "f8"), ("high", "f8"), ("multiplier", "f8")])
_Row = Any
"""The nodes of a row, (nodes,) of `_NODE`, dollars: inner nodes from the root down, then leaves.
An inner node has a multiplier, a leaf a point."""


class RowFailure(NamedTuple):
    """The first non-finite point and the largest missed bound among all rows."""

    leaf: int  # index, as given, of the first leaf whose point is not finite; -1 if all are
    point: float  # that point
    missed: float  # share of its row's scale by which a sum misses its bounds; 0 if none does
    node: int  # index of the node with that sum, as `Numbering` counts
    dollars: float  # the missed amount in dollars


@compiled
def _row_of(rows: Floats, r: int) -> Floats:
    """Row r of (rows, n), or the one row that all share."""
    row: Floats = rows[r if len(rows) > 1 else 0]
    return row


@compiled
def _read(row: _Row, places: Ints, inner: int, point: Floats, low: Floats, high: Floats) -> None:
    for k in range(len(places)):
        row[k].low, row[k].high = low[places[k]], high[places[k]]
    for k in range(inner, len(places)):
        row[k].point = point[places[k] - inner]


@compiled
def _size(nodes: _Row) -> float:
    """Return the largest finite bound of some nodes, in dollars."""
    size = 0.0
    for node in nodes:
        size = max(size, abs(node.low))
        if np.isfinite(node.high):
            size = max(size, abs(node.high))
    return size


@compiled
def _scale_of(row: _Row, begin: Ints) -> float:
    """Return a row's scale in dollars, > 0; tolerances are shares of it.

    It is the root's largest finite bound; if that is 0, the largest finite bound of the lowest
    level where one is not 0; if there is none, the size of the point, or 1 if that is 0 too.
    """
    scale = _size(row[:1])
    if scale > 0:
        return scale
    inner = len(begin) - 1
    for leaf in row[inner:]:
        scale = max(scale, abs(leaf.point))
    first, last = 0, 1
    while first < inner:
        first, last = begin[first], begin[last]
        bound = _size(row[first:last])
        scale = bound if bound > 0 else scale
    return scale if scale > 0 else 1.0


@compiled
def _is_near(leaves: _Row, limit: float) -> bool:
    near = True
    for leaf in leaves:
        near = near and abs(leaf.point) <= limit  # False for NaN
    return near


@compiled
def _tighten(row: _Row, parents: Ints, inner: int) -> None:
    """Replace the leaves' bounds by bounds that hold in effect: the projection stays the same.

    A leaf gets no more than an ancestor's upper bound plus the amount by which the other leaves can
    be below 0; the root's bound suffices if it is finite. If no upper bound is finite, a leaf's
    multiplier is never below 0, and above 0 only below a node pinned at its lower bound: the leaf
    gets no less than its point, and no more than its point or the amount that the pinned bound
    requires.
    """
    debts = 0.0
    for leaf in row[inner:]:
        debts += max(-leaf.low, 0.0)
    ceiling, floor = np.full(inner, row[0].high + debts), np.full(inner, row[0].low + 2 * debts)
    if not np.isfinite(ceiling[0]):
        for v in range(1, inner):
            ceiling[v] = min(row[v].high + debts, ceiling[parents[v]])
            floor[v] = max(row[v].low + 2 * debts, floor[parents[v]])
    for k in range(inner, len(row)):
        leaf = row[k]
        high = min(leaf.high, ceiling[parents[k]])
        if not np.isfinite(high):
            leaf.low = max(leaf.low, leaf.point)
            high = floor[parents[k]]
        leaf.high = max(leaf.low, high)


@compiled
def _move_nearer(row: _Row, parents: Ints, inner: int, scale: float) -> None:
    """Replace a row's points, and its leaves' bounds, by near ones that project alike.

    The multiplier 0 stays 0. Intervals sorted by their beginning are cut where the next one begins
    beyond the end of all before it; rounding is monotone, so it never cuts a cluster.
    """
    for leaf in row[inner:]:
        leaf.point = min(max(leaf.point, -OPEN), OPEN)
    _tighten(row, parents, inner)
    size = 1 + len(row) - inner  # the multiplier 0, then the leaves
    points, lows, highs = np.zeros(size), np.zeros(size), np.zeros(size)
    for i in range(1, size):
        leaf = row[inner + i - 1]
        points[i], lows[i], highs[i] = leaf.point, leaf.low, leaf.high
    begins, ends = lows - points, highs - points
    offsets, clusters = np.empty(size), np.empty(size)
    anchor, cluster, end, widest, narrowest = 0.0, -1.0, -np.inf, -np.inf, np.inf
    for i in np.argsort(begins, kind="mergesort"):
        if cluster < 0 or begins[i] > end + scale:
            anchor, cluster = points[i], cluster + 1
        end = max(end, ends[i])
        offsets[i], clusters[i] = points[i] - anchor, cluster  # exact: neighbours are close
        widest = max(widest, highs[i] - offsets[i])
        narrowest = min(narrowest, lows[i] - offsets[i])
    stride = widest - narrowest + scale
    for i in range(1, size):
        if clusters[i] != clusters[0]:
            shift = offsets[0] + (clusters[i] - clusters[0]) * stride
            row[inner + i - 1].point = offsets[i] - shift


@compiled
def _clip(node: _Row, raw: float) -> float:
    raised = node.low if raw < node.low else raw
    return node.high if raised > node.high else raised


@compiled
def _answer(row: _Row, begin: Ints, node: int, multiplier: float) -> tuple[float, float]:
    """Return a node's unclipped answer to a multiplier, and its slope, the count of free leaves."""
    total, slope, first, last = 0.0, 0.0, begin[node], begin[node + 1]
    if first >= len(begin) - 1:
        for k in range(first, last):
            raw = row[k].point + multiplier
            answer = _clip(row[k], raw)
            total += answer
            slope += 1.0 if answer == raw else 0.0
        return total, slope
    for k in range(first, last):
        raw, moves = _answer(row, begin, k, multiplier)
        answer = _clip(row[k], raw)
        total += answer
        slope += moves if answer == raw else 0.0
    return total, slope


@compiled
def _solve_node(row: _Row, begin: Ints, node: int, multiplier: float, scale: float) -> float:
    """Find a node's multiplier from its parent's; return by how many dollars its sum is off.

    Newton steps, or the middle of the bracket where a step leaves it or the slope is 0.
    """
    total, slope = _answer(row, begin, node, multiplier)
    target = _clip(row[node], total)
    row[node].multiplier = multiplier
    if abs(total - target) <= MET * scale:
        return 0.0
    below, above = -OPEN, OPEN
    for _ in range(SEARCH_STEPS):
        gap = total - target
        if abs(gap) <= CONVERGED * scale:
            break
        below, above = (multiplier, above) if gap < 0 else (below, multiplier)
        step = multiplier - gap / max(slope, FLAT)
        if not below < step < above:
            ends = _ends(row, begin, node, target, SLACK * scale)
            below = ends[0] if below == -OPEN else below
            above = ends[1] if above == OPEN else above
            step = (below + above) / 2
        multiplier = step
        total, slope = _answer(row, begin, node, multiplier)
    row[node].multiplier = multiplier
    return abs(total - target)


@compiled
def _ends(row: _Row, begin: Ints, node: int, target: float, slack: float) -> tuple[float, float]:
    """Multipliers below and above which no leaf of a node moves; around 0 if it has no leaves."""
    first, last = node, node + 1
    while first < last and first < len(begin) - 1:
        first, last = begin[first], begin[last]
    if first == last:
        return -slack, slack
    debts, below, above = 0.0, np.inf, -np.inf
    for leaf in row[first:last]:
        debts += max(-leaf.low, 0.0)
    for leaf in row[first:last]:
        below = min(below, leaf.low - leaf.point)
        above = max(above, min(leaf.high, target + debts) - leaf.point)
    return below - slack, above + slack


@compiled
def solve_rows(
    begin: Ints,
    parents: Ints,
    places: Ints,
    point: Floats,
    lower: Floats,
    upper: Floats,
    spend: Floats,
    unclipped: Floats,
    multipliers: Floats,
) -> RowFailure:
    """Project every row whose point is finite.

    Args:
        begin: index of each inner node's first child, from the tree's `Numbering`.
        parents: index of each node's parent, from the same.
        places: place of each node among the concatenated levels, from the same.
        point: dollars, (rows or 1, leaves).
        lower: dollars, (rows or 1, nodes), the levels side by side.
        upper: dollars, the same.
        spend: dollars, (leaves, rows); written, as are the next two.
        unclipped: dollars, (leaves, rows): the point, moved nearer if far out, + its multiplier.
        multipliers: dollars, (inner nodes, rows), at the nodes' places.

    Returns:
        The first non-finite point and the largest missed bound, if any.
    """
    inner, nodes = len(begin) - 1, len(places)
    row = np.zeros(nodes, _NODE)
    bad_leaf, bad_point, missed, node, dollars = -1, 0.0, 0.0, 0, 0.0
    for r in range(spend.shape[1]):
        _read(row, places, inner, _row_of(point, r), _row_of(lower, r), _row_of(upper, r))
        scale = _scale_of(row, begin)
        if not _is_near(row[inner:], FAR_OUT * scale):
            finite = True
            for k in range(inner, nodes):
                if not np.isfinite(row[k].point):
                    finite = False
                    if bad_leaf < 0 or places[k] - inner < bad_leaf:
                        bad_leaf, bad_point = places[k] - inner, row[k].point
            if not finite:
                continue
            _move_nearer(row, parents, inner, scale)
        for v in range(inner):
            start = row[parents[v]].multiplier if v else 0.0
            off = _solve_node(row, begin, v, start, scale)
            if off > missed * scale:
                missed, node, dollars = off / scale, v, off
            multipliers[places[v], r] = row[v].multiplier
        for k in range(inner, nodes):
            raw = row[k].point + row[parents[k]].multiplier
            unclipped[places[k] - inner, r] = raw
            spend[places[k] - inner, r] = _clip(row[k], raw)
    return RowFailure(bad_leaf, bad_point, missed, node, dollars)
