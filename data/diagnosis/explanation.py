"""Explanation of an anomaly in one sentence that a reader can check."""

from typing import NamedTuple

import numpy as np

from ..forecasting import RATIOS
from ..history import History
from ..types import Floats
from .baseline import Baseline

_COMPARED_DAYS = 28  # days on either side that a run is compared with
_MIN_RATIO_CHANGE = 0.10  # relative change of a ratio that is worth mentioning
_MIN_EXPECTED = 0.5  # conversions below which a change has no percentage
_MAX_CAMPAIGNS = 2  # campaigns named in an anomaly of all campaigns
_RATIO_LABELS = {
    "cpc": "cost per click",
    "ctr": "clicks per impression",
    "cvr": "conversions per click",
}


class Run(NamedTuple):
    """Run of consecutive days that the baseline does not explain."""

    column: int | None  # index of the campaign; None for all campaigns together
    days: slice
    counted: float  # conversions
    expected: float  # conversions


def explain(history: History, baseline: Baseline, run: Run) -> str:
    """Sentence with counted and expected conversions and the ratios that changed.

    Args:
        history: the history that contains the run.
        baseline: expected conversions per campaign.
        run: the anomalous days.
    """
    column, days, counted, expected = run
    change = (
        f"{counted / expected - 1:+.0%}" if expected >= _MIN_EXPECTED else "almost none expected"
    )
    summary = (
        f"{counted:,.0f} conversion{'' if round(counted) == 1 else 's'}, where spend, weekday and "
        f"the weeks around predict {expected:,.0f} ({change})"
    )
    if column is None:
        gap = ((baseline.counted - baseline.expected) * baseline.usable)[days].sum(axis=0)
        order = np.argsort(-gap * np.sign(counted - expected))[:_MAX_CAMPAIGNS]
        names = ", ".join(f"{history.names[k]} {gap[k]:+,.0f}" for k in order)
        return f"{summary}; largest contributions: {names}."
    changes = [
        f"{label} {ratio_change:+.0%}"
        for name, label in _RATIO_LABELS.items()
        if abs(ratio_change := _ratio_change(history, name, column, days)) >= _MIN_RATIO_CHANGE
    ]
    return (
        f"{summary}; {', '.join(changes) or 'no ratio changed much'} compared with the four weeks "
        "on either side."
    )


def _ratio_change(history: History, name: str, column: int, days: slice) -> float:
    """Relative change of a ratio of sums against the days on either side; 0 if undefined."""
    before = slice(max(0, days.start - _COMPARED_DAYS), days.start)
    after = slice(days.stop, days.stop + _COMPARED_DAYS)
    numerator, denominator = (
        np.asarray(getattr(history, metric))[:, column] for metric in RATIOS[name]
    )
    inside = _ratio_of_sums(numerator[days], denominator[days])
    outside = _ratio_of_sums(
        np.r_[numerator[before], numerator[after]], np.r_[denominator[before], denominator[after]]
    )
    return inside / outside - 1 if np.isfinite(inside) and outside > 0 else 0.0


def _ratio_of_sums(numerator: Floats, denominator: Floats) -> float:
    """Ratio of sums over the days that report both; NaN without a denominator."""
    observed = np.isfinite(numerator) & np.isfinite(denominator)
    total = float(denominator[observed].sum())
    return float(numerator[observed].sum()) / total if total > 0 else float("nan")
