"""Change points and recent drift of each campaign's efficiency.

Efficiency is counted conversions over those expected from weekday and spend with one level for the
whole history (`Baseline.steady`). Change points are the exact minimum of squared error plus a
penalty per change (PELT, Killick et al. 2012, package ruptures) on the variance-stabilised scale.
The penalty grows with the autocorrelation of daily residuals; otherwise a slowly varying level
would look like many jumps.
"""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated

import numpy as np
import ruptures
from pydantic import Field
from scipy.stats import norm

from ..history import History
from ..settings import Settings
from ..types import Floats
from .anomalies import autocorrelation_of, stabilised_residuals, standardised_residuals
from .baseline import Baseline

_MIN_CONVERSIONS = 20.0  # minimum to report changes or drift of a campaign
_PAST_PERIODS = 2  # drift compares the recent period with this many before it


class DriftSettings(Settings):
    """Settings of change points and drift: the keys of `drift` in `conf/diagnosis`."""

    penalty: Annotated[float, Field(gt=0)]  # factor of variance x log(days), per change
    shortest: Annotated[int, Field(ge=7)]  # minimum days between changes
    recent: Annotated[int, Field(ge=14)]  # length of the recent period, days
    coverage: Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True)
class Change:
    """Lasting change of a campaign's efficiency."""

    campaign: str
    day: date  # first day of the new level
    ratio: float  # efficiency after over before, each up to the adjacent change


@dataclass(frozen=True)
class Drift:
    """Efficiency of the recent days over that of the days before them."""

    campaign: str
    ratio: float
    low: float
    high: float  # ends of an interval with `coverage`
    conversions: float  # conversions in the recent days


def changes_of(history: History, baseline: Baseline, settings: DriftSettings) -> list[Change]:
    """Lasting changes of all campaigns with enough conversions, earliest first."""
    local = standardised_residuals(baseline.counted, baseline.expected, baseline.usable)
    residuals = stabilised_residuals(baseline.counted, baseline.steady, baseline.usable)
    changes = []
    for column, name in enumerate(history.names):
        usable = baseline.usable[:, column]
        conversions = baseline.counted[:, column].sum()
        if conversions < _MIN_CONVERSIONS or usable.sum() < 2 * settings.shortest:
            continue
        autocorrelation = autocorrelation_of(local[usable, column])
        cuts = _change_points(residuals[usable, column], autocorrelation, settings)
        edges = [0, *np.flatnonzero(usable)[cuts], len(usable)]
        levels = [_efficiency(baseline, column, begin, end) for begin, end in pairwise(edges)]
        changes += [
            Change(name, history.dates[edge].item(), after / before)
            for edge, before, after in zip(edges[1:-1], levels, levels[1:], strict=False)
            if before > 0
        ]
    return sorted(changes, key=lambda change: (change.day, change.campaign))


def drifts_of(history: History, baseline: Baseline, settings: DriftSettings) -> list[Drift]:
    """Efficiency of the recent days over earlier ones, for campaigns with enough conversions.

    The interval is that of a ratio of two counts whose variance is inflated by overdispersion and
    by the autocorrelation of daily residuals.
    """
    residuals = standardised_residuals(baseline.counted, baseline.expected, baseline.usable)
    z = norm.isf((1 - settings.coverage) / 2)
    end = len(history.dates)
    middle, begin = end - settings.recent, max(0, end - (1 + _PAST_PERIODS) * settings.recent)
    drifts = []
    for column, name in enumerate(history.names):
        counts = [baseline.counted[a:b, column].sum() for a, b in ((begin, middle), (middle, end))]
        if middle <= 0 or min(counts) < _MIN_CONVERSIONS:
            continue
        before, after = (
            _efficiency(baseline, column, a, b) for a, b in ((begin, middle), (middle, end))
        )
        inflation = _overdispersion(baseline, column) * _variance_inflation(
            autocorrelation_of(residuals[:, column])
        )
        sd = np.sqrt(inflation * sum(1 / count for count in counts))
        ratio = after / before
        low, high = (float(ratio * np.exp(sign * z * sd)) for sign in (-1, 1))
        drifts.append(Drift(name, float(ratio), low, high, float(counts[1])))
    return drifts


def _change_points(series: Floats, autocorrelation: float, settings: DriftSettings) -> list[int]:
    """Positions at which a new level begins."""
    variance = np.var(np.diff(series)) / 2 / (1 - autocorrelation)
    penalty = (
        settings.penalty * np.log(len(series)) * variance * _variance_inflation(autocorrelation)
    )
    if penalty <= 0:
        return []
    search = ruptures.KernelCPD(kernel="linear", min_size=settings.shortest)
    return [int(cut) for cut in search.fit(series[:, None]).predict(pen=penalty)[:-1]]


def _variance_inflation(autocorrelation: float) -> float:
    """Variance of a long mean of an AR(1) process over that of independent days."""
    return (1 + autocorrelation) / (1 - autocorrelation)


def _efficiency(baseline: Baseline, column: int, begin: int, end: int) -> float:
    """Counted over expected conversions of some days; 0 if none are expected."""
    expected = float((baseline.steady * baseline.usable)[begin:end, column].sum())
    return float(baseline.counted[begin:end, column].sum()) / expected if expected > 0 else 0.0


def _overdispersion(baseline: Baseline, column: int) -> float:
    """Pearson dispersion around the baseline, at least 1."""
    usable = baseline.usable[:, column] & (baseline.expected[:, column] > 0)
    expected = baseline.expected[usable, column]
    square = (baseline.counted[usable, column] - expected) ** 2 / expected
    return max(1.0, float(square.mean()))
