"""Easter Sunday, from which Lent, Ascension Day and Pentecost are counted."""

import datetime
from typing import Literal

Church = Literal["western", "orthodox"]
ASCENSION, PENTECOST = 39, 49  # days after Easter Sunday


def easter_sunday(year: int, church: Church = "western") -> datetime.date:
    """Easter Sunday in the Gregorian calendar.

    Western: the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, 1991, chapter 8).
    Orthodox: Meeus's Julian algorithm of the same chapter, with the day converted.

    Args:
        year: 1583 or later.
        church: whose Easter.
    """
    if church == "orthodox":
        return _julian_easter(year)
    a = year % 19
    b, c = divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return datetime.date(year, month, day + 1)


def _julian_easter(year: int) -> datetime.date:
    """Orthodox Easter; the Julian calendar is 13 days late from 1900 to 2099."""
    d = (19 * (year % 19) + 15) % 30
    e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7
    month, day = divmod(d + e + 114, 31)
    late = year // 100 - year // 400 - 2  # days
    return datetime.date(year, month, day + 1) + datetime.timedelta(late)
