"""The constraint set of the days that are left, after what was really spent.

What was spent is a fact. A floor is owed less by it, a cap has less room, and an overspent cap
counts as met. Where overspend or days without delivery put a floor or the total out of reach, it is
lowered to what is still possible, and `Constraints.notes` says by how much.
"""

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...data.display import shortened
from ...data.errors import ConstraintError
from .constraints import Constraints
from .money import displayed
from .reach import reach, reachable
from .rules import Cents

Kind = TypeVar("Kind", bound=np.generic)


def rest_of(constraints: Constraints, spent: Cents, live: Cents | None = None) -> Constraints:
    """Return the constraint set of the remaining days as a flight of its own.

    Args:
        constraints: the set of the whole flight.
        spent: cents on the days that are over, (days so far, campaigns), less than the flight's
            days; none at all returns the set as it is.
        live: cents per day set on the last of them, (campaigns,); the ramps go on from there. None:
            what was spent on it, over its rhythm.

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
        notes=(),
        rhythm=_later(constraints.rhythm, over),
        may_change=_later(constraints.may_change, over),
        day_floor_cents=_later(constraints.day_floor_cents, over),
        day_cap_cents=_later(constraints.day_cap_cents, over),
        passed_over=_later(constraints.passed_over, over),
        course=_later(constraints.course, over),
    )
    if rest.day_floor_cents is not None:
        most = rest.daily_cap_cents if rest.day_cap_cents is None else rest.day_cap_cents
        rest = replace(rest, day_floor_cents=np.minimum(rest.day_floor_cents, most))
    return _possible(rest)


def _later(table: NDArray[Kind] | None, over: int) -> NDArray[Kind] | None:
    """Return the days of a table that are left."""
    return None if table is None else table[over:]


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
    if rest.ramp is not None and _falls_too_slowly(rest, least):
        down = np.ones(len(rest.names))
        note = "More was spent than planned: levels fall faster than the ramp so that money lasts."
        rest = replace(rest, ramp=rest.ramp._replace(down=down), notes=(*rest.notes, note))
        least, most = _ends(rest)
    if rest.ramp is not None and rest.ramp.yields and rest.total_cents:
        try:
            return reachable(_lowered(rest, np.full(len(rest.names), np.inf)))
        except ConstraintError:
            pass  # what even a wide ramp does not reach is lowered
    return _lowered(rest, most)


def _ends(rest: Constraints) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the most that campaigns can spend by their days and ramps, cents."""
    if rest.has_levels and rest.total_cents:
        return reach(rest)
    days = rest.daily_cap_cents * rest.days
    most = days if rest.day_cap_cents is None else rest.day_cap_cents.sum(0)
    return 0.0 * days, np.minimum(most, days).astype(np.float64)


def _falls_too_slowly(rest: Constraints, least: np.ndarray) -> bool:
    channels = np.bincount(rest.tree.parents[1], least, len(rest.channels))
    return bool(
        (least > rest.cap_cents[1] + 1).any()
        or (channels > rest.cap_cents[0] + 1).any()
        or least.sum() > rest.total_cents + 1
    )


def _lowered(rest: Constraints, most: np.ndarray) -> Constraints:
    """Return the set with floors that caps, days and the total leave room for."""
    owners, days = rest.tree.parents[1], rest.daily_cap_cents * rest.days
    room = np.floor(np.minimum(np.minimum(rest.cap_cents[1], days), most)).astype(np.int64)
    campaign = np.minimum(rest.floor_cents[1], room)
    campaign = _fitting(campaign, rest.cap_cents[0], owners)
    channel = np.minimum(np.minimum(rest.floor_cents[0], rest.cap_cents[0]), _sums(room, owners))
    inside = np.maximum(channel, _sums(campaign, owners))
    if inside.sum() > rest.total_cents:
        scaled = inside * rest.total_cents // max(int(inside.sum()), 1)
        channel = np.minimum(channel, scaled)
        campaign = _fitting(campaign, scaled, owners)
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


def _fitting(floors: Cents, most: Cents, owners: np.ndarray) -> Cents:
    """Return the campaigns' floors, lowered in proportion where a channel has less room."""
    sums = _sums(floors, owners)
    over = sums > most
    if not over.any():
        return floors
    scaled = floors * most[owners] // np.maximum(sums, 1)[owners]
    return np.where(over[owners], scaled, floors)


def _notes(rest: Constraints, names: tuple[str, ...], before: Cents, after: Cents) -> list[str]:
    show = rest.currency
    return [
        f"{shortened(name)}: of its floor {displayed(int(b), show)} are still owed and only "
        f"{displayed(int(a), show)} can be spent in the {rest.days} days left."
        for name, b, a in zip(names, before, after, strict=True)
        if a < b
    ]
