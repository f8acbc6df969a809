"""Paths and journeys for the tests of attribution: a worked example, and random small ones."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from mediagym.data.journeys import Journeys, Paths

NAMES = ("A", "B", "C")
SEQUENCES = ("ABC", "AC", "BBA", "C", "A")
CONVERSIONS = (2, 1, 1, 1, 0)
NULLS = (3, 2, 4, 5, 6)


def paths_of(
    names: Sequence[str],
    sequences: Sequence[Sequence[str]],
    conversions: Sequence[float],
    nulls: Sequence[float],
) -> Paths:
    """Paths from the names of their labels, with their counts."""
    index = {name: k for k, name in enumerate(names)}
    label = np.array([index[name] for path in sequences for name in path], np.int64)
    offsets = np.cumsum([0, *map(len, sequences)]).astype(np.int64)
    counts = (np.asarray(count, np.float64) for count in (conversions, nulls))
    return Paths(tuple(names), label, offsets, *counts)


def worked() -> Paths:
    """Paths of the worked example: 25 journeys, 5 conversions."""
    return paths_of(NAMES, SEQUENCES, CONVERSIONS, NULLS)


def single(paths: Paths) -> Journeys:
    """Journeys of as many users along the paths, with an hour between landings."""
    sequences: list[list[str]] = []
    converted: list[int] = []
    counts = zip(paths.offsets, paths.offsets[1:], paths.conversions, paths.nulls, strict=False)
    for begin, end, conversions, nulls in counts:
        path = [paths.names[at] for at in paths.label[begin:end]]
        sequences += [path] * int(conversions + nulls)
        converted += [1] * int(conversions) + [0] * int(nulls)
    flat = paths_of(paths.names, sequences, converted, [1 - conversion for conversion in converted])
    time = np.arange(len(flat.label)) * 3600
    return Journeys(flat, time, np.arange(len(sequences)), "row", 2)


def shuffled(paths: Paths, order: list[int]) -> Paths:
    """The same paths with the labels renumbered."""
    position = np.argsort(order)
    return replace(paths, names=tuple(paths.names[at] for at in order), label=position[paths.label])


@st.composite
def some_paths(draw: st.DrawFn, labels: int = 4) -> Paths:
    """Up to eight paths of up to six landings, at least one of them converting."""
    names = "ABCDEFGH"[:labels]
    sequences = draw(st.lists(st.text(names, min_size=1, max_size=6), min_size=1, max_size=8))
    counts = st.lists(st.integers(0, 5), min_size=len(sequences), max_size=len(sequences))
    conversions, nulls = draw(counts), draw(counts)
    conversions[0] += 1
    nulls = [n + (n + c == 0) for n, c in zip(nulls, conversions, strict=True)]
    return paths_of(names, sequences, conversions, nulls)
