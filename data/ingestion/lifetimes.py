"""Periods in which campaigns ran, and pairs of which one campaign took over from another.

Accounts end a campaign and rebuild it under a new name. The history of the new one is short, and
that of its predecessor says much about it; `successors` proposes such pairs for a user to confirm.
"""

from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple, Self

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
    spend_before: float  # mean over the last days with spend of the first campaign, per day
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
      known, at most `SUCCESSION_DAYS` days before or after the first one's last day, and spent
      on a later day than that;
    - its mean spend over its first `LEVEL_DAYS` days with spend and that of the first campaign over
      its last ones differ at most by the factor `SPEND_FACTOR`, each from `MIN_DAYS` days at least.

    The certainty is ``(1 - |lag - 1| / (SUCCESSION_DAYS + 2)) / ratio`` of the larger spend to the
    smaller. It ranks the pairs and is no probability. A campaign is the predecessor and the
    successor of one other at most, those of the most certain pairs.

    Args:
        days: (days,) contiguous, datetime64[D].
        spend: (days, campaigns) >= 0; NaN without a row.
        names: (campaigns,) names.
        groups: (campaigns,) group of each campaign, such as its platform and type.

    Returns:
        Pairs, the most certain first.
    """
    active = [np.flatnonzero(spend[:, at] > 0) for at in range(spend.shape[1])]
    ends = _Ends.of(spend, active)
    codes = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    first_day = min((int(on[0]) for on in active if len(on)), default=0)
    pairs = _candidates(
        ends, np.array([codes[group] for group in groups]), range(first_day, len(days))
    )
    return tuple(
        Succession(
            ended,
            started,
            end=days[ends.last[ended]],
            start=days[ends.first[started]],
            lag=int(ends.first[started] - ends.last[ended]),
            spend_before=float(ends.final_spend[ended]),
            spend_after=float(ends.initial_spend[started]),
            name_similarity=_similarity(names[ended], names[started]),
            certainty=certainty,
        )
        for certainty, ended, started in _one_to_one(pairs)
    )


class _Ends(NamedTuple):
    """First and last days with spend of all campaigns, and the level of spend there."""

    first: Ints  # (campaigns,) index of the day; -1 below `MIN_DAYS` days with spend
    last: Ints  # (campaigns,)
    initial_spend: Floats  # (campaigns,) mean over the first `LEVEL_DAYS` days with spend
    final_spend: Floats  # (campaigns,) mean over the last ones

    @classmethod
    def of(cls, spend: Floats, active: Sequence[Ints]) -> Self:
        """Ends of campaigns, given the indices of their days with spend."""
        rows = [
            (on[0], on[-1], spend[on[:LEVEL_DAYS], at].mean(), spend[on[-LEVEL_DAYS:], at].mean())
            if len(on) >= MIN_DAYS
            else (-1, -1, 0.0, 0.0)
            for at, on in enumerate(active)
        ]
        first, last, initial, final = (np.array(column) for column in zip(*rows, strict=True))
        return cls(first.astype(np.int64), last.astype(np.int64), initial, final)


def _candidates(ends: _Ends, groups: Ints, days: range) -> list[tuple[float, int, int]]:
    """All pairs as (certainty, ended, started), the most certain first; days with any spend."""
    known = ends.first >= 0
    can_start = known & (ends.first > days.start)
    pairs = []
    for ended in np.flatnonzero(known & (ends.last < days.stop - SUCCESSION_DAYS)).tolist():
        lags = ends.first - ends.last[ended]
        fits = can_start & (np.abs(lags) <= SUCCESSION_DAYS) & (ends.last > ends.last[ended])
        started = np.flatnonzero(fits & (groups == groups[ended]))
        before, after = ends.final_spend[ended], ends.initial_spend[started]
        higher, lower = np.maximum(before, after), np.minimum(before, after)
        nearness = 1 - np.abs(lags[started] - 1) / (SUCCESSION_DAYS + 2)
        certainty = nearness * lower / higher
        similar = higher <= SPEND_FACTOR * lower
        pairs += [
            (float(c), ended, int(at))
            for c, at in zip(certainty[similar], started[similar], strict=True)
        ]
    return sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))


def _lifetime(days: NDArray[np.datetime64], active: Ints, name: str) -> Lifetime:
    if not len(active):
        return Lifetime(name, None, None, (), 0, 0)
    breaks = np.flatnonzero(np.diff(active) > GAP_DAYS + 1) + 1
    runs = tuple(Run(days[part[0]], days[part[-1]], len(part)) for part in np.split(active, breaks))
    gap_days = sum(int((b.first - a.last).astype(int)) - 1 for a, b in pairwise(runs))
    return Lifetime(name, days[active[0]], days[active[-1]], runs, len(active), gap_days)


def _similarity(first: str, second: str) -> float:
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _one_to_one(pairs: Sequence[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    """Pairs in their order, without those of which a better pair has the same end or start."""
    ended: set[int] = set()
    started: set[int] = set()
    chosen = []
    for pair in pairs:
        if pair[1] not in ended and pair[2] not in started:
            chosen.append(pair)
            ended.add(pair[1])
            started.add(pair[2])
    return chosen
