"""What campaigns can spend over a flight under their ramps, and ramps that yield.

The least and the most that a campaign can spend follow from its live budget (`levels`). The set is
empty if and only if the tree of sums is, with these as bounds of the campaigns. A default ramp
yields: it is widened, for the campaigns concerned alone, to the least at which the node fits. Any
other ramp is refused with both numbers.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.display import shortened
from ...data.errors import ConstraintError, bound_error, with_setting
from ...data.types import Floats
from .levels import continuation
from .money import displayed

if TYPE_CHECKING:
    from .constraints import Constraints

_FAR = 1e12  # multiple of the course that stands for "as much as the ramp allows"
_SLACK = 1e-9  # share of the total by which a bound may be missed: rounding
_WIDEST = 1e4  # share of the level per change to which a ramp may widen
_FREELY = 5.0  # share per change above which a note says that levels may rise freely
_ROUNDS = 60  # halvings of the interval in which it lies
_MARGIN = 1.02  # a widened ramp is wider by this factor than the least that suffices


class _Miss(NamedTuple):
    """A node that its campaigns' ramps do not let reach its bound."""

    node: str
    campaigns: NDArray[np.bool_]  # below the node, (campaigns,)
    bound: str  # "floor", "cap", "total"
    wanted: float  # cents
    reached: float  # cents: the most that can be spent, or the least for a cap
    rising: bool  # True: levels cannot rise fast enough; False: they cannot fall fast enough


def reach(constraints: "Constraints") -> tuple[Floats, Floats]:
    """Return the least and the most that each campaign can spend, cents, (campaigns,) each."""
    course = constraints.continued
    level = constraints.arrays(np.zeros(1)).live[None]
    none = np.zeros(level.shape, np.int64)
    ends = (np.zeros_like(level), np.full_like(level, _FAR))
    least, most = (100 * continuation(course, 0, level, none, m).total[0] for m in ends)
    return least, most


def with_rhythm(constraints: "Constraints", rhythm: Floats) -> "Constraints":
    """Return the set whose ramps are measured against a rhythm of the week, (days, campaigns) > 0.

    Raises:
        ConstraintError: as `reachable`.
    """
    return reachable(replace(constraints, rhythm=np.round(rhythm, 4)))


def reachable(constraints: "Constraints") -> "Constraints":
    """Return the set if ramps and money fit, or with ramps widened where they yield.

    Raises:
        ConstraintError: naming the node and both amounts, if a ramp that does not yield keeps it
            from its floor, its cap or the total.
    """
    if not constraints.is_continued:
        return constraints
    miss = next(_misses(constraints), None)
    rounds = 4 * len(constraints.names) + 4
    while miss is not None:
        ramp, rounds = constraints.ramp, rounds - 1
        if ramp is None or not ramp.yields or rounds < 0:
            raise _refusal(constraints, miss)
        constraints = _widened(constraints, miss)
        miss = next(_misses(constraints), None)
    return constraints


def _misses(constraints: "Constraints") -> Iterator[_Miss]:
    least, most = reach(constraints)
    slack = _SLACK * constraints.total_cents
    owners, count = constraints.tree.parents[1], len(constraints.names)
    floors, caps = (np.asarray(part[1], np.float64) for part in _bounds(constraints))
    for k, name in enumerate(constraints.names):
        one = np.arange(count) == k
        if most[k] < floors[k] - slack:
            yield _Miss(name, one, "floor", floors[k], most[k], True)
        if least[k] > caps[k] + slack:
            yield _Miss(name, one, "cap", caps[k], least[k], False)
    low, high = np.maximum(least, floors), np.minimum(most, caps)
    floors, caps = (np.asarray(part[0], np.float64) for part in _bounds(constraints))
    channels = np.bincount(owners, low), np.bincount(owners, high)
    for c, name in enumerate(constraints.channels):
        inside = owners == c
        if channels[1][c] < floors[c] - slack:
            yield _Miss(name, inside, "floor", floors[c], channels[1][c], True)
        if channels[0][c] > caps[c] + slack:
            yield _Miss(name, inside, "cap", caps[c], channels[0][c], False)
    everything, total = np.ones(count, bool), float(constraints.total_cents)
    most_of_all = float(np.minimum(channels[1], caps).sum())
    if constraints.spend_all and most_of_all < total - slack:
        yield _Miss("total", everything, "total", total, most_of_all, True)
    least_of_all = float(np.maximum(channels[0], floors).sum())
    if least_of_all > total + slack:
        yield _Miss("total", everything, "total", total, least_of_all, False)


def _bounds(constraints: "Constraints") -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    floors, caps = constraints.floor_cents, constraints.cap_cents
    return (floors[0], floors[1]), (caps[0], caps[1])  # type: ignore[return-value]


def _widened(constraints: "Constraints", miss: _Miss) -> "Constraints":
    """Return the set with the ramps below a node as wide as the node needs at least."""
    ramp = constraints.ramp
    if ramp is None:
        return constraints

    def with_share(share: float) -> "Constraints":
        side = "up" if miss.rising else "down"
        wider = np.maximum(getattr(ramp, side), share)
        changed = {side: np.where(miss.campaigns, wider, getattr(ramp, side))}
        return replace(
            constraints,
            ramp=ramp._replace(yielded=ramp.yielded | miss.campaigns, **changed),
        )

    def fits(share: float) -> bool:
        return not any(
            other.node == miss.node and other.rising == miss.rising
            for other in _misses(with_share(share))
        )

    free, widest = (np.inf, _WIDEST) if miss.rising else (1.0, 1.0)
    if not fits(free):
        raise _refusal(constraints, miss)
    found = min(_least(fits, widest) * _MARGIN, free) if fits(widest) else free
    wide = with_share(found)
    start = f"{_name(miss)}: its {miss.bound} of "  # a wider ramp for another rhythm replaces it
    notes = [note for note in wide.notes if not note.startswith(start)]
    return replace(wide, notes=(*notes, _note(constraints, miss, found)))


def _least(fits: Callable[[float], bool], widest: float) -> float:
    low, high = np.log(1e-3), np.log(widest)
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        low, high = (low, middle) if fits(float(np.exp(middle))) else (middle, high)
        if high - low < 1e-6:
            break
    return float(np.exp(high))


def _note(constraints: "Constraints", miss: _Miss, share: float) -> str:
    bound, live = _amounts(constraints, miss)
    verb = "rise" if miss.rising else "fall"
    speed = "freely" if share > _FREELY else f"by up to {share:.1%} per change"
    return (
        f"{_name(miss)}: its {miss.bound} of {bound} is out of reach of the default ramp from "
        f"{live} a day; the ramp yields, and levels there may {verb} {speed}."
    )


def _refusal(constraints: "Constraints", miss: _Miss) -> ConstraintError:
    bound, live = _amounts(constraints, miss)
    unit = constraints.quantum
    reached = displayed(round(miss.reached / unit) * unit, constraints.currency)
    start, side = f" from {live} a day", "up" if miss.rising else "down"
    fix, key = f"widen the ramp {side}", f"constraints.ramp.{side} says how fast levels may change"
    if constraints.ramp is not None:
        shares = (constraints.ramp.up if miss.rising else constraints.ramp.down)[miss.campaigns]
        rule = f"a ramp of {100 * float(shares.max()):g} %"
    elif constraints.may_change is not None:
        rule, fix = "change days", "allow more change days"
        key = "constraints.changes lists them"
    else:
        rule, start = "the bounds of its days", ""
        fix = "change the calendar, the locks or the daily floors"
        key = "constraints.calendar, locks and daily_floor hold them"
    able = f"at most {reached}" if miss.rising else f"no less than {reached}"
    lower = "lower the floor or the total" if miss.rising else "raise the cap or the total"
    return bound_error(
        with_setting(
            f"{_name(miss)}: its {miss.bound} of {bound} is out of reach: with {rule}{start} it "
            f"can spend {able} in {constraints.days} days; {fix}, or {lower}.",
            key,
        ),
        *(miss.node, miss.bound, miss.wanted / 100, miss.reached / 100),
    )


def _amounts(constraints: "Constraints", miss: _Miss) -> tuple[str, str]:
    """Return the bound and the live budgets of a node as text, in whole units of planning."""
    live, unit = constraints.live_cents, constraints.quantum
    live_cents = 0 if live is None else int(live[miss.campaigns].sum())
    wanted, live_cents = (round(amount / unit) * unit for amount in (miss.wanted, live_cents))
    return displayed(wanted, constraints.currency), displayed(live_cents, constraints.currency)


def _name(miss: _Miss) -> str:
    return miss.node if miss.node == "total" else shortened(miss.node)
