"""How a flight goes on under ramps: every campaign follows its course as far as its ramp allows.

A campaign's level on a day is its spend divided by the day's rhythm. Let z be the level of the
course (the plan that is continued, or the rhythm itself) and y that of the day before. With the
multiple m a campaign goes on at

    y' = clip(m z, fall(y), rise(y)),   rise(y) = max((1 + up) y, y + least),
                                        fall(y) = max(min((1 - down) y, y - least), 0)

on change days and at y' = y on the others, within the bounds of the single day. What it spends on
the rest of the flight is continuous and does not decrease in m, from the least to the most that its
ramp allows. So any feasible split of the remaining money among campaigns is reached by one multiple
per campaign, tomorrow's set holds today's continuation, and the set of splits is a tree of sums,
onto which the projection is exact.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats
from ..arrays import compiled

_STEPS = 200  # of the search for a multiple; it ends earlier once the sums agree
_FARTHEST = 1e13  # multiple beyond which nothing rises any more
_EXACT = 1e-13  # relative difference of sums at which the search ends


class Course(NamedTuple):
    """What the continuation of a flight depends on; dollars."""

    course: Floats  # (days, campaigns) the plan that is continued, > 0 unless a day is passed over
    rhythm: Floats  # (days, campaigns) > 0
    low: Floats  # (days, campaigns) bounds of single days, which win over the ramp
    high: Floats  # the same
    near: Floats  # (days, campaigns) the same with regard to later days, within the ramp
    far: Floats  # the same
    may_change: NDArray[np.bool_]  # (days,)
    passed_over: NDArray[np.bool_]  # (days, campaigns)
    up: Floats  # (campaigns,) share; infinite: free
    down: Floats  # (campaigns,) share, 0 to 1
    least: Floats  # (campaigns,) dollars per day
    loose: float  # dollars by which levels of the day before the first were rounded at most


def with_lookahead(course: Course) -> Course:
    """Return the course with bounds of days that keep the bounds of later days within the ramps.

    A level below its day's cap may be too high to fall to the next day's in time, where that has a
    larger share of the week. Going backward, a day's level is bounded by its own bounds and by the
    levels from which tomorrow's range can be reached. The ramp wins over such bounds: from a live
    budget far away they are approached as fast as it allows.
    """
    low, high = course.low.copy(), course.high.copy()
    most, least = np.full(course.up.shape, np.inf), np.zeros(course.up.shape)
    for t in range(len(low) - 1, -1, -1):
        passed, rhythm = course.passed_over[t], course.rhythm[t]
        most = np.where(passed, most, np.minimum(high[t] / rhythm, most))
        least = np.where(passed, least, np.maximum(low[t] / rhythm, least))
        high[t] = np.where(passed, high[t], rhythm * most)
        low[t] = np.where(passed, low[t], np.minimum(rhythm * least, high[t]))
        if course.may_change[t]:  # the levels of the day before from which these can be reached
            kept = 1 - course.down
            share = np.where(kept > 0, most / np.where(kept > 0, kept, 1), np.inf)
            wider = np.maximum(share, most + course.least)
            lower = np.minimum(least / (1 + course.up), least - course.least)
            most = np.where(passed, most, wider)
            least = np.where(passed, least, np.maximum(lower, 0))
    return course._replace(near=low, far=high)


class Continuation(NamedTuple):
    """Spend today and over the rest of the flight, with derivatives; (rows, campaigns) dollars."""

    today: Floats
    total: Floats  # of all remaining days, today included
    today_by_multiple: Floats  # derivatives with respect to the multiple, ...
    total_by_multiple: Floats
    today_by_level: Floats  # ... and to the level of the day before
    total_by_level: Floats
    level: Floats  # level of today, from which tomorrow's ramp goes on


@compiled
def _one(
    course: Floats,
    rhythm: Floats,
    low: Floats,
    high: Floats,
    near: Floats,
    far: Floats,
    may_change: NDArray[np.bool_],
    passed_over: NDArray[np.bool_],
    up: float,
    down: float,
    least: float,
    loose: float,
    free: int,
    day: int,
    level: float,
    multiple: float,
    found: Floats,
) -> None:
    """Write a campaign's continuation: (7,) in the order of `Continuation`.

    Bit 1 of ``free`` frees its fall, bit 2 its rise.
    """
    y, by_m, by_y = level, 0.0, 1.0
    total, total_m, total_y = 0.0, 0.0, 0.0
    for t in range(day, len(course)):
        if passed_over[t]:
            x, x_m, x_y = multiple * course[t], course[t], 0.0
        else:
            off = loose if t == 0 else 0.0
            if may_change[t] or off > 0:
                rise, fall = y + off, max(y - off, 0.0)
                rise_m, fall_m = 1.0, 1.0 if fall > 0 else 0.0
                if may_change[t]:
                    rise_m = 1 + up if (1 + up) * rise >= rise + least else 1.0
                    rise = math.inf if up == math.inf else max((1 + up) * rise, rise + least)
                    low_m = 1 - down if (1 - down) * fall <= fall - least else 1.0
                    fall = max(min((1 - down) * fall, fall - least), 0.0)
                    fall_m = low_m if fall > 0 else 0.0
                if free & 1:
                    fall = 0.0
                if free & 2:
                    rise = math.inf
                wanted, wanted_m = multiple * course[t] / rhythm[t], course[t] / rhythm[t]
                if wanted > far[t] / rhythm[t]:
                    wanted, wanted_m = far[t] / rhythm[t], 0.0
                if wanted < near[t] / rhythm[t]:
                    wanted, wanted_m = near[t] / rhythm[t], 0.0
                if wanted > rise:
                    y, by_m, by_y = rise, rise_m * by_m, rise_m * by_y
                elif wanted < fall:
                    y, by_m, by_y = fall, fall_m * by_m, fall_m * by_y
                else:
                    y, by_m, by_y = wanted, wanted_m, 0.0
            x, x_m, x_y = rhythm[t] * y, rhythm[t] * by_m, rhythm[t] * by_y
        if x > high[t]:
            x, x_m, x_y = high[t], 0.0, 0.0
        if x < low[t]:
            x, x_m, x_y = low[t], 0.0, 0.0
        if not passed_over[t]:
            y, by_m, by_y = x / rhythm[t], x_m / rhythm[t], x_y / rhythm[t]
        total, total_m, total_y = total + x, total_m + x_m, total_y + x_y
        if t == day:
            found[0], found[2], found[4], found[6] = x, x_m, x_y, y
    found[1], found[3], found[5] = total, total_m, total_y


@compiled
def _search(
    course: Floats,
    rhythm: Floats,
    low: Floats,
    high: Floats,
    near: Floats,
    far: Floats,
    may_change: NDArray[np.bool_],
    passed_over: NDArray[np.bool_],
    up: Floats,
    down: Floats,
    least: Floats,
    loose: float,
    free: NDArray[np.int64],
    day: int,
    level: Floats,
    start: Floats,
    totals: Floats,
    steps: int,
    found: Floats,
) -> None:
    """Write the continuations whose totals are those asked for, by safeguarded Newton steps.

    One step writes those of the multiples at which the search starts.
    """
    for i in range(level.shape[0]):
        for k in range(level.shape[1]):
            wanted, least_m, most_m, m = totals[i, k], 0.0, math.inf, start[i, k]
            for _ in range(steps):
                _one(
                    course[k], rhythm[k], low[k], high[k], near[k], far[k],
                    may_change, passed_over[k], up[k], down[k], least[k], loose,
                    free[i, k], day, level[i, k], m, found[i, k],
                )  # fmt: skip
                gap = wanted - found[i, k, 1]
                if abs(gap) <= _EXACT * (wanted + 1e-9):
                    break
                if gap > 0:
                    least_m = m
                else:
                    most_m = m
                step = m + gap / found[i, k, 3] if found[i, k, 3] > 0 else math.nan
                if least_m < step < most_m:
                    m = step
                elif most_m == math.inf:
                    m = 2 * m + 1e-6
                else:
                    m = (least_m + most_m) / 2
                if m > _FARTHEST or (most_m < math.inf and most_m - least_m <= 1e-15 * most_m):
                    break


def continuation(
    course: Course, day: int, level: Floats, free: NDArray[np.int64], multiple: Floats
) -> Continuation:
    """Return how the rows go on at given multiples of their course.

    Args:
        course: what is continued.
        day: the first remaining day, from 0.
        level: (rows, campaigns) of the day before, dollars per day.
        free: (rows, campaigns) 1: the level may fall freely, 2: rise freely, 3: both, 0: neither.
        multiple: (rows, campaigns), >= 0, finite.
    """
    return _found(course, (free, day, level, multiple, multiple, 1))


def continuation_to(
    course: Course,
    day: int,
    level: Floats,
    free: NDArray[np.int64],
    start: Floats,
    totals: Floats,
) -> Continuation:
    """Return how the rows go on if they are to spend given totals on the remaining days.

    Args:
        course: what is continued.
        day: the first remaining day, from 0.
        level: (rows, campaigns) of the day before, dollars per day.
        free: as in `continuation`.
        start: (rows, campaigns) multiples at which the search starts.
        totals: (rows, campaigns) dollars; beyond what the ramp allows, the nearest it allows.
    """
    return _found(course, (free, day, level, start, totals, _STEPS))


def _found(course: Course, arguments: tuple[Any, ...]) -> Continuation:
    """Return what the search finds; its loops want a campaign's days to be neighbours."""
    found = np.empty((*arguments[2].shape, 7))
    fields: list[Any] = [np.ascontiguousarray(field.T) for field in course[:-1]]
    _search(*fields, course.loose, *arguments, found)  # type: ignore[call-arg]
    return Continuation(*found.transpose(2, 0, 1))
