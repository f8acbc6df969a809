"""Periods in which campaigns ran, and pairs of which one campaign took over from another.

Accounts end a campaign and rebuild it under a new name. The history of the new one is short, and
that of its predecessor says much about it; `successors` proposes such pairs for a user to confirm.
"""

from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..types import Floats, Ints

GAP_DAYS = 3  # days in a row without spend that do not end a run, as over a weekend
SUCCESSION_DAYS = 14  # days between the end of one campaign and the start of the next, at most
SPEND_FACTOR = 3.0  # ratio of their daily spends, at most, and at least its inverse
LEVEL_DAYS = 28  # days with spend whose mean is a campaign's level at its start or end
MIN_DAYS = 3  # days with spend below which a campaign has no level


class Run(NamedTuple):
    """Period without a gap of more than `GAP_DAYS` days; its first and last day have spend."""

    first: np.datetime64  # datetime64[D]
    last: np.datetime64  # datetime64[D]
    days: int  # days with spend


class Lifetime(NamedTuple):
    """Period from a campaign's first day with spend to its last."""

    campaign: str
    first: np.datetime64 | None  # None for a campaign without spend
    last: np.datetime64 | None
    runs: tuple[Run, ...]  # in order of time
    days: int  # days with spend
    gap_days: int  # days between the runs


class Succession(NamedTuple):
    """Two campaigns of which the second may have taken over from the first."""

    ended: int  # index of the first campaign
    started: int  # index of the second campaign
    end: np.datetime64  # last day with spend of the first campaign
    start: np.datetime64  # first day with spend of the second campaign
    lag: int  # days from that end to that start: 1 is the next day, negative before the end
    spend_before: float  # mean over the last days with spend of the first campaign, currency a day
    spend_after: float  # mean over the first days with spend of the second campaign
    name_similarity: float  # share of characters that the names have in common, in [0, 1]
    certainty: float  # in (0, 1], 1 for the next day at the same spend; for ranking only


def lifetimes(
    days: NDArray[np.datetime64], spend: Floats, names: Sequence[str]
) -> tuple[Lifetime, ...]:
    """Lifetime of each campaign.

    A run ends where more than `GAP_DAYS` days in a row have no spend; a day without a row counts
    like a day with a spend of 0.

    Args:
        days: (days,) contiguous, datetime64[D].
        spend: (days, campaigns) >= 0; NaN without a row.
        names: (campaigns,) names.
    """
    return tuple(
        _lifetime(days, np.flatnonzero(spend[:, at] > 0), name) for at, name in enumerate(names)
    )


def successors(
    days: NDArray[np.datetime64],
    spend: Floats,
    names: Sequence[str],
    groups: Sequence[Hashable],
) -> tuple[Succession, ...]:
    """Pairs of campaigns of which the second may have taken over from the first.

    A campaign may have taken over from another of the same group if
    - the first ended for good: it has no spend in the last `SUCCESSION_DAYS` days of the table;
    - the second started on a day other than the first day of any spend, before which nothing is
      known, at most `SUCCESSION_DAYS` days before or after the first one's last day, and ran
      longer than the first;
    - its mean spend over its first `LEVEL_DAYS` days with spend and that of the first campaign over
      its last ones differ at most by the factor `SPEND_FACTOR`, each from `MIN_DAYS` days at least.

    The certainty is (1 - |lag - 1| / (`SUCCESSION_DAYS` + 2)) / ratio of the larger spend to the
    smaller. It ranks the pairs and is no probability. A campaign is the predecessor and the
    successor of one other at most, those of the most certain pairs; more similar names go first
    among pairs of equal certainty.

    Args:
        days: (days,) contiguous, datetime64[D].
        spend: (days, campaigns) >= 0; NaN without a row.
        names: (campaigns,) names.
        groups: (campaigns,) group of each campaign, such as its platform and type.

    Returns:
        Pairs, the most certain first.
    """
    active = [np.flatnonzero(spend[:, at] > 0) for at in range(spend.shape[1])]
    first_of_all = min((int(at[0]) for at in active if len(at)), default=0)
    levelled = [at for at, on in enumerate(active) if len(on) >= MIN_DAYS]
    starts: dict[Hashable, list[tuple[int, int]]] = {}  # by group: first day, campaign
    for at in levelled:
        if active[at][0] > first_of_all:
            starts.setdefault(groups[at], []).append((int(active[at][0]), at))
    pairs = []
    for ended in levelled:
        end = int(active[ended][-1])
        if end >= len(days) - SUCCESSION_DAYS:
            continue
        for start, started in starts.get(groups[ended], []):
            if abs(start - end) > SUCCESSION_DAYS or active[started][-1] <= end:
                continue
            pair = _succession(
                days, spend, names, (ended, active[ended]), (started, active[started])
            )
            lower, higher = sorted((pair.spend_before, pair.spend_after))
            if higher <= SPEND_FACTOR * lower:
                pairs.append(pair)
    pairs.sort(key=lambda p: (-p.certainty, -p.name_similarity, p.ended, p.started))
    return _one_to_one(pairs)


def _lifetime(days: NDArray[np.datetime64], active: Ints, name: str) -> Lifetime:
    if not len(active):
        return Lifetime(name, None, None, (), 0, 0)
    breaks = np.flatnonzero(np.diff(active) > GAP_DAYS + 1) + 1
    runs = tuple(Run(days[part[0]], days[part[-1]], len(part)) for part in np.split(active, breaks))
    gap_days = sum(int((b.first - a.last).astype(int)) - 1 for a, b in pairwise(runs))
    return Lifetime(name, days[active[0]], days[active[-1]], runs, len(active), gap_days)


def _succession(
    days: NDArray[np.datetime64],
    spend: Floats,
    names: Sequence[str],
    first: tuple[int, Ints],
    second: tuple[int, Ints],
) -> Succession:
    """Numbers of a pair, each campaign as its index and its days with spend."""
    (ended, before), (started, after) = first, second
    level_before = float(spend[before[-LEVEL_DAYS:], ended].mean())
    level_after = float(spend[after[:LEVEL_DAYS], started].mean())
    lag = int(after[0]) - int(before[-1])
    ratio = max(level_before, level_after) / min(level_before, level_after)
    nearness = 1 - abs(lag - 1) / (SUCCESSION_DAYS + 2)
    similarity = SequenceMatcher(None, names[ended], names[started], autojunk=False).ratio()
    return Succession(
        ended,
        started,
        end=days[before[-1]],
        start=days[after[0]],
        lag=lag,
        spend_before=level_before,
        spend_after=level_after,
        name_similarity=similarity,
        certainty=nearness / ratio,
    )


def _one_to_one(pairs: Sequence[Succession]) -> tuple[Succession, ...]:
    """Pairs in their order, without those of which a better pair has the same end or start."""
    ended: set[int] = set()
    started: set[int] = set()
    chosen = []
    for pair in pairs:
        if pair.ended not in ended and pair.started not in started:
            chosen.append(pair)
            ended.add(pair.ended)
            started.add(pair.started)
    return tuple(chosen)
