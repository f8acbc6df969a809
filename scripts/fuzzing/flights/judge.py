"""A flight of a random constraint set, and whether it kept what it has to keep."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np

from mediagym.data.display import shortened
from mediagym.data.errors import MediaGymError
from mediagym.envs.constraints import Constraints, to_cents, violations
from mediagym.envs.synthetic import constraint_set

from .account import Account, live_flight, planned
from .days import Day, lived, requested

Outcome = Literal["kept", "refused", "broken", "stopped"]
POLICIES = ("static", "wanderer", "held")
_TROUBLES = (0.0, 0.2, 0.5)  # shares of days that go otherwise than planned
_NEAR = 1e-5  # dollars by which projected days may be off before they are cents
_LEVELS = 0.01  # dollars: a re-plan goes on from levels that were rounded to cents


class Verdict(NamedTuple):
    """What became of a case."""

    number: int
    outcome: Outcome  # broken: a constraint does not hold; stopped: an error during the flight
    reason: str
    days: int  # that were decided by the live engine
    policy: str = ""
    troubles: float = 0.0


def fly(account: Account, seed: int, number: int, live: bool = True) -> Verdict:
    """Draw a constraint set and fly it, in the environment and day by day in the live engine.

    Args:
        account: the advertiser.
        seed: seed of the cases.
        number: of the case.
        live: False: in the environment alone.
    """
    rng = np.random.default_rng((seed, number))
    case = constraint_set(rng, account.campaigns, first_day=account.first_day)
    try:
        constraints = case.parsed()
    except MediaGymError as error:
        return Verdict(number, "refused", str(error), 0)
    reason = next(_environment(constraints, rng), "")
    if reason:
        return Verdict(number, "broken", reason, 0)
    if not live:
        return Verdict(number, "kept", "", 0)
    try:
        constraints, cents = planned(constraints, rng)
    except MediaGymError as error:
        return Verdict(number, "refused", str(error), 0)
    policy, troubles = POLICIES[number % 3], float(rng.choice(_TROUBLES))
    flight = live_flight(account, constraints, cents, number, policy)
    decided = 0
    try:
        for day in lived(flight, rng, troubles):
            decided += 1
            reason = reason or next(
                (f"{day.number}: {line}" for line in _day(constraints, day)), ""
            )
    except (MediaGymError, AssertionError) as error:
        line = f"{decided}: {type(error).__name__}: {error}"
        return Verdict(number, "stopped", line, decided, policy, troubles)
    if not troubles and not reason:
        spend = flight.reports.spend / 100
        reason = next(iter(violations(_without_band(constraints), spend, 2 * _LEVELS)), "")
    return Verdict(number, "broken" if reason else "kept", reason, decided, policy, troubles)


def _without_band(constraints: Constraints) -> Constraints:
    """Return the set without the band of day totals, which binds a policy's days only alone."""
    if not constraints.is_continued:
        return constraints
    return replace(constraints, pacing=(0.0, float(constraints.days)))


def _environment(constraints: Constraints, rng: np.random.Generator) -> Iterator[str]:
    """Yield what random flights in the environment break."""
    limits = _without_band(constraints)
    plans = requested(constraints, rng).swapaxes(0, 1)
    for plan in plans:
        yield from violations(limits, plan, _NEAR)
    try:
        cents = to_cents(plans[0], limits)
    except MediaGymError as error:
        yield str(error)
        return
    yield from violations(limits, cents)
    if constraints.spend_all and cents.sum() != constraints.total_cents:
        yield f"{cents.sum()} cents of {constraints.total_cents}"


def _day(constraints: Constraints, day: Day) -> Iterator[str]:
    """Yield what the decision of a day breaks of the rules of the whole flight."""
    left = max(constraints.total_cents - int(day.spent.sum()), 0)
    rest, planned_cents = day.rest, int(day.plan.sum())
    if (day.today != day.plan[0]).any() or (day.plan < 0).any():
        yield "what is set today is not the first day of the plan, or is negative"
    if planned_cents > left or (rest.spend_all and planned_cents != left):
        yield f"{planned_cents} cents are planned of {left} that are left"
    if constraints.spend_all and planned_cents != left and not rest.notes:
        yield f"{left - planned_cents} cents stay without a word"
    if left:
        yield from violations(rest, day.plan)
    yield from _bounds_of_days(constraints, day, left)
    yield from _bounds_of_nodes(constraints, day)


def _bounds_of_days(constraints: Constraints, day: Day, left: int) -> Iterator[str]:
    t, names, said = day.number, constraints.names, " ".join(day.rest.notes)
    cap = constraints.daily_cap_cents
    if constraints.day_cap_cents is not None:
        cap = np.minimum(cap, constraints.day_cap_cents[t])
    for k in np.flatnonzero(day.today > cap):
        yield f"{names[k]}: {day.today[k]} cents are above the most of the day, {cap[k]}"
    if constraints.day_floor_cents is not None and left:
        floor = constraints.day_floor_cents[t]
        for k in np.flatnonzero(day.today < floor):
            if shortened(names[k]) not in said:
                yield f"{names[k]}: {day.today[k]} cents are below the least of the day, {floor[k]}"


def _bounds_of_nodes(constraints: Constraints, day: Day) -> Iterator[str]:
    owners, said = constraints.tree.parents[1], " ".join(day.rest.notes)
    sums = day.spent, day.plan.sum(0)
    for level, names in enumerate((constraints.channels, constraints.names)):
        spent, more = sums
        if level == 0:
            spent, more = (np.bincount(owners, part).astype(np.int64) for part in sums)
        floor, cap = constraints.floor_cents[level], constraints.cap_cents[level]
        for k in np.flatnonzero((spent + more > cap) & (more > 0)):
            yield f"{names[k]}: {spent[k]} and {more[k]} cents are above its cap, {cap[k]}"
        for k in np.flatnonzero(spent + more < floor):
            if shortened(names[k]) not in said:
                yield f"{names[k]}: {spent[k]} and {more[k]} cents miss its floor, {floor[k]}"
