"""Which labels begin, carry on and close converting journeys, and which lead to which."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..journeys import Journeys, renumber
from ..types import Floats, Ints
from .bootstrap import Bootstrap

FEWEST = 5  # journeys below which a bootstrap cannot tell how sure a share is
ROLES = ("initiator", "assist", "closer", "solo")


@dataclass(frozen=True, eq=False)
class Roles:
    """Landings of converting journeys by their place in the journey."""

    counts: Floats  # (ROLES, labels) first of several, between, last of several, single
    draws: Floats  # (draws, ROLES, labels)

    @property
    def told(self) -> NDArray[np.bool_]:
        """(labels,) whether enough journeys are behind an index for an interval."""
        return np.asarray(self.counts[0] + self.counts[2] >= 2 * FEWEST)


@dataclass(frozen=True, eq=False)
class Influence:
    """Pairs of labels (c, c'): how often c came earlier in journeys that c' closed.

    Converting journeys of two landings or more count. The share of those closed by c' in which c
    came earlier, over the share of all of them in which it did, is the lift.
    """

    label: Ints  # (pairs,) c
    closer: Ints  # (pairs,) c'
    journeys: Floats  # (pairs,) closed by c' with c earlier, > 0
    closed: Floats  # (pairs,) closed by c'
    base: Floats  # (pairs,) share of all in which c came earlier
    lift: Floats  # (pairs,)
    lift_draws: Floats  # (draws, pairs), NaN where a draw holds none

    @property
    def told(self) -> NDArray[np.bool_]:
        """(pairs,) whether enough journeys are behind a pair for an interval."""
        return np.asarray((self.journeys >= FEWEST) & (self.closed >= 2 * FEWEST))


def roles_of(converting: Journeys, bootstrap: Bootstrap) -> Roles:
    """Count the roles; `bootstrap` is of these journeys."""
    paths, labels = converting.paths, len(converting.paths.names)
    several = np.repeat(paths.length > 1, paths.length)
    role = np.ones(len(paths.label), np.int64)  # assist
    role[paths.first], role[paths.last] = 0, 2
    role[~several] = 3
    weight = np.repeat(paths.conversions, paths.length)
    column = role * labels + paths.label
    sums = bootstrap.sums(paths.owner, column, weight, len(ROLES) * labels)
    shaped = sums.reshape(-1, len(ROLES), labels)
    return Roles(shaped.sum(0), bootstrap.draw(shaped))


def index_of(counts: Floats) -> Floats:
    """(..., labels) of (..., ROLES, labels): (initiator - closer) / (initiator + closer)."""
    begins, closes = counts[..., 0, :], counts[..., 2, :]
    both = begins + closes
    out = np.full(both.shape, np.nan)
    return np.asarray(np.divide(begins - closes, both, out=out, where=both > 0))


def influence_of(converting: Journeys, bootstrap: Bootstrap) -> Influence:
    """Count which labels came before which closed; `bootstrap` is of these journeys."""
    paths, size = converting.paths, len(converting.paths.names)
    journey, label = _earlier(converting)
    closer = paths.label[paths.last]
    code = label * size + closer[journey]
    column, pairs = renumber(code, size * size)
    pair = np.zeros(pairs, np.int64)
    pair[column] = code
    many = np.flatnonzero(paths.length > 1)
    ones = np.ones(max(len(journey), len(many)))
    events = bootstrap.sums(journey, column, ones[: len(journey)], pairs)
    came = bootstrap.sums(journey, label, ones[: len(journey)], size)
    closed = bootstrap.sums(many, closer[many], ones[: len(many)], size)
    c, to = pair // size, pair % size
    total = [each.sum(0) for each in (events, came, closed)]
    drawn = [bootstrap.draw(each) for each in (events, came, closed)]
    base = total[1][c] / max(len(many), 1)
    lift, draws = (_lift(each[0], each[1][..., c], each[2], to) for each in (total, drawn))
    return Influence(c, to, total[0], total[2][to], base, lift, draws)


def _earlier(converting: Journeys) -> tuple[Ints, Ints]:
    """Each journey's distinct labels before its last landing: (journey, label) pairs."""
    paths, size = converting.paths, len(converting.paths.names)
    before = np.ones(len(paths.label), bool)
    before[paths.last] = False
    code = np.unique((paths.owner * size + paths.label)[before])
    return code // size, code % size


def _lift(events: Floats, came: Floats, closed: Floats, to: Ints) -> Floats:
    """(..., pairs) (events / closed) / (came / all)."""
    expected = closed[..., to] * came
    whole = events * closed.sum(-1)[..., None]
    out = np.full(expected.shape, np.nan)
    return np.asarray(np.divide(whole, expected, out=out, where=expected > 0))
