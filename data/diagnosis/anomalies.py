"""Days and runs of days whose conversions their spend, weekday and season do not explain.

What was counted is compared with `expectation` on a scale on which counts of any size spread
alike, (2/√α) asinh √(α y) for a variance of m + α m² (Anscombe 1948); α and the scale are the
campaign's own, from the median and the MAD first and from the days within 3.5 of it then. Runs of
one to seven days are summed, so a drop too small to show on any single day shows on several; a
level that drifts makes neighbours alike, and sums are divided by what that adds. The threshold
makes the chance of any anomaly in a steady history `false_alarms`, of which a quarter goes to all
campaigns together and the rest to campaigns by their conversions: where there are few, nothing
could be found anyway.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.stats import norm
from scipy.stats import t as student

from ..history import History
from ..settings import Settings
from ..types import Floats
from .baseline import Baseline, BaselineSettings, running_level
from .explanation import Run, reason_of

EVERYWHERE = "all campaigns"
_SHIFT = 3.0 / 8.0
_MAD = 1.4826  # sd of a normal over its MAD
_INLIERS = 3.5  # scales beyond which a day does not tell the scale
_RUNS = 4.0  # independent tests that runs of one to seven days amount to, measured on noise
_ALIKE = 0.1  # correlation of neighbours that noise shows by itself
_MOST_DISPERSION = 1.2
_MOST_ALIKE = 0.9
_HALVINGS = 22
_TOGETHER = 0.25  # share of the chance of a false alarm that all campaigns together have


class AnomalySettings(Settings):
    """The keys of `conf/diagnosis`'s `anomalies`, where their meaning and defaults are."""

    false_alarms: Annotated[float, Field(gt=0, lt=1)]
    longest: Annotated[int, Field(ge=1, le=28)]  # days


@dataclass(frozen=True)
class Anomaly:
    """One run of days that is not explained."""

    campaign: str  # or `EVERYWHERE`
    first: date
    last: date
    counted: float  # conversions
    expected: float  # conversions
    score: float  # standard deviations; negative for too few
    threshold: float  # what its size had to exceed
    reason: str  # a sentence for a person


def anomalies_of(
    history: History, found: Baseline, how: BaselineSettings, settings: AnomalySettings
) -> list[Anomaly]:
    """Find runs of days that are not explained, the first one first; few or none are usual."""
    counted, expected, known = _with_all(found, how)
    scores = surprises(counted, expected, known)
    limit = thresholds(counted, len(history.dates), settings.false_alarms)
    runs = [
        (column, begin, length, score)
        for column in range(counted.shape[1])
        for begin, length, score in _runs(scores[:, column], limit[column], settings.longest)
    ]
    anomalies = []
    for column, begin, length, score in sorted(runs, key=lambda run: (run[1], run[0])):
        days = slice(begin, begin + length)
        run = Run(
            column if column < len(history.names) else None,
            days,
            float(counted[days, column].sum()),
            float((expected * known)[days, column].sum()),
        )
        anomalies.append(anomaly_of(history, found, run, score, float(limit[column])))
    return anomalies


def anomaly_of(
    history: History, found: Baseline, run: Run, score: float, threshold: float
) -> Anomaly:
    """Name and explain a run of days; score and threshold are those of `Anomaly`."""
    return Anomaly(
        campaign=EVERYWHERE if run.column is None else history.names[run.column],
        first=history.dates[run.days.start].item(),
        last=history.dates[run.days.stop - 1].item(),
        counted=run.counted,
        expected=run.expected,
        score=score,
        threshold=threshold,
        reason=reason_of(history, found, run),
    )


def surprises(counted: Floats, expected: Floats, known: NDArray[np.bool_]) -> Floats:
    """(days, columns) deviations of counts from expectations in sds; 0 where unknown."""
    gap = stabilised(counted, expected, known)
    return np.nan_to_num(gap / np.maximum(_scale(gap), 1.0))


def stabilised(counted: Floats, expected: Floats, known: NDArray[np.bool_]) -> Floats:
    """(days, columns) differences on the scale of even spread, less their median; NaN if unknown.

    The dispersion of a column is the least that makes its scale 1, by bisection.
    """
    low, high = np.zeros(counted.shape[1]), np.full(counted.shape[1], _MOST_DISPERSION)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        wide = _scale(_gap(counted, expected, known, middle)) > 1
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    return _gap(counted, expected, known, high)


def thresholds(counted: Floats, days: int, false_alarms: float) -> Floats:
    """(columns,) sizes that a run's score must exceed; the last column is of all campaigns.

    Quantiles of Student's t, as the scale was estimated from as many days; infinite for a column
    without conversions.
    """
    total = counted.sum(axis=0)
    share = np.append((1 - _TOGETHER) * total[:-1] / max(total[-1], 1.0), _TOGETHER)
    chance = false_alarms * share / (2 * days * _RUNS)
    return np.where(total > 0, student.isf(chance, days), np.inf)


def _with_all(found: Baseline, how: BaselineSettings) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Counted, expected and known with a last column for all campaigns together."""
    counted = found.counted.sum(axis=1, keepdims=True)
    expected = (found.expected * found.known).sum(axis=1, keepdims=True)
    known = np.asarray(found.known.any(axis=1, keepdims=True))
    expected = expected * running_level(counted, expected, known, how.half_width, how.trimmed)
    pairs = ((found.counted, counted), (found.expected, expected))
    return (
        *(np.concatenate(pair, axis=1) for pair in pairs),  # type: ignore[return-value]
        np.concatenate([found.known, known], axis=1),
    )


def _gap(counted: Floats, expected: Floats, known: NDArray[np.bool_], dispersion: Floats) -> Floats:
    """Stabilised difference less its median, NaN where not known."""
    alpha = np.maximum(dispersion, 1e-6)
    shrunk = 1 - 2 * _SHIFT * np.minimum(alpha, 1.0)

    def root(values: Floats) -> Floats:
        inside = alpha * (values + _SHIFT) / shrunk
        return np.asarray(2 / np.sqrt(alpha) * np.arcsinh(np.sqrt(inside)))

    gap = np.where(known, root(counted) - root(expected), np.nan)
    return gap - _median(gap)


def _scale(gap: Floats) -> Floats:
    """(columns,) sd of the inliers, corrected for those left out; starts from the MAD."""
    share = norm.cdf(_INLIERS) - norm.cdf(-_INLIERS)
    left = np.sqrt(1 - 2 * _INLIERS * norm.pdf(_INLIERS) / share)
    size = np.abs(gap)
    scale = _MAD * _median(size)
    for _ in range(6):
        inside = size <= np.maximum(_INLIERS * scale, 1e-9)
        square = np.where(inside, gap**2, 0.0).sum(axis=0)
        scale = np.sqrt(square / np.maximum(inside.sum(axis=0), 1)) / left
    return np.asarray(scale)


def _median(values: Floats) -> Floats:
    """(columns,) medians of what is known; 0 where nothing is."""
    known = np.isfinite(values)
    ordered = np.sort(np.where(known, values, np.inf), axis=0)
    count = known.sum(axis=0)
    pick = [np.maximum((count - 1 + up) // 2, 0)[None] for up in (0, 1)]
    middle = sum(np.take_along_axis(ordered, at, axis=0)[0] for at in pick) / 2
    return np.where(count > 0, middle, 0.0)


def run_scores(score: Floats, longest: int) -> list[Floats]:
    """Sums of 1 to `longest` neighbours over their standard deviation, by length."""
    kept = max((alike_of(score) - _ALIKE) / (1 - _ALIKE), 0.0)
    running = np.concatenate([[0.0], np.cumsum(score)])
    sums = []
    for length in range(1, min(longest, len(score)) + 1):
        lag = np.arange(1, length)
        variance = length + 2 * ((length - lag) * kept**lag).sum()
        sums.append((running[length:] - running[:-length]) / np.sqrt(variance))
    return sums


def alike_of(score: Floats) -> float:
    """Correlation of neighbouring days' scores, odd days clipped; between 0 and `_MOST_ALIKE`."""
    clipped = np.clip(score, -2.0, 2.0)
    clipped = clipped - clipped.mean()
    square = float((clipped**2).sum())
    alike = float((clipped[1:] * clipped[:-1]).sum()) / square if square > 0 else 0.0
    return min(max(alike, 0.0), _MOST_ALIKE)


def _runs(score: Floats, limit: float, longest: int) -> list[tuple[int, int, float]]:
    """First day, length and score of each run beyond a limit; of those that overlap the largest."""
    candidates = [
        (abs(value), begin, length, float(value))
        for length, values in enumerate(run_scores(score, longest), start=1)
        for begin, value in enumerate(values)
        if abs(value) > limit
    ]
    taken = np.zeros(len(score), dtype=bool)
    found = []
    for _, begin, length, value in sorted(candidates, reverse=True):
        if not taken[max(0, begin - 1) : begin + length + 1].any():
            taken[begin : begin + length] = True
            found.append((begin, length, value))
    return found
