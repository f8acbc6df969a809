"""The projection of rows one by one, as the lemma of `projection` reads on paper; compiled.

A row's steps depend on nothing but the row, so a row alone has the same last digit as in a batch.
"""

from typing import Any, NamedTuple

import numpy as np

from ...data.types import Floats, Ints
from ..arrays import compiled

# Shares of a row's scale, here and in `projection_columns`.
CONVERGED = 1e-13  # a search ends when its sum is this close
MET = 2e-12  # a sum this close to its bounds is inside: the room that many converged sums take
INFEASIBLE = 1e-9  # a sum that stays further off cannot be met
WILD = 32.0  # a point this many times as large would lose digits in `point + multiplier`
OPEN = 1e150  # dollars: an end of a bracket that is not known yet
SLACK = 2.0**-10  # by so much a bracket reaches beyond the last leaf that moves
FLAT = 1e-200  # stands for a slope of 0: the step then leaves any bracket
SEARCH_STEPS = 200  # steps at most; a bisection to the last bit takes about 60

_NODE = np.dtype([("point", "f8"), ("low", "f8"), ("high", "f8"), ("multiplier", "f8")])
_Row = Any
"""A row's nodes, (nodes,) of `_NODE`, dollars: the inner ones from the root down, then the leaves.
The inner ones have a multiplier, the leaves a point."""


class Trouble(NamedTuple):
    """What could not be settled."""

    wild: int  # rows whose point is far out or not finite; nothing else was done with them
    missed: float  # the most that a sum misses its bounds by, as a share of its row's scale
    node: int  # of which node, as `Numbering` counts
    dollars: float  # the same in dollars


@compiled
def _at(rows: Floats, r: int) -> Floats:
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
    """The largest finite bound of some nodes."""
    size = 0.0
    for node in nodes:
        size = max(size, abs(node.low))
        if np.isfinite(node.high):
            size = max(size, abs(node.high))
    return size


@compiled
def _scale_of(row: _Row, begin: Ints) -> float:
    """Dollars that count as all: the root's bound; where it is 0, the lowest level's that is not.

    Where there is none, the point's size, or 1.
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
def _is_calm(leaves: _Row, far: float) -> bool:
    calm = True
    for leaf in leaves:
        calm = calm and abs(leaf.point) <= far  # False for what is not a number
    return calm


@compiled
def _clip(node: _Row, raw: float) -> float:
    raised = node.low if raw < node.low else raw
    return node.high if raised > node.high else raised


@compiled
def _answer(row: _Row, begin: Ints, node: int, multiplier: float) -> tuple[float, float]:
    """A node's unclipped answer to a multiplier, and its slope: the leaves that move."""
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
def _settle(row: _Row, begin: Ints, node: int, multiplier: float, scale: float) -> float:
    """Find the multiplier of a node from its parent's; return the dollars it is off.

    Newton's step, or the middle of the bracket where the step leaves it or the slope is 0.
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
    """Multipliers under and over which no leaf of a node moves; near 0 for a node without any."""
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
def settle_rows(
    begin: Ints,
    parents: Ints,
    places: Ints,
    point: Floats,
    lower: Floats,
    upper: Floats,
    spend: Floats,
    unclipped: Floats,
    multipliers: Floats,
) -> Trouble:
    """Project every row but the wild ones, whose spend becomes NaN.

    Args:
        begin: of the tree's `Numbering`, as are the next two.
        parents: of every node.
        places: of every node.
        point: dollars, (rows or 1, leaves).
        lower: dollars, (rows or 1, nodes), the levels side by side.
        upper: dollars, the same.
        spend: dollars, (leaves, rows); written, as are the next two.
        unclipped: dollars, (leaves, rows): point + multiplier.
        multipliers: dollars, (inner nodes, rows), at the nodes' places.

    Returns:
        What went wrong.
    """
    inner, nodes = len(begin) - 1, len(places)
    row = np.zeros(nodes, _NODE)
    wild, missed, node, dollars = 0, 0.0, 0, 0.0
    for r in range(spend.shape[1]):
        _read(row, places, inner, _at(point, r), _at(lower, r), _at(upper, r))
        scale = _scale_of(row, begin)
        if not _is_calm(row[inner:], WILD * scale):
            wild += 1
            spend[:, r] = np.nan
            continue
        for v in range(inner):
            start = row[parents[v]].multiplier if v else 0.0
            off = _settle(row, begin, v, start, scale)
            if off > missed * scale:
                missed, node, dollars = off / scale, v, off
            multipliers[places[v], r] = row[v].multiplier
        for k in range(inner, nodes):
            raw = row[k].point + row[parents[k]].multiplier
            unclipped[places[k] - inner, r] = raw
            spend[places[k] - inner, r] = _clip(row[k], raw)
    return Trouble(wild, missed, node, dollars)
