"""Where a campaign's efficiency changed for good, and where it has been going lately.

Efficiency is conversions over what weekday and spend say, one level for the whole history
(`expectation`). Change points are the exact minimum of squared error plus a penalty a change (PELT,
Killick et al. 2012, by the package ruptures), on the scale on which counts spread alike; the
penalty is raised by how alike neighbouring days are, or a slow walk would look like many jumps.
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
from .anomalies import alike_of, stabilised, surprises
from .baseline import Baseline

_FEW = 20.0  # conversions below which nothing is said
_PAST = 2  # times `recent` that recent days are compared with


class DriftSettings(Settings):
    """The keys of `conf/diagnosis`'s `drift`, where their meaning and defaults are."""

    penalty: Annotated[float, Field(gt=0)]  # times the variance and the log of the days
    shortest: Annotated[int, Field(ge=7)]  # days
    recent: Annotated[int, Field(ge=14)]  # days
    coverage: Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True)
class Change:
    """One lasting change of a campaign's efficiency."""

    campaign: str
    day: date  # first one of the new level
    ratio: float  # efficiency after over before, each until the next change


@dataclass(frozen=True)
class Drift:
    """Efficiency of the latest days over that of the days before them."""

    campaign: str
    ratio: float
    low: float
    high: float  # of an interval of `coverage`
    conversions: float  # in the recent days


def changes_of(history: History, found: Baseline, settings: DriftSettings) -> list[Change]:
    """Find lasting changes, the first one first."""
    local = surprises(found.counted, found.expected, found.known)
    gap = stabilised(found.counted, found.steady, found.known)
    changes = []
    for column, name in enumerate(history.names):
        known = found.known[:, column]
        if found.counted[:, column].sum() < _FEW or known.sum() < 2 * settings.shortest:
            continue
        at = np.flatnonzero(known)
        cuts = _cuts(gap[known, column], alike_of(local[known, column]), settings)
        edges = [0, *at[cuts], len(known)]
        levels = [_efficiency(found, column, a, b) for a, b in pairwise(edges)]
        changes += [
            Change(name, history.dates[edge].item(), after / before)
            for edge, before, after in zip(edges[1:-1], levels, levels[1:], strict=False)
            if before > 0
        ]
    return sorted(changes, key=lambda change: (change.day, change.campaign))


def drifts_of(history: History, found: Baseline, settings: DriftSettings) -> list[Drift]:
    """Compare the latest days with those before, for campaigns with enough conversions.

    The interval is of a ratio of two counts whose variance is that of the days' own scatter and of
    how alike neighbours are.
    """
    local = surprises(found.counted, found.expected, found.known)
    spread = norm.isf((1 - settings.coverage) / 2)
    end = len(history.dates)
    middle, begin = end - settings.recent, max(0, end - (1 + _PAST) * settings.recent)
    drifts = []
    for column, name in enumerate(history.names):
        parts = [found.counted[a:b, column].sum() for a, b in ((begin, middle), (middle, end))]
        if middle <= 0 or min(parts) < _FEW:
            continue
        before, after = (
            _efficiency(found, column, a, b) for a, b in ((begin, middle), (middle, end))
        )
        noise = _overdispersion(found, column) * _long_run(alike_of(local[:, column]))
        sd = np.sqrt(noise * sum(1 / part for part in parts))
        ratio = after / before
        low, high = (float(ratio * np.exp(sign * spread * sd)) for sign in (-1, 1))
        drifts.append(Drift(name, float(ratio), low, high, float(parts[1])))
    return drifts


def _cuts(series: Floats, alike: float, settings: DriftSettings) -> list[int]:
    """Positions at which a new level starts."""
    scale = np.var(np.diff(series)) / 2 / (1 - alike)
    penalty = settings.penalty * np.log(len(series)) * scale * _long_run(alike)
    if penalty <= 0:
        return []
    search = ruptures.KernelCPD(kernel="linear", min_size=settings.shortest)
    return [int(cut) for cut in search.fit(series[:, None]).predict(pen=penalty)[:-1]]


def _long_run(alike: float) -> float:
    """Variance of a long mean over that of independent days, for an AR(1)."""
    return (1 + alike) / (1 - alike)


def _efficiency(found: Baseline, column: int, begin: int, end: int) -> float:
    """Conversions over what weekday and spend say."""
    due = float((found.steady * found.known)[begin:end, column].sum())
    return float(found.counted[begin:end, column].sum()) / due if due > 0 else 0.0


def _overdispersion(found: Baseline, column: int) -> float:
    """Pearson's dispersion around the local level, at least 1."""
    known = found.known[:, column] & (found.expected[:, column] > 0)
    expected = found.expected[known, column]
    square = (found.counted[known, column] - expected) ** 2 / expected
    return max(1.0, float(square.mean()))
