"""Days as numbers since 1970-01-01, and their weekdays."""

import numpy as np

from ..arrays import Array


def weekday_of(day: Array) -> Array:
    """Return 0 for Monday ... 6 for Sunday of a day or of many; 1970-01-01 was a Thursday."""
    return (day + 3) % 7


def day_number(date: np.datetime64) -> int:
    """Return the days since 1970-01-01 of a date."""
    return int(date.astype("datetime64[D]").astype(np.int64))
