"""Constraint violations of a plan, by a checker that shares no code with the projection.

Whole cents (an integer array) are checked exactly: total, floors, caps and daily caps, to the cent.
Pacing and changes from day to day are ratios that cents cannot meet exactly; they may be off by
what rounding explains: one cent for the day itself, plus one cent times the ratio for the amount it
is compared with (one unit in a currency without decimals, whose plans are rounded to whole units).
Amounts in units of the currency (a float array) are checked to a tolerance.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .constraints import Constraints
from .money import displayed

Numbers = NDArray[Any]

_TOLERANCE = 1e-9  # share of the total that a plan in dollars may be off


def violations(
    constraints: Constraints, plan: Numbers, tolerance: float | None = None
) -> list[str]:
    """Return a plan's violations, one readable line each; empty if there are none.

    Args:
        constraints: the set.
        plan: (days, campaigns), whole cents if of an integer dtype, else dollars.
        tolerance: dollars that a plan in dollars may be off; 1e-9 of the total if absent.
    """
    return [
        _line(check, tuple(int(i) for i in spot), constraints.currency)
        for check in _checks(
            constraints, _in_cents(plan)[None], _slack(constraints, plan, tolerance)
        )
        for spot in np.argwhere(check.violated)
    ]


def count_violations(
    constraints: Constraints, plans: Numbers, tolerance: float | None = None
) -> NDArray[np.int64]:
    """Return the number of violated bounds per plan.

    Args:
        constraints: the set.
        plans: (..., days, campaigns), whole cents if of an integer dtype, else dollars.
        tolerance: dollars that a plan in dollars may be off; 1e-9 of the total if absent.

    Returns:
        (...,) counts.
    """
    flat = _in_cents(plans).reshape(-1, *plans.shape[-2:])
    slack = _slack(constraints, plans, tolerance)
    counts = np.zeros(len(flat), np.int64)
    for check in _checks(constraints, flat, slack):
        counts += check.violated.reshape(len(flat), -1).sum(1)
    return counts.reshape(plans.shape[:-2])


class _Check(NamedTuple):
    """One kind of bound, checked on many plans at once."""

    violation: str  # "below its floor"
    names: tuple[Sequence[str], ...]  # names along each axis after the first, which is plans
    spent: Numbers  # cents, (plans, ...)
    bound: Numbers  # cents, broadcast to the same
    violated: NDArray[np.bool_]  # the same shape as spent


def _in_cents(plan: Numbers) -> Numbers:
    if np.issubdtype(plan.dtype, np.integer):
        return plan.astype(np.int64)
    return np.asarray(plan, np.float64) * 100


def _slack(constraints: Constraints, plan: Numbers, tolerance: float | None) -> float:
    """Cents by which exact bounds may be off: 0 for whole cents."""
    if np.issubdtype(plan.dtype, np.integer):
        return 0.0
    return 100 * (_TOLERANCE * constraints.total if tolerance is None else tolerance)


def _checks(constraints: Constraints, cents: Numbers, slack: float) -> Iterator[_Check]:
    yield from _total(constraints, cents, slack)
    yield from _flight(constraints, cents, slack)
    days = [f"day {day + 1}" for day in range(cents.shape[1])]
    cells = (days, constraints.names)
    yield _lower_bound("below", cells, cents, np.zeros(1), slack)
    yield _upper_bound("above its daily cap", cells, cents, constraints.daily_cap_cents, slack)
    if constraints.day_floor_cents is not None:
        least = constraints.day_floor_cents
        yield _lower_bound("below the least of that day", cells, cents, least, slack)
    if constraints.day_cap_cents is not None:
        yield _upper_bound(
            "above the most of that day", cells, cents, constraints.day_cap_cents, slack
        )
    rounding = float(constraints.quantum) if slack == 0 else 0.0
    yield from _pacing(constraints, cents, days, slack, rounding)
    if constraints.change_limit is not None and len(days) > 1:
        limit, before = constraints.change_limit, cents[:, :-1]
        cells = (days[1:], constraints.names)
        slack += rounding * (2 + limit)
        change = f"{100 * limit:g}% change from the day before:"
        yield _lower_bound(f"below a {change}", cells, cents[:, 1:], (1 - limit) * before, slack)
        yield _upper_bound(f"above a {change}", cells, cents[:, 1:], (1 + limit) * before, slack)
    if constraints.has_levels:
        yield from _levels(constraints, cents, days, slack, rounding)


def _total(constraints: Constraints, cents: Numbers, slack: float) -> Iterator[_Check]:
    spent, total = cents.sum((1, 2)), np.array(constraints.total_cents)
    yield _upper_bound("above the total", (), spent, total, slack)
    if constraints.spend_all:
        yield _lower_bound("below the total", (), spent, total, slack)


def _flight(constraints: Constraints, cents: Numbers, slack: float) -> Iterator[_Check]:
    """Floors and caps over the flight, of channels and of campaigns."""
    campaigns = cents.sum(1)
    owners = [constraints.channel_of[name] for name in constraints.names]
    channels = np.stack(
        [
            campaigns[:, [owner == channel for owner in owners]].sum(1)
            for channel in constraints.channels
        ],
        axis=1,
    )
    levels = ((constraints.channels, channels), (constraints.names, campaigns))
    for level, (names, spent) in enumerate(levels):
        yield _lower_bound(
            "below its floor", (names,), spent, constraints.floor_cents[level], slack
        )
        yield _upper_bound("above its cap", (names,), spent, constraints.cap_cents[level], slack)


def _pacing(
    constraints: Constraints, cents: Numbers, days: list[str], slack: float, rounding: float
) -> Iterator[_Check]:
    """Each day's total against remaining money / remaining days, the even pace."""
    today = cents.sum(2)
    even = (constraints.total_cents - np.cumsum(today, 1) + today) / np.arange(len(days), 0, -1)
    days_remaining = np.arange(len(days), 0, -1)
    low, high = constraints.pacing
    pace = "times an even pace:"
    yield _upper_bound(
        f"above {high:g} {pace}",
        (days,),
        today,
        high * even,
        slack + rounding * (1 + high / days_remaining),
    )
    if constraints.spend_all:
        slow = slack + rounding * (1 + low / days_remaining)
        yield _lower_bound(f"below {low:g} {pace}", (days,), today, low * even, slow)


def _levels(
    constraints: Constraints, cents: Numbers, days: list[str], slack: float, rounding: float
) -> Iterator[_Check]:
    """Each campaign's level against that of the day before, and the days that may not change.

    A bound of a single day wins over the ramp on that day, and days that are passed over have no
    level. Cents cannot meet a ratio exactly: the rounding of both days is allowed for.
    """
    shape = cents.shape[1:]
    rhythm = np.ones(shape) if constraints.rhythm is None else constraints.rhythm
    passed = constraints.passed_over
    skips = np.zeros(shape, bool) if passed is None else passed
    changes = np.ones(shape[0], bool) if constraints.may_change is None else constraints.may_change
    live = np.zeros(shape[1]) if constraints.live_cents is None else constraints.live_cents
    before = np.broadcast_to(np.asarray(live, np.float64), (len(cents), shape[1]))
    least, most = np.zeros(cents.shape), np.full(cents.shape, np.inf)
    ratio = np.ones(shape)
    for t in range(shape[0]):
        above, below = before, before
        if t == 0 and constraints.live_rounding:
            off = constraints.live_rounding
            above, below = before + off, np.maximum(before - off, 0)
        if constraints.ramp is not None and changes[t]:
            up, down, step = (
                constraints.ramp.up,
                constraints.ramp.down,
                constraints.ramp.least_cents,
            )
            free = np.isinf(up)
            share = np.where(free, 0, up)
            high = np.where(free, np.inf, np.maximum((1 + share) * above, above + step))
            low = np.maximum(np.minimum((1 - down) * below, below - step), 0)
            ratio[t] = 1 + share
        elif changes[t]:
            high, low = np.full(before.shape, np.inf), np.zeros(before.shape)
        else:
            high, low = above, below
        most[:, t] = np.where(skips[t], np.inf, rhythm[t] * high)
        least[:, t] = np.where(skips[t], 0, rhythm[t] * low)
        before = np.where(skips[t], before, cents[:, t] / rhythm[t])
    if constraints.day_floor_cents is not None:
        most = np.maximum(most, constraints.day_floor_cents)
    least = np.minimum(least, constraints.daily_cap_cents)
    if constraints.day_cap_cents is not None:
        least = np.minimum(least, constraints.day_cap_cents)
    cells = (days, constraints.names)
    widest = rhythm * ratio / np.minimum.accumulate(rhythm, 0)
    slack_each = slack * (1 + widest) + rounding * (1 + widest)
    yield _lower_bound("below what its ramp or change days allow:", cells, cents, least, slack_each)
    yield _upper_bound("above what its ramp or change days allow:", cells, cents, most, slack_each)


def _lower_bound(
    violation: str, names: tuple[Sequence[str], ...], spent: Numbers, bound: Numbers, slack: Any
) -> _Check:
    # Negated, so that NaN is a violation too.
    return _Check(violation, names, spent, bound, ~(spent >= bound - slack))


def _upper_bound(
    violation: str, names: tuple[Sequence[str], ...], spent: Numbers, bound: Numbers, slack: Any
) -> _Check:
    return _Check(violation, names, spent, bound, ~(spent <= bound + slack))


def _line(check: _Check, spot: tuple[int, ...], currency: str | None) -> str:
    names = [axis[i] for axis, i in zip(check.names, spot[1:], strict=True)]
    bound = np.broadcast_to(check.bound, check.spent.shape)[spot]
    place = ", ".join(names) or "total"
    spent, limit = (_shown(cents, currency) for cents in (check.spent[spot], bound))
    return f"{place}: {spent} is {check.violation} {limit}"


def _shown(cents: Any, currency: str | None) -> str:
    return displayed(float(cents), currency) if np.isfinite(cents) else str(cents)
