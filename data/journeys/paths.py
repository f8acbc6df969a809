"""Journeys: each user's landings in time order, cut after every conversion."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..history import History
from ..types import Floats, Ints
from .landings import CAMPAIGN, Landings
from .site_log import CHANNEL, CONVERTED, TIME, USER
from .visits import CHANNELS

PAID = "paid"
UNPLANNED = "paid (no campaign)"  # label of paid landings that belong to no campaign
_DAY = 86_400  # seconds
_DEEPEST = 64  # landings beyond which equal paths are not looked for
_DENSE = 1 << 22  # codes up to which a table is quicker than sorting


@dataclass(frozen=True, eq=False)
class Paths:
    """Sequences of labels with how often each converted and each did not; one or more labels."""

    names: tuple[str, ...]  # (labels,) campaigns in the history's order, then media
    label: Ints  # (touches,) position in names, path after path
    offsets: Ints  # (paths + 1,) where each path begins in `label`, and the end of the last
    conversions: Floats  # (paths,) >= 0
    nulls: Floats  # (paths,) >= 0, journeys that led to nothing

    @property
    def first(self) -> Ints:
        """(paths,) positions of the first touches."""
        return self.offsets[:-1]

    @property
    def last(self) -> Ints:
        """(paths,) positions of the last touches."""
        return self.offsets[1:] - 1

    @property
    def length(self) -> Ints:
        """(paths,) touches of each."""
        return np.diff(self.offsets)

    @property
    def owner(self) -> Ints:
        """(touches,) path that each belongs to."""
        return np.repeat(np.arange(len(self.conversions)), self.length)

    def select(self, chosen: NDArray[np.bool_]) -> "Paths":
        """Some of the paths, by a (paths,) mask."""
        length = self.length
        return replace(
            self,
            label=self.label[np.repeat(chosen, length)],
            offsets=_offsets(length[chosen]),
            conversions=self.conversions[chosen],
            nulls=self.nulls[chosen],
        )


@dataclass(frozen=True, eq=False)
class Journeys:
    """One path a journey; its conversions are 1 or 0."""

    paths: Paths
    time: Ints  # (touches,) seconds since 1970
    user: Ints  # (journeys,) whose it is, 0 to users - 1
    reading: Literal["row", "user"]  # what Is Converted was taken to mark
    campaigns: int  # the first so many labels are campaigns of the history

    def converting(self) -> "Journeys":
        """Those that converted."""
        chosen = self.paths.conversions > 0
        touches = np.repeat(chosen, self.paths.length)
        paths = self.paths.select(chosen)
        return replace(self, paths=paths, time=self.time[touches], user=self.user[chosen])


def paths_of(
    names: Sequence[str],
    sequences: Sequence[Sequence[str]],
    conversions: Sequence[float],
    nulls: Sequence[float],
) -> Paths:
    """Paths from names, as tables of paths state them; for examples and tests.

    Args:
        names: all labels.
        sequences: the labels of each path, at least one.
        conversions: of each path.
        nulls: of each path.
    """
    position = {name: at for at, name in enumerate(names)}
    label = np.array([position[name] for path in sequences for name in path], np.int64)
    offsets = _offsets(np.array([len(path) for path in sequences]))
    counts = (np.asarray(each, np.float64) for each in (conversions, nulls))
    return Paths(tuple(names), label, offsets, *counts)


def build_journeys(
    landings: Landings,
    history: History,
    lookback_days: float,
    converted: Literal["auto", "row", "user"],
) -> Journeys:
    """Cut the landings of the ads' period into journeys.

    A journey ends with a conversion, or with what is known of its user. Landings more than the
    lookback before its end led to nothing in time: they make a journey of their own.

    Args:
        landings: of the site; those outside the history's days are left out.
        history: the ads' own record.
        lookback_days: reach of a journey, days.
        converted: what Is Converted marks; `auto` is what the landings' report found, rows where
            that could not be told. Where it marks users, the last landing is what converts.
    """
    days = landings.frame[TIME].to_numpy().astype("datetime64[D]")
    inside = (days >= history.dates[0]) & (days <= history.dates[-1])
    names, label = _labels(landings, history)
    user = landings.frame[USER].cat.codes.to_numpy().astype(np.int64)[inside]
    time = landings.frame[TIME].to_numpy().astype(np.int64)[inside]
    order = _order(user, time)
    user, time, label = user[order], time[order], label[inside][order]
    marked = landings.frame[CONVERTED].to_numpy()[inside][order]
    reading = converted if converted != "auto" else (landings.report.marks or "row")
    fresh = np.append(True, user[1:] != user[:-1])  # first landing of a user
    closing = _closing(fresh, marked) if reading == "user" else marked
    begin = fresh.copy()
    begin[1:] |= closing[:-1]
    first = _within(begin, time, int(lookback_days * _DAY))
    offsets = np.append(first, len(time))
    converts = closing[offsets[1:] - 1].astype(np.float64)
    _, whose = np.unique(user[first], return_inverse=True)
    return Journeys(
        Paths(names, label, offsets, converts, 1.0 - converts),
        time,
        whose.astype(np.int64),
        reading,
        len(history.campaigns),
    )


def distinct(paths: Paths) -> tuple[Paths, Ints]:
    """Equal paths put together: the distinct ones, and each path's position among them.

    Paths are told apart landing by landing, exactly; very long ones are all kept apart.
    """
    size, length = len(paths.names), paths.length
    node = np.zeros(len(length), np.int64)
    label = np.zeros(len(length), np.int64)
    known = 0
    active = np.arange(len(length))
    for depth in range(min(int(length.max(initial=0)), _DEEPEST)):
        active = active[length[active] > depth]
        key = node[active] * size + paths.label[paths.first[active] + depth]
        codes, count = renumber(key, int(node[active].max() + 1) * size)
        node[active], label[active] = codes, codes + known
        known += count
    long = length > _DEEPEST
    label[long] = known + np.arange(np.count_nonzero(long))
    _, example, inverse = np.unique(label, return_index=True, return_inverse=True)
    counts = (
        count_by_code(inverse, each, len(example)) for each in (paths.conversions, paths.nulls)
    )
    touches = np.repeat(paths.first[example], length[example]) + _places(length[example])
    merged = Paths(paths.names, paths.label[touches], _offsets(length[example]), *counts)
    return merged, inverse.astype(np.int64)


def renumber(codes: Ints, size: int) -> tuple[Ints, int]:
    """Codes in [0, size) renumbered without gaps, in their order, and how many there are."""
    if size > _DENSE:
        uniques, inverse = np.unique(codes, return_inverse=True)
        return inverse.astype(np.int64), len(uniques)
    seen = np.zeros(size, bool)
    seen[codes] = True
    return (np.cumsum(seen) - 1)[codes], int(np.count_nonzero(seen))


def count_by_code(codes: Ints, weight: Floats, size: int) -> Floats:
    """(size,) sum of the weights at each code in [0, size)."""
    return np.asarray(np.bincount(codes, weight, size), np.float64)


def inter_visit_days(journeys: Journeys) -> tuple[Floats, Ints]:
    """Days between neighbouring landings of a journey, and the label of the earlier one."""
    follows = np.ones(len(journeys.time), bool)
    follows[journeys.paths.last] = False
    at = np.flatnonzero(follows)
    return (journeys.time[at + 1] - journeys.time[at]) / _DAY, journeys.paths.label[at]


def ambiguous_order(journeys: Journeys, labels: Sequence[int]) -> int:
    """Journeys in which a landing of these labels shares its day with the one beside it.

    Where a label's times are imputed, the order of the two is not known.
    """
    days = journeys.time // _DAY
    odd = np.isin(journeys.paths.label, list(labels))
    pair = (days[1:] == days[:-1]) & (odd[1:] != odd[:-1])
    owner = journeys.paths.owner
    return len(np.unique(owner[1:][pair & (owner[1:] == owner[:-1])]))


def _labels(landings: Landings, history: History) -> tuple[tuple[str, ...], Ints]:
    """Names of all labels, and the label of each landing."""
    own = landings.frame[CAMPAIGN].to_numpy().astype(np.int64)
    channel = landings.frame[CHANNEL]
    present = set(channel.cat.categories[np.unique(channel.cat.codes)])
    media = [name for name in CHANNELS if name in present and name != PAID]
    stray = bool(((channel == PAID).to_numpy() & (own < 0)).any())
    names = (*history.names, *media, *([UNPLANNED] if stray else []))
    first = len(history.names)
    position = {name: first + at for at, name in enumerate([*media, UNPLANNED])} | {
        PAID: first + len(media)
    }
    table = np.array([position.get(str(name), -1) for name in channel.cat.categories], np.int64)
    return names, np.where(own >= 0, own, table[channel.cat.codes])


def _order(user: Ints, time: Ints) -> NDArray[np.intp]:
    """Rows by user and time; landings of one second keep the file's order."""
    start = int(time.min())
    span = int(time.max()) - start + 1
    return np.argsort(user * span + (time - start), kind="stable")


def _closing(fresh: NDArray[np.bool_], marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(touches,) the last landing of each user who is marked anywhere."""
    first = np.flatnonzero(fresh)
    closing = np.zeros(len(fresh), bool)
    closing[np.append(first[1:], len(fresh)) - 1] = np.logical_or.reduceat(marked, first)
    return closing


def _within(begin: NDArray[np.bool_], time: Ints, reach: int) -> Ints:
    """First touches of the journeys when none reaches back further than `reach` seconds."""
    while True:
        first = np.flatnonzero(begin)
        end = time[np.append(first[1:], len(time)) - 1]
        far = np.repeat(end, np.diff(np.append(first, len(time)))) - time > reach
        if not far.any():
            return first
        begin = begin.copy()
        begin[1:] |= far[:-1] & ~far[1:]


def _offsets(length: NDArray[np.integer]) -> Ints:
    return np.concatenate([[0], np.cumsum(length)]).astype(np.int64)


def _places(length: Ints) -> Ints:
    """0, 1, ... within each path."""
    return np.arange(length.sum()) - np.repeat(_offsets(length)[:-1], length)
