"""Roles of labels in converting journeys, and which labels precede which closers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..journeys import Journeys, renumber
from ..types import Floats, Ints
from .bootstrap import Bootstrap

# first of several landings, one between, last of several, and the only landing of a journey
ROLES = ("initiator", "assist", "closer", "solo")
MIN_JOURNEYS = 5  # minimum number of journeys for a bootstrap interval


@dataclass(frozen=True, eq=False)
class Roles:
    """Landings of converting journeys by their place in the journey."""

    counts: Floats  # (ROLES, labels) landings, >= 0, by role: see `ROLES`
    draws: Floats  # (draws, ROLES, labels) bootstrap replicates of `counts`

    @property
    def has_interval(self) -> NDArray[np.bool_]:
        """(labels,) True where the index has enough journeys for an interval."""
        return np.asarray(self.counts[0] + self.counts[2] >= 2 * MIN_JOURNEYS)


@dataclass(frozen=True, eq=False)
class DownstreamInfluence:
    """Lift of pairs of labels (c, c'): how much more often c occurs in journeys that c' closes.

    Only converting journeys of two or more landings count. The lift is the share of those closed
    by c' in which c came earlier, over the same share among all of them.
    """

    label: Ints  # (pairs,) c
    closer: Ints  # (pairs,) c'
    journeys: Floats  # (pairs,) closed by c' with c earlier, > 0
    closed: Floats  # (pairs,) closed by c'
    base: Floats  # (pairs,) share of all journeys in which c came earlier
    lift: Floats  # (pairs,)
    lift_draws: Floats  # (draws, pairs), NaN where a draw has no such journey

    @property
    def has_interval(self) -> NDArray[np.bool_]:
        """(pairs,) True where the lift has enough journeys for an interval."""
        return np.asarray((self.journeys >= MIN_JOURNEYS) & (self.closed >= 2 * MIN_JOURNEYS))


def roles_of(converting: Journeys, bootstrap: Bootstrap) -> Roles:
    """Count landings by role.

    Args:
        converting: the converting journeys.
        bootstrap: resamples of the users of these journeys.
    """
    paths, labels = converting.paths, len(converting.paths.names)
    several = np.repeat(paths.length > 1, paths.length)
    role = np.ones(len(paths.label), np.int64)  # assist
    role[paths.first], role[paths.last] = 0, 2
    role[~several] = 3
    weight = np.repeat(paths.conversions, paths.length)
    column = role * labels + paths.label
    sums = bootstrap.sums(paths.owner, column, weight, len(ROLES) * labels)
    by_role = sums.reshape(-1, len(ROLES), labels)
    return Roles(by_role.sum(0), bootstrap.resample(by_role))


def index_of(counts: Floats) -> Floats:
    """(..., labels) index (initiator - closer) / (initiator + closer) of (..., ROLES, labels)."""
    initiator, closer = counts[..., 0, :], counts[..., 2, :]
    total = initiator + closer
    out = np.full(total.shape, np.nan)
    return np.asarray(np.divide(initiator - closer, total, out=out, where=total > 0))


def downstream_influence(converting: Journeys, bootstrap: Bootstrap) -> DownstreamInfluence:
    """Lift of every pair of labels that occurs.

    Args:
        converting: the converting journeys.
        bootstrap: resamples of the users of these journeys.
    """
    paths, size = converting.paths, len(converting.paths.names)
    journey, label = _labels_before_last(converting)
    closer = paths.label[paths.last]
    code = label * size + closer[journey]
    column, pairs = renumber(code, size * size)
    pair = np.zeros(pairs, np.int64)
    pair[column] = code
    several = np.flatnonzero(paths.length > 1)
    ones = np.ones(max(len(journey), len(several)))
    together = bootstrap.sums(journey, column, ones[: len(journey)], pairs)
    earlier = bootstrap.sums(journey, label, ones[: len(journey)], size)
    closed = bootstrap.sums(several, closer[several], ones[: len(several)], size)
    c, to = pair // size, pair % size
    total = [sums.sum(0) for sums in (together, earlier, closed)]
    draws = [bootstrap.resample(sums) for sums in (together, earlier, closed)]
    base = total[1][c] / max(len(several), 1)
    lift, lift_draws = (
        _lift(counts[0], counts[1][..., c], counts[2], to) for counts in (total, draws)
    )
    return DownstreamInfluence(c, to, total[0], total[2][to], base, lift, lift_draws)


def _labels_before_last(converting: Journeys) -> tuple[Ints, Ints]:
    """Each journey's distinct labels before its last landing, as (journey, label) pairs."""
    paths, size = converting.paths, len(converting.paths.names)
    before_last = np.ones(len(paths.label), bool)
    before_last[paths.last] = False
    code = np.unique((paths.owner * size + paths.label)[before_last])
    return code // size, code % size


def _lift(together: Floats, earlier: Floats, closed: Floats, to: Ints) -> Floats:
    """(..., pairs) lift (together / closed) / (earlier / all journeys); NaN for 0/0.

    Args:
        together: (..., pairs) journeys of c' with c earlier.
        earlier: (..., pairs) journeys with c earlier.
        closed: (..., labels) journeys by closer.
        to: (pairs,) c'.
    """
    denominator = closed[..., to] * earlier
    numerator = together * closed.sum(-1)[..., None]
    out = np.full(denominator.shape, np.nan)
    return np.asarray(np.divide(numerator, denominator, out=out, where=denominator > 0))
