"""Why a run of days is odd, in a sentence that a person can check."""

from typing import NamedTuple

import numpy as np

from ..forecasting import RATIOS
from ..history import History
from ..types import Floats
from .baseline import Baseline

_BESIDE = 28  # days on either side that days are compared with
_NEWS = 0.10  # relative change that is worth a word
_TOLD = {"cpc": "cost a click", "ctr": "clicks an impression", "cvr": "conversions a click"}
_LITTLE = 0.5  # conversions below which a change has no percentage
_LARGEST = 2  # campaigns that are named for all of them


class Run(NamedTuple):
    """A run of days that is not explained."""

    column: int | None  # the campaign; None for all of them together
    days: slice
    counted: float  # conversions
    expected: float  # conversions


def reason_of(history: History, found: Baseline, run: Run) -> str:
    """Say what was counted and expected, and which ratio moved.

    Args:
        history: where it happened.
        found: what each campaign should have brought.
        run: what is not explained.
    """
    column, days, counted, expected = run
    size = f"{counted / expected - 1:+.0%}" if expected >= _LITTLE else "from next to nothing"
    told = (
        f"{counted:,.0f} conversion{'' if round(counted) == 1 else 's'} where spend, weekday and "
        f"the weeks around say {expected:,.0f} ({size})"
    )
    if column is None:
        gap = ((found.counted - found.expected) * found.known)[days].sum(axis=0)
        order = np.argsort(-gap * np.sign(counted - expected))[:_LARGEST]
        names = ", ".join(f"{history.names[at]} {gap[at]:+,.0f}" for at in order)
        return f"{told}; most of it: {names}."
    moved = [
        f"{_TOLD[name]} {by:+.0%}"
        for name in _TOLD
        if abs(by := _moved(history, name, column, days)) >= _NEWS
    ]
    return f"{told}; {', '.join(moved) or 'no ratio moved much'} against the weeks beside."


def _moved(history: History, name: str, column: int, days: slice) -> float:
    """Relative change of a ratio of sums against the days beside; 0 where it is not known."""
    before = slice(max(0, days.start - _BESIDE), days.start)
    after = slice(days.stop, days.stop + _BESIDE)
    above, below = (np.asarray(getattr(history, metric))[:, column] for metric in RATIOS[name])
    here = _ratio(above[days], below[days])
    beside = _ratio(np.r_[above[before], above[after]], np.r_[below[before], below[after]])
    return here / beside - 1 if np.isfinite(here) and beside > 0 else 0.0


def _ratio(above: Floats, below: Floats) -> float:
    known = np.isfinite(above) & np.isfinite(below)
    under = float(below[known].sum())
    return float(above[known].sum()) / under if under > 0 else float("nan")
