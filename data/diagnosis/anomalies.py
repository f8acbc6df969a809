"""Anomalies: days and runs of days whose conversions the baseline does not explain.

Counts are compared with the `Baseline` on a variance-stabilised scale, (2/√α) asinh √(α y) for a
variance of m + α m² (Anscombe 1948). α and the residual scale are estimated per campaign, first
from the median and MAD and then from the days within 3.5 scales. Residuals are summed over runs of
one to seven days, so that a drop too small for any single day shows over several; the sums are
divided by a standard deviation that accounts for autocorrelation. The thresholds make the
probability of any false alarm in a steady history `false_alarms`: a quarter of it goes to all
campaigns together and the rest to single campaigns in proportion to their conversions, as a
campaign with few of them has no detectable anomalies anyway.
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
from .explanation import Run, explain

EVERYWHERE = "all campaigns"
MAD_TO_SD = 1.4826  # sd of a normal distribution over its MAD
_ANSCOMBE_SHIFT = 3.0 / 8.0
_MIN_DISPERSION = 1e-6
_MAX_DISPERSION = 1.2
_BISECTIONS = 22
_INLIER_LIMIT = 3.5  # scales beyond which a day does not enter the estimate of the scale
_MIN_INLIER_SIZE = 1e-9
_SCALE_ITERATIONS = 6
_TESTS_PER_DAY = 4.0  # independent tests that runs of one to seven days amount to, by simulation
_NOISE_AUTOCORRELATION = 0.1  # lag-1 autocorrelation of detrended white noise, subtracted
_MAX_AUTOCORRELATION = 0.9
_AUTOCORRELATION_CLIP = 2.0  # standard deviations at which residuals are clipped
_TOTAL_SHARE = 0.25  # share of the false-alarm probability spent on all campaigns together


class AnomalySettings(Settings):
    """Settings of the residual method: the keys of `anomalies` in `conf/diagnosis`."""

    false_alarms: Annotated[float, Field(gt=0, lt=1)]
    longest: Annotated[int, Field(ge=1, le=28)]  # maximum length of a run, days


@dataclass(frozen=True)
class Anomaly:
    """Run of days that the baseline does not explain."""

    campaign: str  # name, or `EVERYWHERE` for all campaigns together
    first: date
    last: date
    counted: float  # conversions
    expected: float  # conversions
    score: float  # standard deviations; negative for too few conversions
    threshold: float  # absolute score that was exceeded
    reason: str  # one sentence


def anomalies_of(
    history: History,
    baseline: Baseline,
    baseline_settings: BaselineSettings,
    settings: AnomalySettings,
) -> list[Anomaly]:
    """Anomalies of all campaigns and of their total, earliest first."""
    counted, expected, usable = _with_total(baseline, baseline_settings)
    scores = standardised_residuals(counted, expected, usable)
    limits = thresholds(counted, len(history.dates), settings.false_alarms)
    runs = [
        (column, begin, length, score)
        for column in range(counted.shape[1])
        for begin, length, score in _significant_runs(
            scores[:, column], limits[column], settings.longest
        )
    ]
    anomalies = []
    for column, begin, length, score in sorted(runs, key=lambda run: (run[1], run[0])):
        days = slice(begin, begin + length)
        run = Run(
            column if column < len(history.names) else None,
            days,
            float(counted[days, column].sum()),
            float((expected * usable)[days, column].sum()),
        )
        anomalies.append(anomaly_of(history, baseline, run, score, float(limits[column])))
    return anomalies


def anomaly_of(
    history: History, baseline: Baseline, run: Run, score: float, threshold: float
) -> Anomaly:
    """Anomaly record of a run of days; score and threshold as in `Anomaly`."""
    return Anomaly(
        campaign=EVERYWHERE if run.column is None else history.names[run.column],
        first=history.dates[run.days.start].item(),
        last=history.dates[run.days.stop - 1].item(),
        counted=run.counted,
        expected=run.expected,
        score=score,
        threshold=threshold,
        reason=explain(history, baseline, run),
    )


def standardised_residuals(counted: Floats, expected: Floats, usable: NDArray[np.bool_]) -> Floats:
    """(days, columns) stabilised residuals in standard deviations; 0 where not usable."""
    residuals = stabilised_residuals(counted, expected, usable)
    return np.nan_to_num(residuals / np.maximum(_robust_scale(residuals), 1.0))


def stabilised_residuals(counted: Floats, expected: Floats, usable: NDArray[np.bool_]) -> Floats:
    """(days, columns) variance-stabilised residuals minus their median; NaN where not usable.

    The dispersion of a column is the smallest at which its scale is at most 1, by bisection.
    """
    low, high = np.zeros(counted.shape[1]), np.full(counted.shape[1], _MAX_DISPERSION)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        too_small = _robust_scale(_residuals(counted, expected, usable, middle)) > 1
        low, high = np.where(too_small, middle, low), np.where(too_small, high, middle)
    return _residuals(counted, expected, usable, high)


def thresholds(counted: Floats, days: int, false_alarms: float) -> Floats:
    """(columns,) absolute scores that a run must exceed; the last column is the total.

    Quantiles of Student's t with `days` degrees of freedom, as the scale is estimated from as many
    days; infinite for a column without conversions.
    """
    total = counted.sum(axis=0)
    share = np.append((1 - _TOTAL_SHARE) * total[:-1] / max(total[-1], 1.0), _TOTAL_SHARE)
    probability = false_alarms * share / (2 * days * _TESTS_PER_DAY)
    return np.where(total > 0, student.isf(probability, days), np.inf)


def run_scores(score: Floats, longest: int) -> list[Floats]:
    """Sums over runs of 1 to `longest` days divided by their standard deviations, by length."""
    noise = _NOISE_AUTOCORRELATION
    autocorrelation = max((autocorrelation_of(score) - noise) / (1 - noise), 0.0)
    cumulative = np.concatenate([[0.0], np.cumsum(score)])
    sums = []
    for length in range(1, min(longest, len(score)) + 1):
        lag = np.arange(1, length)
        variance = length + 2 * ((length - lag) * autocorrelation**lag).sum()
        sums.append((cumulative[length:] - cumulative[:-length]) / np.sqrt(variance))
    return sums


def autocorrelation_of(score: Floats) -> float:
    """Lag-1 autocorrelation of clipped scores, between 0 and `_MAX_AUTOCORRELATION`."""
    clipped = np.clip(score, -_AUTOCORRELATION_CLIP, _AUTOCORRELATION_CLIP)
    clipped = clipped - clipped.mean()
    square = float((clipped**2).sum())
    autocorrelation = float((clipped[1:] * clipped[:-1]).sum()) / square if square > 0 else 0.0
    return min(max(autocorrelation, 0.0), _MAX_AUTOCORRELATION)


def _with_total(
    baseline: Baseline, settings: BaselineSettings
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Counted, expected and usable with a last column for all campaigns together."""
    counted = baseline.counted.sum(axis=1, keepdims=True)
    expected = (baseline.expected * baseline.usable).sum(axis=1, keepdims=True)
    usable = np.asarray(baseline.usable.any(axis=1, keepdims=True))
    expected = expected * running_level(counted, expected, usable, settings)
    return (
        np.concatenate([baseline.counted, counted], axis=1),
        np.concatenate([baseline.expected, expected], axis=1),
        np.concatenate([baseline.usable, usable], axis=1),
    )


def _residuals(
    counted: Floats, expected: Floats, usable: NDArray[np.bool_], dispersion: Floats
) -> Floats:
    """Differences on the stabilised scale minus their median, NaN where not usable."""
    alpha = np.maximum(dispersion, _MIN_DISPERSION)
    correction = 1 - 2 * _ANSCOMBE_SHIFT * np.minimum(alpha, 1.0)

    def stabilise(values: Floats) -> Floats:
        scaled = alpha * (values + _ANSCOMBE_SHIFT) / correction
        return np.asarray(2 / np.sqrt(alpha) * np.arcsinh(np.sqrt(scaled)))

    residuals = np.where(usable, stabilise(counted) - stabilise(expected), np.nan)
    return residuals - _median(residuals)


def _robust_scale(residuals: Floats) -> Floats:
    """(columns,) sd of the inliers, corrected for the truncation; the MAD is the initial value."""
    share = norm.cdf(_INLIER_LIMIT) - norm.cdf(-_INLIER_LIMIT)
    truncated_sd = np.sqrt(1 - 2 * _INLIER_LIMIT * norm.pdf(_INLIER_LIMIT) / share)
    size = np.abs(residuals)
    scale = MAD_TO_SD * _median(size)
    for _ in range(_SCALE_ITERATIONS):
        inlier = size <= np.maximum(_INLIER_LIMIT * scale, _MIN_INLIER_SIZE)
        square = np.where(inlier, residuals**2, 0.0).sum(axis=0)
        scale = np.sqrt(square / np.maximum(inlier.sum(axis=0), 1)) / truncated_sd
    return np.asarray(scale)


def _median(values: Floats) -> Floats:
    """(columns,) medians of the finite values; 0 where there are none."""
    finite = np.isfinite(values)
    ordered = np.sort(np.where(finite, values, np.inf), axis=0)
    count = finite.sum(axis=0)
    ranks = [np.maximum((count - 1 + offset) // 2, 0)[None] for offset in (0, 1)]
    middle = sum(np.take_along_axis(ordered, rank, axis=0)[0] for rank in ranks) / 2
    return np.where(count > 0, middle, 0.0)


def _significant_runs(
    score: Floats, threshold: float, longest: int
) -> list[tuple[int, int, float]]:
    """First day, length and score of each run beyond a threshold; the largest of overlapping ones.

    Runs are at least one day apart.
    """
    candidates = [
        (abs(value), begin, length, float(value))
        for length, values in enumerate(run_scores(score, longest), start=1)
        for begin, value in enumerate(values)
        if abs(value) > threshold
    ]
    taken = np.zeros(len(score), dtype=bool)
    runs = []
    for _, begin, length, value in sorted(candidates, reverse=True):
        if not taken[max(0, begin - 1) : begin + length + 1].any():
            taken[begin : begin + length] = True
            runs.append((begin, length, value))
    return runs
