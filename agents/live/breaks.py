"""Efficiency breaks: the day from which a campaign converts differently at the same spend.

For every day but the first and the last few, the log ratio of reported to expected conversions
after it is compared with that before it (a generalised likelihood ratio for one change point, as in
a CUSUM chart; Page, Biometrika 41, 1954). The level before starts from the belief before the
flight; what the level may have walked since is allowed for.
"""

from typing import NamedTuple

import numpy as np

from ...data.types import Floats

_MIN_DAYS = 3  # days after a break, and days before it
_LEAST = 3.5  # standard deviations of a break; chance alone exceeds them in 1 of 100 flights
_SMALLEST = 0.15  # absolute log change that is worth a notice
_QUANTILE = 1.645  # of a 90 % interval
_HALF = 0.5  # conversions added to counts, which may be 0


class Break(NamedTuple):
    """A change of a campaign's efficiency."""

    campaign: int
    day: int  # day of the flight from which it holds, from 0
    change: float  # relative, > -1
    low: float  # 90 % interval
    high: float


def breaks(
    reported: Floats, expected: Floats, dispersion: Floats, variance: Floats, walk: Floats
) -> list[Break]:
    """Return the break of each campaign that has one.

    Args:
        reported: conversions, (days so far, campaigns).
        expected: expected before the flight for the same spend, as far as they are reported.
        dispersion: NB2 alpha of a day's report, (campaigns,).
        variance: variance of the log level before the flight, (campaigns,).
        walk: variance of a day's change of it, (campaigns,).
    """
    days, campaigns = reported.shape
    found: list[Break] = []
    for k in range(campaigns):
        information = expected[:, k] / (1 + dispersion[k] * expected[:, k])
        most: tuple[float, Break] | None = None
        for day in range(_MIN_DAYS, days - _MIN_DAYS + 1):
            before, after = slice(0, day), slice(day, days)
            known = information[before].sum()
            shrink = known / (known + 1 / variance[k])
            level = shrink * _log_ratio(reported[before, k], expected[before, k])
            shift = _log_ratio(reported[after, k], expected[after, k]) - level
            sd = np.sqrt(
                1 / (known + 1 / variance[k])
                + 1 / max(information[after].sum(), 1e-9)
                + walk[k] * days / 3
            )
            z = abs(shift) / sd
            if z >= _LEAST and abs(shift) >= _SMALLEST and (most is None or z > most[0]):
                interval = np.expm1(shift + _QUANTILE * sd * np.array([-1, 0, 1]))
                low, change, high = interval.tolist()
                most = z, Break(k, day, change, low, high)
        if most is not None:
            found.append(most[1])
    return found


def _log_ratio(reported: Floats, expected: Floats) -> float:
    return float(np.log((reported.sum() + _HALF) / (expected.sum() + _HALF)))
