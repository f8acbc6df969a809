"""Whether days come daily, weekly or monthly."""

from typing import Literal

import numpy as np

from .dates import Days

Rhythm = Literal["daily", "weekly", "monthly", "other"]


def rhythm_of(days: Days) -> Rhythm:
    """Rhythm of a set of days, by the gaps between neighbouring ones; some days may be missing.

    Daily: at least a quarter of the gaps are of one day. Weekly: most are of 7 days and three
    quarters are multiples of it. Monthly: most are of 28 to 31 days and three quarters are of one
    to three such months. Other: none of these, and less than two days.
    """
    gaps = np.diff(np.unique(days.astype("datetime64[D]"))).astype(int)
    if not gaps.size:
        return "other"
    if np.mean(gaps == 1) >= 0.25:
        return "daily"
    if np.mean(gaps == 7) >= 0.5 and np.mean(gaps % 7 == 0) >= 0.75:
        return "weekly"
    months = [np.isin(gaps, range(least, least + 4)) for least in (28, 59, 89)]
    if np.mean(months[0]) >= 0.5 and np.mean(np.any(months, axis=0)) >= 0.75:
        return "monthly"
    return "other"
