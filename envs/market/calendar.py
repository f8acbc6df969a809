"""Day numbers since 1970-01-01, and weekdays."""

import numpy as np

from ..arrays import Array


def weekday_of(day: Array) -> Array:
    """Return 0 for Monday to 6 for Sunday of a day number or of many; 1970-01-01 was a Thursday."""
    return (day + 3) % 7


def day_number(date: np.datetime64) -> int:
    """Return a date as days since 1970-01-01."""
    return int(date.astype("datetime64[D]").astype(np.int64))
