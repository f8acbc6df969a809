"""Maturity curves: share of a day's final conversions that is reported, by age in days.

Age 0 is the last day of an export. The usual curve of a platform has a share `same_day` at once,
and of the rest a share `landing` on each later day:

    reported(age) = 1 - (1 - same_day) * (1 - landing) ** age

Both are judgement, `lag_same_day` and `lag_landing` of the platform's file in `conf/data/format`.
"""

from typing import NamedTuple

import numpy as np

from ..formats import GENERIC, Format, formats
from ..types import Floats

COMPLETE = 0.99  # share from which a day counts as complete
LONGEST = 30  # days, the longest curve


class Curve(NamedTuple):
    """Share of a channel's final conversions that is reported, by age."""

    shares: Floats  # (LONGEST,) in (0, 1], the last day first; older days are complete
    is_learnt: bool = False  # from an older export
    # whether that export ended before the current one, so that both were probably taken in the same
    # way: at once, and not weeks later
    is_habit: bool = False

    @property
    def days(self) -> int:
        """Number of last days that are not complete."""
        late = np.flatnonzero(self.shares < COMPLETE)
        return int(late[-1]) + 1 if len(late) else 0


def lag_days(channel: str) -> int:
    """Days within which a channel reports most conversions of a day."""
    return _format_of(channel).lag_days


def usual_curve(channel: str) -> Curve:
    """The usual curve of a channel's platform; complete at once where its lag is 0."""
    form = _format_of(channel)
    if form.lag_days == 0:
        return Curve(np.ones(LONGEST))
    age = np.arange(LONGEST, dtype=np.float64)
    return Curve(1 - (1 - form.lag_same_day) * (1 - form.lag_landing) ** age)


def _format_of(channel: str) -> Format:
    """Format of a channel; the generic one of a channel that no format knows."""
    known = {form.platform: form for form in formats()}
    return known.get(channel, known[GENERIC])
