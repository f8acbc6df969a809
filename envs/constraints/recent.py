"""Daily caps at a multiple of what a campaign has spent lately, for campaigns with a history.

`most_times_recent: 3` caps every campaign's day at three times the dearest day of the last weeks or
of the same season of an earlier year, and a campaign without recent spend at its floor. Floors win:
a campaign's cap is never below its floor, those of a channel's campaigns are raised together until
the channel's floor fits, and those of all campaigns until the total does. What was raised is said
in `Constraints.notes`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.display import shortened
from ...data.types import Floats
from .feasibility import require_feasible
from .money import displayed, refused

if TYPE_CHECKING:
    from .constraints import Constraints

_LEAST, _MOST = 1, 1000  # multiples that the key allows
_MAX_FACTOR = 1e15  # factor by which caps are raised at most: from a cent to any total
_HEADROOM = 1.25  # factor on caps that floors or the total raised, with a ramp
_ROUNDS = 100  # halvings of the interval in which that factor lies
_MAX_NAMES = 5  # campaigns that a note names


class KnownSpend(NamedTuple):
    """Largest daily spend of the campaigns, (campaigns,) each, in units of the currency."""

    recent: Floats  # of the last weeks; 0 for a campaign without recent spend
    known: Floats  # of the last weeks or of the flight's season in earlier years, the larger
    ever: Floats  # of the whole history


def times_of(value: Any) -> float | None:
    """Read the key `most_times_recent`.

    Raises:
        ConfigError: if it is neither null nor a number that is allowed.
    """
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not _LEAST <= value <= _MOST:
        allowed = f"a number from {_LEAST} to {_MOST}, or null for no cap"
        raise refused("most_times_recent", value, allowed, "start from 3")
    return float(value)


def with_recent_caps(
    constraints: "Constraints", times: float, spend: KnownSpend, has_ramp: bool = False
) -> "Constraints":
    """Return the set with a daily cap per campaign at a multiple of its recent spend.

    Args:
        constraints: a feasible set.
        times: multiple of the dearest recent day, >= 1.
        spend: what the campaigns have spent.
        has_ramp: True: a cap that a floor or the total raised is raised a little further, so that
            later days can make up for those on which the ramp has not reached it.

    Returns:
        A feasible set: other caps stay, and its notes name every cap that floors or the total
        raised. `recent_caps` are the campaigns whose daily cap is new.
    """
    unit = constraints.quantum * constraints.days  # cents over the flight of the smallest cap
    room = _Room.of(constraints, times, spend)
    caps, notes = room.clipped(room.wanted), _floor_notes(constraints, room, times)
    for raise_caps in (_for_channels, _for_total):
        caps, more = raise_caps(constraints, caps, room, spend, times)
        notes += more
    if has_ramp:
        caps = np.where(caps > room.wanted, np.clip(caps * _HEADROOM, caps, room.limits), caps)
    daily = (np.ceil(caps / unit - 1e-9) * constraints.quantum).astype(np.int64)
    daily = np.minimum(daily, constraints.daily_cap_cents)
    guarded = replace(
        constraints,
        daily_cap_cents=daily,
        recent_caps=daily < constraints.daily_cap_cents,
        notes=(*constraints.notes, *notes),
    )
    require_feasible(guarded)
    return guarded


class _Room(NamedTuple):
    """What the set allows the campaigns over the flight, in cents, (campaigns,) each."""

    wanted: Floats  # caps by recent spend alone
    floors: Floats  # in whole units per day, so that a daily cap can hold them
    limits: Floats  # caps that can be of use: daily caps, and caps over the flight spread evenly
    most: Floats  # caps over the flight
    live: NDArray[np.bool_]  # campaigns with recent spend
    weights: Floats  # in which proportion the others share what must be spent on them

    @classmethod
    def of(cls, constraints: "Constraints", times: float, spend: KnownSpend) -> "_Room":
        unit = constraints.quantum * constraints.days
        live = spend.recent > 0
        wanted = np.floor(100 * times * spend.known / constraints.quantum + 1e-9) * unit * live
        most = constraints.cap_cents[1].astype(np.float64)
        even = np.maximum(wanted, np.ceil(most / unit) * unit)
        limits = np.minimum(constraints.daily_cap_cents * float(constraints.days), even)
        floors = np.minimum(np.ceil(constraints.floor_cents[1] / unit) * unit, limits)
        return cls(wanted, floors, limits, most, live, spend.ever + 1e-6)

    def clipped(self, caps: Floats) -> Floats:
        """Return caps not below the floors and not above the limits."""
        return np.minimum(np.maximum(caps, self.floors), self.limits)


def _for_channels(
    constraints: "Constraints", caps: Floats, room: _Room, spend: KnownSpend, times: float
) -> tuple[Floats, list[str]]:
    """Return the caps, raised where a channel's floor does not fit under them, and notes."""
    notes = []
    for c, floor in enumerate(constraints.floor_cents[0]):
        inside = constraints.tree.parents[1] == c

        def spendable(some: Floats, inside: NDArray[np.bool_] = inside) -> float:
            return float(np.minimum(some, room.most)[inside].sum())

        if spendable(caps) < floor:
            caps = _raised(caps, inside, room, spendable, floor)
            notes.append(_channel_note(constraints, c, int(floor), times))
    return caps, notes


def _for_total(
    constraints: "Constraints", caps: Floats, room: _Room, spend: KnownSpend, times: float
) -> tuple[Floats, list[str]]:
    """Return the caps, raised if the total cannot be spent under them, and notes."""
    owners, limits = constraints.tree.parents[1], constraints.cap_cents[0]

    def spendable(some: Floats) -> float:
        sums = np.bincount(owners, np.minimum(some, room.most), len(limits))
        return float(np.minimum(sums, limits).sum())

    if not constraints.spend_all or spendable(caps) >= constraints.total_cents:
        return caps, []
    every = np.ones(len(caps), bool)
    enough = _raised(caps, every, room, spendable, constraints.total_cents)
    multiples = enough / constraints.days / 100 / np.maximum(spend.known, 1e-9)
    reached = multiples[room.live & (enough > caps)].max(initial=0.0)
    return enough, [_total_note(constraints, float(reached), times)]


def _raised(
    caps: Floats,
    some: NDArray[np.bool_],
    room: _Room,
    spendable: Callable[[Floats], float],
    least: float,
) -> Floats:
    """Return the caps, raised by one factor until ``least`` can be spent under them.

    Campaigns without recent spend, whose cap is their floor, are raised only if the others at their
    limits leave something to be spent.

    Args:
        caps: cents over the flight, (campaigns,).
        some: campaigns whose caps may be raised.
        room: floors and limits of the set.
        spendable: returns the cents that can be spent under caps.
        least: cents that must be spendable; they are without caps.
    """
    live = some & room.live

    def scaled(factor: float) -> Floats:
        return np.maximum(caps, room.clipped(factor * room.wanted * live))

    full = np.where(live, room.limits, caps)
    if spendable(full) < least:
        unit = np.where(some & ~live, room.weights, 0.0)

        def opened(factor: float) -> Floats:
            return np.maximum(full, room.clipped(factor * unit))

        return _least(opened, spendable, least, np.where(some, room.limits, caps))
    return _least(scaled, spendable, least, full)


def _least(
    raised: Callable[[float], Floats],
    spendable: Callable[[Floats], float],
    least: float,
    full: Floats,
) -> Floats:
    """Return the caps of the least factor under which ``least`` can be spent, by bisection."""
    low, high = np.log(1e-9), np.log(_MAX_FACTOR)
    if spendable(raised(float(np.exp(high)))) < least:
        return full
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if spendable(raised(float(np.exp(middle)))) < least:
            low = middle
        else:
            high = middle
    return raised(float(np.exp(high)))


def _floor_notes(constraints: "Constraints", room: _Room, times: float) -> list[str]:
    above = (room.floors > room.wanted) & room.live
    if not above.any():
        return []
    names = [name for name, is_above in zip(constraints.names, above, strict=True) if is_above]
    return [
        f"WARNING: the floors of {_listed(names)} are above the cap at {times:g} times a "
        "campaign's dearest recent day and win: they force more than that."
    ]


def _channel_note(constraints: "Constraints", c: int, floor: int, times: float) -> str:
    channel = shortened(constraints.channels[c])
    return (
        f"WARNING: {channel}: its floor of {displayed(floor, constraints.currency)} does not fit "
        f"under the cap at {times:g} times the dearest recent day of its campaigns and wins: the "
        "floor forces the plan beyond that."
    )


def _total_note(constraints: "Constraints", reached: float, times: float) -> str:
    total = displayed(constraints.total_cents, constraints.currency)
    return (
        f"WARNING: the total of {total} cannot be spent under the cap at {times:g} times a "
        f"campaign's dearest recent day: the caps are raised, up to {reached:.1f} times. To keep "
        "them, lower the total, or make it the most that may be spent instead of the exact sum."
    )


def _listed(names: list[str]) -> str:
    more = len(names) - _MAX_NAMES
    shown = [shortened(name) for name in names[:_MAX_NAMES]]
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
