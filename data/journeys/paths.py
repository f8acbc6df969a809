"""Journeys: each user's landings in order of time, ending at a conversion or the last landing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..history import History
from ..types import Floats, Ints
from .landings import CAMPAIGN, Landings
from .site_log import CHANNEL, IS_CONVERTED, LANDING_TIME, PAID, TRAFFIC_CHANNELS, USER_ID

PAID_WITHOUT_CAMPAIGN = "paid (no campaign)"  # label of paid landings that belong to no campaign
_SECONDS_PER_DAY = 86_400
_MAX_MERGED_LENGTH = 64  # landings; longer paths are not merged with equal ones
_MAX_TABLE_SIZE = 1 << 22  # codes up to which a lookup table is faster than sorting


@dataclass(frozen=True, eq=False)
class Paths:
    """Label sequences, each of one label or more, with counts of converted and other journeys."""

    names: tuple[str, ...]  # (labels,) campaigns in the history's order, then other traffic
    label: Ints  # (touches,) index into names, path after path
    offsets: Ints  # (paths + 1,) start of each path in `label`, and the end of the last
    conversions: Floats  # (paths,) >= 0
    nulls: Floats  # (paths,) >= 0, journeys without conversion

    @property
    def first(self) -> Ints:
        """(paths,) index of the first touch."""
        return self.offsets[:-1]

    @property
    def last(self) -> Ints:
        """(paths,) index of the last touch."""
        return self.offsets[1:] - 1

    @property
    def length(self) -> Ints:
        """(paths,) number of touches."""
        return np.diff(self.offsets)

    @property
    def owner(self) -> Ints:
        """(touches,) index of each touch's path."""
        return np.repeat(np.arange(len(self.conversions)), self.length)

    def select(self, mask: NDArray[np.bool_]) -> "Paths":
        """Paths for which the mask, (paths,), is True."""
        length = self.length
        return replace(
            self,
            label=self.label[np.repeat(mask, length)],
            offsets=_offsets(length[mask]),
            conversions=self.conversions[mask],
            nulls=self.nulls[mask],
        )


@dataclass(frozen=True, eq=False)
class Journeys:
    """Journeys with one path each, whose conversions are 1 or 0."""

    paths: Paths
    time: Ints  # (touches,) seconds since 1970
    user: Ints  # (journeys,) index of the user, 0 to users - 1
    marked_unit: Literal["row", "user"]  # what Is Converted marks, as assumed
    campaigns: int  # number of campaigns, the first labels

    def converting(self) -> "Journeys":
        """Journeys that converted."""
        converted = self.paths.conversions > 0
        touches = np.repeat(converted, self.paths.length)
        paths = self.paths.select(converted)
        return replace(self, paths=paths, time=self.time[touches], user=self.user[converted])


def build_journeys(
    landings: Landings,
    history: History,
    lookback_days: float,
    converted: Literal["auto", "row", "user"],
) -> Journeys:
    """Journeys of the landings in the ads' period.

    A journey ends at a conversion or at the user's last landing. Landings more than the lookback
    before its end form a separate journey without conversion.

    Args:
        landings: landings of the site; those outside the history's days are ignored.
        history: the ads' history.
        lookback_days: maximum duration of a journey, days.
        converted: what Is Converted marks; `auto` takes it from the landings' report, or `row` if
            undetermined. If it marks users, their last landing is the conversion.
    """
    days = landings.frame[LANDING_TIME].to_numpy().astype("datetime64[D]")
    inside = (days >= history.dates[0]) & (days <= history.dates[-1])
    names, label = _labels(landings, history)
    user = landings.frame[USER_ID].cat.codes.to_numpy().astype(np.int64)[inside]
    time = landings.frame[LANDING_TIME].to_numpy().astype(np.int64)[inside]
    order = _order(user, time)
    user, time, label = user[order], time[order], label[inside][order]
    marked = landings.frame[IS_CONVERTED].to_numpy()[inside][order]
    marked_unit = converted if converted != "auto" else (landings.report.marked_unit or "row")
    new_user = np.append(True, user[1:] != user[:-1])
    conversion = _last_of_marked_users(new_user, marked) if marked_unit == "user" else marked
    starts = new_user.copy()
    starts[1:] |= conversion[:-1]
    first = _split_by_lookback(starts, time, int(lookback_days * _SECONDS_PER_DAY))
    offsets = np.append(first, len(time))
    conversions = conversion[offsets[1:] - 1].astype(np.float64)
    _, journey_user = np.unique(user[first], return_inverse=True)
    return Journeys(
        Paths(names, label, offsets, conversions, 1.0 - conversions),
        time,
        journey_user.astype(np.int64),
        marked_unit,
        len(history.campaigns),
    )


def distinct(paths: Paths) -> tuple[Paths, Ints]:
    """Distinct paths with summed counts, and each path's index into them, (paths,).

    Paths are compared exactly, landing by landing; very long ones are not merged.
    """
    size, length = len(paths.names), paths.length
    node = np.zeros(len(length), np.int64)
    label = np.zeros(len(length), np.int64)
    codes_used = 0
    active = np.arange(len(length))
    for depth in range(min(int(length.max(initial=0)), _MAX_MERGED_LENGTH)):
        active = active[length[active] > depth]
        key = node[active] * size + paths.label[paths.first[active] + depth]
        codes, count = renumber(key, int(node[active].max() + 1) * size)
        node[active], label[active] = codes, codes + codes_used
        codes_used += count
    long = length > _MAX_MERGED_LENGTH
    label[long] = codes_used + np.arange(np.count_nonzero(long))
    _, example, inverse = np.unique(label, return_index=True, return_inverse=True)
    counts = (
        count_by_code(inverse, each, len(example)) for each in (paths.conversions, paths.nulls)
    )
    touches = np.repeat(paths.first[example], length[example]) + _index_within_path(length[example])
    merged = Paths(paths.names, paths.label[touches], _offsets(length[example]), *counts)
    return merged, inverse.astype(np.int64)


def renumber(codes: Ints, size: int) -> tuple[Ints, int]:
    """Codes in [0, size) renumbered without gaps in the same order, and the number of codes."""
    if size > _MAX_TABLE_SIZE:
        uniques, inverse = np.unique(codes, return_inverse=True)
        return inverse.astype(np.int64), len(uniques)
    occurs = np.zeros(size, bool)
    occurs[codes] = True
    return (np.cumsum(occurs) - 1)[codes], int(np.count_nonzero(occurs))


def count_by_code(codes: Ints, weight: Floats, size: int) -> Floats:
    """(size,) sum of the weights of each code in [0, size)."""
    return np.asarray(np.bincount(codes, weight, size), np.float64)


def inter_visit_days(journeys: Journeys) -> tuple[Floats, Ints]:
    """Days between consecutive landings of a journey, and the label of the earlier one."""
    has_next = np.ones(len(journeys.time), bool)
    has_next[journeys.paths.last] = False
    touch = np.flatnonzero(has_next)
    seconds = journeys.time[touch + 1] - journeys.time[touch]
    return seconds / _SECONDS_PER_DAY, journeys.paths.label[touch]


def ambiguous_order(journeys: Journeys, labels: Sequence[int]) -> int:
    """Number of journeys in which a landing of `labels` and a neighbour share a day.

    If the times of these labels are imputed, the order of the two landings is unknown.
    """
    days = journeys.time // _SECONDS_PER_DAY
    listed = np.isin(journeys.paths.label, list(labels))
    pair = (days[1:] == days[:-1]) & (listed[1:] != listed[:-1])
    owner = journeys.paths.owner
    return len(np.unique(owner[1:][pair & (owner[1:] == owner[:-1])]))


def _labels(landings: Landings, history: History) -> tuple[tuple[str, ...], Ints]:
    """Names of all labels, and the label of each landing."""
    campaign = landings.frame[CAMPAIGN].to_numpy().astype(np.int64)
    channel = landings.frame[CHANNEL]
    present = set(channel.cat.categories[np.unique(channel.cat.codes)])
    other = [name for name in TRAFFIC_CHANNELS if name in present and name != PAID]
    without_campaign = bool(((channel == PAID).to_numpy() & (campaign < 0)).any())
    names = (*history.names, *other, *([PAID_WITHOUT_CAMPAIGN] if without_campaign else []))
    label_of = {name: len(history.names) + k for k, name in enumerate([*other, PAID])}
    table = np.array([label_of.get(str(name), -1) for name in channel.cat.categories], np.int64)
    return names, np.where(campaign >= 0, campaign, table[channel.cat.codes])


def _order(user: Ints, time: Ints) -> NDArray[np.intp]:
    """Row indices sorted by user and time; landings in the same second keep the file's order."""
    start = int(time.min())
    span = int(time.max()) - start + 1
    return np.argsort(user * span + (time - start), kind="stable")


def _last_of_marked_users(
    new_user: NDArray[np.bool_], marked: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """(touches,) True for the last landing of each user with a marked landing."""
    first = np.flatnonzero(new_user)
    conversion = np.zeros(len(new_user), bool)
    conversion[np.append(first[1:], len(new_user)) - 1] = np.logical_or.reduceat(marked, first)
    return conversion


def _split_by_lookback(starts: NDArray[np.bool_], time: Ints, lookback: int) -> Ints:
    """First touches of the journeys, split so that none is longer than `lookback` seconds."""
    while True:
        first = np.flatnonzero(starts)
        end = time[np.append(first[1:], len(time)) - 1]
        too_early = np.repeat(end, np.diff(np.append(first, len(time)))) - time > lookback
        if not too_early.any():
            return first
        starts = starts.copy()
        starts[1:] |= too_early[:-1] & ~too_early[1:]


def _offsets(length: NDArray[np.integer]) -> Ints:
    """(paths + 1,) start of each path, and the end of the last."""
    return np.concatenate([[0], np.cumsum(length)]).astype(np.int64)


def _index_within_path(length: Ints) -> Ints:
    """(touches,) 0, 1, ... within each path."""
    return np.arange(length.sum()) - np.repeat(_offsets(length)[:-1], length)
