"""The rules of a plan as linear inequalities, for a quadratic program.

A plan x, (days, campaigns), comes with the totals of its days: the variables are x in the order of
its memory, then one total per day. All amounts are in units of the mean spend of a campaign and
day, which keeps the numbers near 1. Pacing is linear in the plan: a day's total against the
remaining money over the remaining days. A ramp is not: its upper limit is the larger of two lines
and its lower limit the smaller. `RampRows` holds both lines; `executable` chooses.
"""

from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from ...data.types import Floats
from ..constraints import Constraints


class LinearRules(NamedTuple):
    """lower <= matrix @ variables <= upper: everything but ramps between days of the flight."""

    matrix: "scipy.sparse.csr_array"  # (rows, days x campaigns + days)
    lower: Floats  # (rows,) units; -inf: none
    upper: Floats  # (rows,) units; inf: none


class RampRows(NamedTuple):
    """Pairs of days whose levels a ramp compares; (pairs,) each."""

    now: NDArray[np.int64]  # variable of the later day
    before: NDArray[np.int64]  # variable of the earlier day
    weight_now: Floats  # 1 / rhythm of the later day: level per unit spent
    weight_before: Floats  # the same of the earlier day
    up: Floats  # share of the level
    down: Floats  # share of the level
    least: Floats  # units


def unit_of(constraints: Constraints) -> float:
    """Return the mean spend of a campaign and day, in units of the currency."""
    return constraints.total / (constraints.days * len(constraints.names))


def linear_rules(
    constraints: Constraints, steady_floors: bool = False, delivered: Floats | None = None
) -> LinearRules:
    """Return the total, floors, caps, bounds of days, pacing, limits of change and still days.

    Args:
        constraints: the set.
        steady_floors: True if every day must spend an even share of what its floors still owe, as
            `envs.constraints.day_bounds` demands.
        delivered: (days, campaigns) shares of the plan that are spent; None: all of it. Sums and
            pacing count what is spent, single days, ramps and changes what is planned.
    """
    unit = unit_of(constraints)
    blocks = [
        _days(constraints, unit),
        _totals(constraints, delivered),
        *_sums(constraints, unit, delivered),
        *(_steady_floors(constraints, unit) if steady_floors else ()),
        *_pacing(constraints, unit),
        *_limit(constraints),
        *_still(constraints),
    ]
    matrices, lower, upper = zip(*blocks, strict=True)
    matrix = scipy.sparse.csr_array(scipy.sparse.vstack(matrices))
    return LinearRules(matrix, np.concatenate(lower), np.concatenate(upper))


def ramp_rows(constraints: Constraints) -> RampRows | None:
    """Return the pairs of days that a ramp compares; None without a ramp."""
    ramp, count = constraints.ramp, len(constraints.names)
    if ramp is None:
        return None
    before, moves = previous_days(constraints), _changing(constraints)
    day, campaign = np.nonzero((before >= 0) & moves[:, None])
    earlier = before[day, campaign]
    rhythm = rhythm_of(constraints)
    return RampRows(
        day * count + campaign,
        earlier * count + campaign,
        1 / rhythm[day, campaign],
        1 / rhythm[earlier, campaign],
        np.asarray(ramp.up, np.float64)[campaign],
        np.asarray(ramp.down, np.float64)[campaign],
        ramp.least[campaign] / unit_of(constraints),
    )


def rhythm_of(constraints: Constraints) -> Floats:
    """Return the rhythm that levels are measured against, (days, campaigns)."""
    if constraints.rhythm is None:
        return np.ones((constraints.days, len(constraints.names)))
    return np.asarray(constraints.rhythm, np.float64)


def previous_days(constraints: Constraints) -> NDArray[np.int64]:
    """Return the day each day's level goes on from, (days, campaigns).

    -1 is the day before the flight, -2 a day that is passed over.
    """
    shape = (constraints.days, len(constraints.names))
    passed = np.zeros(shape, bool) if constraints.passed_over is None else constraints.passed_over
    before, last = np.full(shape, -2), np.full(shape[1], -1)
    for day in range(shape[0]):
        before[day] = np.where(passed[day], -2, last)
        last = np.where(passed[day], last, day)
    return before


def _changing(constraints: Constraints) -> NDArray[np.bool_]:
    if constraints.may_change is None:
        return np.ones(constraints.days, bool)
    return np.asarray(constraints.may_change)


Block = tuple["scipy.sparse.csr_array", Floats, Floats]


def _plan_rows(
    constraints: Constraints, rows: "scipy.sparse.csr_array"
) -> "scipy.sparse.csr_array":
    """Return rows on the plan as rows on all variables."""
    empty = scipy.sparse.csr_array((rows.shape[0], constraints.days))
    return scipy.sparse.csr_array(scipy.sparse.hstack([rows, empty]))


def _days(constraints: Constraints, unit: float) -> Block:
    """Bounds of single days, with the ramp from the live budgets to the first day."""
    days, count = constraints.days, len(constraints.names)
    lower, upper = np.zeros((days, count)), np.empty((days, count))
    upper[:] = constraints.daily_cap_cents / 100
    if constraints.day_floor_cents is not None:
        lower = np.maximum(lower, constraints.day_floor_cents / 100)
    if constraints.day_cap_cents is not None:
        upper = np.minimum(upper, constraints.day_cap_cents / 100)
    if constraints.live_cents is not None:
        lower, upper = _from_eve(constraints, constraints.live_cents / 100, lower, upper)
    eye = scipy.sparse.csr_array(scipy.sparse.eye_array(days * count))
    return _plan_rows(constraints, eye), lower.ravel() / unit, upper.ravel() / unit


def _from_eve(
    constraints: Constraints, live: Floats, lower: Floats, upper: Floats
) -> tuple[Floats, Floats]:
    """Return the bounds of days with the ramp, or the stillness, from the live budgets."""
    first, rhythm = previous_days(constraints) == -1, rhythm_of(constraints)
    moves = _changing(constraints)[:, None]
    if constraints.may_change is not None:
        still = first & ~moves
        kept = np.clip(live * rhythm, lower, np.maximum(upper, lower))
        lower, upper = np.where(still, kept, lower), np.where(still, kept, upper)
    ramp, ramped = constraints.ramp, first & moves
    if ramp is None:
        return lower, upper
    up = np.where(np.isinf(ramp.up), 0, ramp.up)
    most = np.where(np.isinf(ramp.up), np.inf, np.maximum((1 + up) * live, live + ramp.least))
    fewest = np.minimum((1 - np.asarray(ramp.down)) * live, live - ramp.least)
    # a bound of the day itself wins over the ramp
    slowest = np.minimum(np.maximum(lower, fewest * rhythm), upper)
    fastest = np.maximum(np.minimum(upper, most * rhythm), lower)
    return np.where(ramped, slowest, lower), np.where(ramped, fastest, upper)


def _totals(constraints: Constraints, delivered: Floats | None) -> Block:
    """The totals of days add up their campaigns."""
    days, count = constraints.days, len(constraints.names)
    one_day = scipy.sparse.csr_array(np.ones((1, count)))
    sums = scipy.sparse.csr_array(scipy.sparse.kron(scipy.sparse.eye_array(days), one_day))
    rows = scipy.sparse.csr_array(
        scipy.sparse.hstack([_spent(sums, delivered), -scipy.sparse.eye_array(days)])
    )
    return rows, np.zeros(days), np.zeros(days)


def _spent(rows: "scipy.sparse.csr_array", delivered: Floats | None) -> "scipy.sparse.csr_array":
    """Return rows on what is spent as rows on the plan."""
    if delivered is None:
        return rows
    return scipy.sparse.csr_array(rows @ scipy.sparse.diags_array(delivered.ravel()))


def _sums(constraints: Constraints, unit: float, delivered: Floats | None) -> list[Block]:
    """Total, and floors and caps of channels and campaigns over the flight."""
    days, count = constraints.days, len(constraints.names)
    over_days = scipy.sparse.csr_array(np.ones((1, days)))
    inside = (
        scipy.sparse.csr_array(constraints.tree.sums[1]),
        scipy.sparse.csr_array(np.eye(count)),
    )
    total = np.array([constraints.total / unit])
    everything = scipy.sparse.csr_array(
        scipy.sparse.hstack([scipy.sparse.csr_array((1, days * count)), over_days])
    )
    blocks = [(everything, total if constraints.spend_all else 0 * total, total)]
    for level, members in enumerate(inside):
        rows = scipy.sparse.csr_array(scipy.sparse.kron(over_days, members))
        lower = constraints.floor_cents[level] / 100 / unit
        upper = constraints.cap_cents[level] / 100 / unit
        blocks.append((_plan_rows(constraints, _spent(rows, delivered)), lower, upper))
    return blocks


def _steady_floors(constraints: Constraints, unit: float) -> list[Block]:
    """A day's spend times the remaining days, and the spend so far, reach every floor."""
    days, count = constraints.days, len(constraints.names)
    daily = np.diag(np.arange(days, 0, -1.0)) + np.tri(days, k=-1)
    blocks = []
    for level, members in enumerate((constraints.tree.sums[1], np.eye(count))):
        floors = constraints.floor_cents[level] / 100 / unit
        owed = np.flatnonzero(floors > 0)
        if len(owed):
            rows = scipy.sparse.csr_array(
                scipy.sparse.kron(
                    scipy.sparse.csr_array(daily), scipy.sparse.csr_array(members)[owed]
                )
            )
            lower = np.tile(floors[owed], days)
            blocks.append((_plan_rows(constraints, rows), lower, np.full(len(lower), np.inf)))
    return blocks


def _pacing(constraints: Constraints, unit: float) -> list[Block]:
    """Each day's total within the band around remaining money / remaining days."""
    days, count = constraints.days, len(constraints.names)
    slowest, fastest = constraints.pacing
    left, earlier = np.arange(days, 0, -1)[:, None], np.tri(days, k=-1)
    total = constraints.total / unit
    blocks, empty = [], scipy.sparse.csr_array((days, days * count))
    for share, is_upper in ((slowest, False), (fastest, True)):
        if (is_upper and share >= days) or (not is_upper and not (share and constraints.spend_all)):
            continue
        used = np.flatnonzero(share < left[:, 0]) if is_upper else np.arange(days)
        rows = scipy.sparse.csr_array((np.eye(days) + share / left * earlier)[used])
        bound = share / left[used, 0] * total
        free = np.full(len(used), np.inf)
        matrix = scipy.sparse.csr_array(scipy.sparse.hstack([empty[used], rows]))
        blocks.append((matrix, -free, bound) if is_upper else (matrix, bound, free))
    return blocks


def _limit(constraints: Constraints) -> list[Block]:
    """The limit of change from each day to the next."""
    limit, days, count = constraints.change_limit, constraints.days, len(constraints.names)
    if limit is None or days == 1:
        return []
    eye = np.eye(days)
    up, down = (
        scipy.sparse.csr_array(
            scipy.sparse.kron(
                scipy.sparse.csr_array(eye[1:] - share * eye[:-1]), scipy.sparse.eye_array(count)
            )
        )
        for share in (1 + limit, 1 - limit)
    )
    free, zero = np.full(up.shape[0], np.inf), np.zeros(up.shape[0])
    return [
        (_plan_rows(constraints, up), -free, zero),
        (_plan_rows(constraints, down), zero, free),
    ]


def _still(constraints: Constraints) -> list[Block]:
    """On days that may not change, the level is that of the day before."""
    if constraints.may_change is None:
        return []
    days, count = constraints.days, len(constraints.names)
    before = previous_days(constraints)
    day, campaign = np.nonzero((before >= 0) & ~constraints.may_change[:, None])
    if not len(day):
        return []
    earlier, rhythm = before[day, campaign], rhythm_of(constraints)
    row, zero = np.arange(len(day)), np.zeros(len(day))
    columns = np.concatenate([day * count + campaign, earlier * count + campaign])
    weights = np.concatenate([1 / rhythm[day, campaign], -1 / rhythm[earlier, campaign]])
    rows = scipy.sparse.csr_array(
        (weights, (np.concatenate([row, row]), columns)), shape=(len(day), days * count)
    )
    return [(_plan_rows(constraints, rows), zero, zero)]
