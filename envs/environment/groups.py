"""Which episode each flight of a vector environment plays, and which flights began together."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .batch import FlightBatch

Index = NDArray[np.int64]


class Group(NamedTuple):
    """Flights that began on the same step and so are in lockstep."""

    batch: FlightBatch
    flights: Index  # (flights of the group,) their positions in the environment, ascending


class EpisodeSequence:
    """Seed and number of the next episode of each flight; arrays are (flights,).

    One seed of all flights gives each flight every ``flights``-th episode of one sequence; a seed
    of its own gives a flight all episodes of a sequence of its own.
    """

    def __init__(self, flights: int) -> None:
        self.seeds = np.zeros(flights, np.int64)
        self.following = np.arange(flights)  # number of the next episode
        self.stride = np.full(flights, flights)  # numbers from one episode to the next

    def start(
        self, seed: int | Sequence[int | None] | None, first: int | None, mask: NDArray[np.bool_]
    ) -> None:
        """Restart the sequences of some flights.

        Args:
            seed: one seed of all; one per flight, where None lets it continue; or None.
            first: number of the first flight's episode; None: 0 with a new seed, else continued.
            mask: (flights,) flights that are restarted.
        """
        flights = np.arange(len(mask))
        if isinstance(seed, Sequence):
            for flight in (i for i in flights[mask] if seed[i] is not None):
                self.seeds[flight], self.following[flight], self.stride[flight] = seed[flight], 0, 1
        elif seed is not None:
            self.seeds[mask], self.stride[mask] = seed, len(mask)
            self.following[mask] = flights[mask]
        if first is not None:
            self.following[mask] = first + (flights * (self.stride > 1))[mask]

    def take(self, index: Index) -> list[tuple[int, int]]:
        """Return seed and number of the next episode of some flights, and count them as begun."""
        pairs = list(zip(self.seeds[index].tolist(), self.following[index].tolist(), strict=True))
        self.following[index] += self.stride[index]
        return pairs

    def to_array(self) -> NDArray[np.int64]:
        """Return [seed, next number] of one sequence of all flights, else a (3, flights) array."""
        flights, seed, first = len(self.seeds), self.seeds[0], self.following[0]
        is_one = (self.seeds == seed).all() and (self.stride == flights).all()
        if is_one and (self.following == first + np.arange(flights)).all():
            return np.array([seed, first])
        return np.stack([self.seeds, self.following, self.stride])

    def restore(self, array: NDArray[Any]) -> None:
        """Continue from a result of ``to_array``."""
        flights = len(self.seeds)
        if np.ndim(array) == 1:
            seed, first = (int(number) for number in array)
            array = np.stack(
                [np.full(flights, seed), first + np.arange(flights), np.full(flights, flights)]
            )
        self.seeds, self.following, self.stride = (row.copy() for row in array.astype(np.int64))


def split(groups: Sequence[Group], mask: NDArray[np.bool_]) -> list[Group]:
    """Return the groups without the flights of a mask, (flights,)."""
    kept = []
    for batch, index in groups:
        stays = np.flatnonzero(~mask[index])
        if len(stays) == len(index):
            kept.append(Group(batch, index))
        elif len(stays):
            kept.append(Group(batch.subset(stays, len(index)), index[stays]))
    return kept


def in_order(groups: Sequence[Group]) -> list[Group]:
    """Return the groups by their first flight; that of flight 0 comes first."""
    return sorted(groups, key=lambda group: int(group.flights[0]))


def merged(parts: Sequence[NDArray[Any]], groups: Sequence[Group]) -> NDArray[Any]:
    """Return arrays of all groups, (flights of the group, ...), in the flights' order."""
    if len(groups) == 1:
        return parts[0]
    rows = np.concatenate(parts)
    whole = np.empty_like(rows)
    whole[np.concatenate([group.flights for group in groups])] = rows
    return whole


def infos_of(
    groups: Sequence[Group],
    restarted: Sequence[bool],
    final_obs: NDArray[Any],
    over: NDArray[np.bool_] | None,
) -> dict[str, Any]:
    """Return the infos of a step as Gymnasium's vector API has them: ``key`` and mask ``_key``.

    Args:
        groups: the flights after the step and before any of its resets.
        restarted: for each group, whether the step has only started its flights.
        final_obs: observations of all flights after the step, (flights, size).
        over: (flights,) flights whose next one starts in this step, so that their day stands in
            ``final_info``; None if no flight restarts in the step that ends it.
    """
    if all(restarted):
        return {}
    ran = [np.full(len(g.flights), not new) for g, new in zip(groups, restarted, strict=True)]
    days = [g.batch.info() for g in groups]
    values = {key: merged([day[key] for day in days], groups) for key in days[0]}
    if over is None or not over.any():
        return _masked(values, merged(ran, groups))
    infos: dict[str, Any] = {"final_obs": final_obs, "_final_obs": over}
    infos |= {"final_info": _masked(values, over), "_final_info": over}
    return infos if over.all() else infos | _masked(values, ~over)


def _masked(values: Mapping[str, NDArray[Any]], mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Return arrays, (flights, ...), with 0 where the mask, (flights,), is False, and the mask."""
    infos: dict[str, Any] = {}
    for key, array in values.items():
        rows = mask.reshape(-1, *[1] * (array.ndim - 1))
        infos |= {key: array if mask.all() else np.where(rows, array, 0), f"_{key}": mask.copy()}
    return infos


def groups_to_arrays(groups: Sequence[Group]) -> dict[str, NDArray[Any]]:
    """Return the state of all groups as arrays by name."""
    if len(groups) == 1:
        return groups[0].batch.state()
    members = np.zeros(sum(len(group.flights) for group in groups), np.int64)
    arrays: dict[str, NDArray[Any]] = {}
    for number, (batch, index) in enumerate(groups):
        members[index] = number
        arrays |= {f"group{number}.{name}": array for name, array in batch.state().items()}
    return {**arrays, "groups": members}


def groups_from_arrays(
    arrays: Mapping[str, NDArray[Any]], template: FlightBatch, flights: int
) -> list[Group]:
    """Return the groups of a result of ``groups_to_arrays``; the template is one without state."""
    members = np.asarray(arrays.get("groups", np.zeros(flights, np.int64)))
    groups = []
    for number in range(int(members.max()) + 1):
        begin = f"group{number}." if "groups" in arrays else ""
        own = {k.removeprefix(begin): v for k, v in arrays.items() if k.startswith(begin)}
        index, batch = np.flatnonzero(members == number), template.copy()
        batch.restore(own, len(index))
        groups.append(Group(batch, index))
    return groups
