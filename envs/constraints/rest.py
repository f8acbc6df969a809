"""The constraint set of the days that are left, after what was really spent.

What was spent is a fact. A floor is owed less by it, a cap has less room, and an overspent cap
counts as met. Where overspend or days without delivery put a floor or the total out of reach, it is
lowered to what is still possible, and `Constraints.notes` says by how much.
"""

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...data.display import shortened
from ...data.errors import ConstraintError
from ...data.types import Floats
from .constraints import Constraints
from .money import displayed
from .reach import reach, reachable
from .rules import Cents, Ramp

Kind = TypeVar("Kind", bound=np.generic)


def rest_of(constraints: Constraints, spent: Cents, live: Cents | None = None) -> Constraints:
    """Return the constraint set of the remaining days as a flight of its own.

    Args:
        constraints: the set of the whole flight.
        spent: cents on the days that are over, (days so far, campaigns), less than the flight's
            days; none at all returns the set as it is.
        live: cents per day set on the last of them, (campaigns,); the ramps go on from there. None:
            what was spent on it, over its rhythm. A limit of change goes on from there too.

    Returns:
        A feasible set; its total may be 0.
    """
    over = len(spent)
    if over == 0 and live is None:
        return constraints
    if over >= constraints.days:
        raise ConstraintError(f"{over} of {constraints.days} days are over: no day is left to plan")
    so_far = spent.sum(0)
    by_channel = np.zeros(len(constraints.channels), np.int64)
    np.add.at(by_channel, constraints.tree.parents[1], so_far)
    left = max(constraints.total_cents - int(so_far.sum()), 0)
    parts = list(
        zip((by_channel, so_far), constraints.floor_cents, constraints.cap_cents, strict=True)
    )
    floors = [np.maximum(floor - used, 0) for used, floor, _ in parts]
    caps = [np.minimum(np.maximum(cap - used, 0), left) for used, _, cap in parts]
    rest = replace(
        constraints,
        days=constraints.days - over,
        total_cents=left,
        floor_cents=(floors[0], floors[1]),
        cap_cents=(caps[0], caps[1]),
        daily_cap_cents=np.minimum(constraints.daily_cap_cents, left),
        live_cents=_live(constraints, spent, live),
        live_rounding=constraints.quantum if over else constraints.live_rounding,
        notes=(),
        rhythm=_later(constraints.rhythm, over),
        may_change=_later(constraints.may_change, over),
        day_floor_cents=_later(constraints.day_floor_cents, over),
        day_cap_cents=_later(constraints.day_cap_cents, over),
        passed_over=_later(constraints.passed_over, over),
        course=_later(constraints.course, over),
    )
    if constraints.change_limit is not None and over:
        rest = _under_ramp(rest, constraints.change_limit, spent[-1] if live is None else live)
    before = rest.day_floor_cents
    if rest.day_cap_cents is not None:
        rest = replace(rest, day_cap_cents=np.minimum(rest.day_cap_cents, rest.daily_cap_cents))
    if rest.day_floor_cents is not None:
        most = rest.daily_cap_cents if rest.day_cap_cents is None else rest.day_cap_cents
        rest = replace(rest, day_floor_cents=np.minimum(rest.day_floor_cents, most))
        changed: Any = np.asarray(rest.day_floor_cents != before).any(0)
        rest = replace(rest, notes=_lower_days(rest, changed)) if changed.any() else rest
    return _possible(rest)


def _later(table: NDArray[Kind] | None, over: int) -> NDArray[Kind] | None:
    """Return the days of a table that are left."""
    return None if table is None else table[over:]


def _under_ramp(rest: Constraints, limit: float, last: Cents) -> Constraints:
    """Return the set whose limit of change holds from the last day on, as a ramp against it."""
    share, unit = np.full(len(last), limit), np.zeros(len(last), np.int64)
    ramp = Ramp(share, np.minimum(share, 1), unit, unit.astype(bool))
    return replace(rest, change_limit=None, ramp=ramp, live_cents=np.asarray(last, np.int64))


def _live(constraints: Constraints, spent: Cents, live: Cents | None) -> Cents | None:
    if live is not None:
        return np.asarray(live, np.int64)
    if constraints.live_cents is None or not len(spent):
        return constraints.live_cents
    last = len(spent) - 1
    rhythm = 1.0 if constraints.rhythm is None else constraints.rhythm[last]
    level = np.rint(spent[last] / rhythm).astype(np.int64)
    if constraints.passed_over is not None:
        level = np.where(constraints.passed_over[last], constraints.live_cents, level)
    return np.asarray(level)


def _possible(rest: Constraints) -> Constraints:
    """Return the set with floors and the total lowered to what can still be spent."""
    least, most = _ends(rest)
    if rest.has_levels and _is_too_much(rest, least):
        rest = _falling_freely(rest)
        least, most = _ends(rest)
    if rest.day_floor_cents is not None and _is_too_much(rest, least):
        rest = _with_lower_days(rest, least)
        least, most = _ends(rest)
    if rest.ramp is not None and rest.ramp.yields and rest.total_cents:
        try:
            return reachable(_lowered(rest, least, np.full(len(rest.names), np.inf)))
        except ConstraintError:
            pass  # what even a wide ramp does not reach is lowered
    return _lowered(rest, least, most)


def _ends(rest: Constraints) -> tuple[Floats, Floats]:
    """Return the least and the most that campaigns can spend by their days and ramps, cents."""
    if rest.is_continued and rest.total_cents:
        return reach(rest)
    days = (rest.daily_cap_cents * rest.days).astype(np.float64)
    return 0 * days, days


def _is_too_much(rest: Constraints, least: Floats) -> bool:
    """Return True if the least that can be spent is above a cap or the total."""
    channels = np.bincount(rest.tree.parents[1], least, len(rest.channels))
    return bool(
        (least > rest.cap_cents[1] + 1).any()
        or (channels > rest.cap_cents[0] + 1).any()
        or least.sum() > rest.total_cents + 1
    )


def _falling_freely(rest: Constraints) -> Constraints:
    """Return the set whose levels may fall at once: money wins over ramps and change days."""
    note = "Little money is left: levels fall faster than the ramp so that money lasts."
    may_change, first = rest.may_change, 1
    if rest.passed_over is not None:  # until each level had a day on which it can fall
        first = int((~rest.passed_over).argmax(0).max()) + 1
    if may_change is not None and not may_change[:first].all():
        may_change = np.concatenate([np.ones(first, bool), may_change[first:]])
        note = (
            "Little money is left: budgets change today, which is no change day, so that "
            "money lasts."
            if first == 1
            else f"Little money is left: budgets may change on the next {first} days, "
            "change days or not, so that money lasts."
        )
    down = np.ones(len(rest.names))
    ramp = None if rest.ramp is None else rest.ramp._replace(down=down)
    return replace(rest, ramp=ramp, may_change=may_change, notes=(*rest.notes, note))


def _with_lower_days(rest: Constraints, least: Floats) -> Constraints:
    """Return the set with the least of its days lowered in proportion to the money that is left."""
    owners = rest.tree.parents[1]
    fitting = np.minimum(least, rest.cap_cents[1])
    channels = np.bincount(owners, fitting, len(rest.channels))
    fitting = fitting * np.minimum(1, rest.cap_cents[0] / np.maximum(channels, 1))[owners]
    fitting = fitting * min(1.0, rest.total_cents / max(float(fitting.sum()), 1.0))
    share = np.where(least > 0, fitting / np.maximum(least, 1), 1.0)
    floors = np.floor(share * rest.day_floor_cents).astype(np.int64)
    notes = _lower_days(rest, share < 1)
    return replace(rest, day_floor_cents=floors, notes=(*rest.notes, *notes))


def _lower_days(rest: Constraints, lower: NDArray[np.bool_]) -> tuple[str]:
    """Return what is said where the least of days is lowered, (campaigns,)."""
    names = ", ".join(shortened(rest.names[k]) for k in np.flatnonzero(lower))
    return (f"{names}: too little money is left for the least of each day, which is lowered.",)


def _lowered(rest: Constraints, least: Floats, most: Floats) -> Constraints:
    """Return the set with floors that caps, days, ramps and the total leave room for.

    Args:
        rest: constraints of the days left.
        least: cents that campaigns spend at least, (campaigns,); within caps and the total.
        most: cents that they can spend at most, (campaigns,).
    """
    owners, days = rest.tree.parents[1], rest.daily_cap_cents * rest.days
    room = np.floor(np.minimum(np.minimum(rest.cap_cents[1], days), most)).astype(np.int64)
    base = np.minimum(np.ceil(least).astype(np.int64), room)
    campaign = np.minimum(rest.floor_cents[1], room)
    campaign = _fitting(campaign, base, rest.cap_cents[0], owners)
    channel = np.minimum(np.minimum(rest.floor_cents[0], rest.cap_cents[0]), _sums(room, owners))
    inside = np.maximum(channel, _sums(np.maximum(campaign, base), owners))
    if inside.sum() > rest.total_cents:
        bases = _sums(base, owners)
        over, free = int(inside.sum() - bases.sum()), rest.total_cents - int(bases.sum())
        scaled = bases + (inside - bases) * max(free, 0) // max(over, 1)
        channel = np.minimum(channel, scaled)
        campaign = _fitting(campaign, base, scaled, owners)
    rooms = np.minimum(_sums(room, owners), rest.cap_cents[0])
    spends_all = rest.spend_all and int(rooms.sum()) >= rest.total_cents
    notes = [
        *_notes(rest, rest.channels, rest.floor_cents[0], channel),
        *_notes(rest, rest.names, rest.floor_cents[1], campaign),
    ]
    if rest.spend_all and not spends_all:
        stays = displayed(rest.total_cents - int(rooms.sum()), rest.currency)
        notes.append(f"{stays} of the total cannot be spent any more under caps and ramps.")
    return replace(
        rest,
        floor_cents=(channel, campaign),
        spend_all=spends_all,
        notes=(*rest.notes, *notes),
    )


def _sums(campaigns: Cents, owners: np.ndarray) -> Cents:
    sums = np.zeros(int(owners.max()) + 1, np.int64)
    np.add.at(sums, owners, campaigns)
    return sums


def _fitting(floors: Cents, base: Cents, most: Cents, owners: np.ndarray) -> Cents:
    """Return the campaigns' floors, lowered in proportion where a channel has less room.

    What is spent in any case, ``base``, is not lowered.
    """
    low = np.maximum(floors, base)
    bases, sums = _sums(base, owners), _sums(low, owners)
    over = sums > most
    if not over.any():
        return floors
    free, above = np.maximum(most - bases, 0), np.maximum(sums - bases, 1)
    scaled = base + (low - base) * free[owners] // above[owners]
    return np.where(over[owners], np.minimum(floors, scaled), floors)


def _notes(rest: Constraints, names: tuple[str, ...], before: Cents, after: Cents) -> list[str]:
    show = rest.currency
    return [
        f"{shortened(name)}: of its floor {displayed(int(b), show)} are still owed and only "
        f"{displayed(int(a) // rest.quantum * rest.quantum, show)} can be spent in the "
        f"{f'{rest.days} days' if rest.days > 1 else 'day'} left."
        for name, b, a in zip(names, before, after, strict=True)
        if a < b
    ]
