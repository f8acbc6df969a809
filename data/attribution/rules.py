"""Attribution rules: each landing's share of its journey's conversion."""

import numpy as np
from numpy.typing import NDArray

from ..journeys import Journeys, Paths, count_by_code, renumber
from ..types import Floats, Ints

DIRECT = "direct"  # label that last_non_direct skips
_DAY = 86_400  # seconds


def first(paths: Paths) -> Floats:
    """(touches,) 1 to the first landing."""
    return _ones(paths, paths.first)


def last(paths: Paths) -> Floats:
    """(touches,) 1 to the last landing."""
    return _ones(paths, paths.last)


def last_non_direct(paths: Paths) -> Floats:
    """(touches,) 1 to the last landing that is not direct; if all are, to the last."""
    direct = np.array([name == DIRECT for name in paths.names])
    touch = np.where(direct[paths.label], -1, np.arange(len(paths.label)))
    latest = np.maximum.reduceat(touch, paths.first)
    return _ones(paths, np.where(latest >= 0, latest, paths.last))


def linear(paths: Paths) -> Floats:
    """(touches,) 1/n to each of n landings."""
    return np.repeat(1.0 / paths.length, paths.length)


def position(paths: Paths, weights: tuple[float, float, float]) -> Floats:
    """(touches,) p1 to the first landing, p3 to the last, p2 shared by those between.

    With two landings, each also gets half of p2; a single landing gets all.

    Args:
        paths: paths of the converting journeys.
        weights: p1, p2, p3, which sum to 1.
    """
    p1, p2, p3 = weights
    n = paths.length
    share = np.repeat(p2 / np.maximum(n - 2, 1), n)
    share[paths.first] = np.where(n > 2, p1, p1 + p2 / 2)
    share[paths.last] = np.where(n > 2, p3, p3 + p2 / 2)
    share[paths.first[n == 1]] = 1.0
    return share


def decay(journeys: Journeys, half_life: float) -> Floats:
    """(touches,) 2^(-age / half-life), normalised to 1 per journey.

    Args:
        journeys: the converting ones; age is counted back from the last landing.
        half_life: half-life of the weight, days.
    """
    paths = journeys.paths
    age = np.repeat(journeys.time[paths.last], paths.length) - journeys.time
    weight = np.exp2(-age / (half_life * _DAY))
    return np.asarray(weight / np.repeat(np.add.reduceat(weight, paths.first), paths.length))


def shapley_set(paths: Paths) -> Floats:
    """(touches,) equal shares to a journey's distinct labels, at the first landing of each.

    This is the exact Shapley value of the game in which a journey converts only if all of its
    labels take part (a sum of unanimity games; Zhao et al. 2018).
    """
    size = len(paths.names)
    codes, count = renumber(paths.owner * size + paths.label, size * len(paths.conversions))
    earliest = np.full(count, len(paths.label))
    earliest[codes[::-1]] = np.arange(len(codes))[
        ::-1
    ]  # reversed, so that the first landing is assigned last
    share = _ones(paths, earliest)
    return np.asarray(share / np.repeat(np.add.reduceat(share, paths.first), paths.length))


def rule_shares(
    journeys: Journeys, weights: tuple[float, float, float], half_life: float
) -> dict[str, Floats]:
    """(touches,) shares by rule; each rule's sum to 1 over a journey.

    Args:
        journeys: the converting ones.
        weights: p1, p2, p3 of `position`.
        half_life: half-life of `decay`, days.
    """
    paths = journeys.paths
    return {
        "first": first(paths),
        "last": last(paths),
        "last_non_direct": last_non_direct(paths),
        "linear": linear(paths),
        "position": position(paths, weights),
        "decay": decay(journeys, half_life),
        "shapley_set": shapley_set(paths),
    }


def credits_of(paths: Paths, share: Floats) -> Floats:
    """(labels,) conversions credited to each label by (touches,) shares."""
    weight = share * np.repeat(paths.conversions, paths.length)
    return count_by_code(paths.label, weight, len(paths.names))


def _ones(paths: Paths, touches: Ints | NDArray[np.intp]) -> Floats:
    share = np.zeros(len(paths.label))
    share[touches] = 1.0
    return share
