"""Are the last days of an export incomplete? What its own conversions say.

A curve of shares by age is raised to an exponent in [0, 1]: 0 for an export that is complete, 1 for
one that was taken at once. Conversions per click before the last days give the expected number of
each of them; counts are quasi-Poisson, and a level that all of the last days share is integrated
out, so that it is the decline towards the last day which speaks, not a bad week.
"""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ..history import History
from ..types import Floats
from .curves import Curve

_BASE_DAYS = 28  # days before the last ones with which they are compared
_WEEKDAY_DAYS = 84  # days before the last ones that tell the weekdays apart, at most
_WEEKDAY_STRENGTH = 2.0  # weeks that equal weekdays are worth
_EXPONENTS = np.linspace(0.0, 1.0, 21)
_LEVELS = np.linspace(-3.0, 3.0, 25)  # standard deviations
_LEVEL_SD = 0.15  # of the log of a fortnight's conversions per click, against the month before
_COMPLETE_ODDS = 3.0  # prior odds of a complete export; judgement
_HABIT_ODDS = 1 / 9  # the same where an older export ended earlier and was not complete; judgement
_PLACEBOS = 26  # weeks of the past in which the same evidence is looked for, where it means nothing
_PLACEBO_RANK = 0.9  # quantile of their evidence that is taken for chance


class Window(NamedTuple):
    """Last days up to some day, the last one first."""

    found: Floats  # (ages,) conversions
    expected: Floats  # (ages,) at the rates of the four weeks before
    dispersion: float  # variance of a day's conversions over that of a Poisson variable, >= 1


class Series(NamedTuple):
    """Conversions of one channel's units, up to the last day of its export."""

    volume: Floats  # (days, units) clicks, or spend where there are no clicks
    counts: Floats  # (days, units) conversions, or revenue where there are no conversions

    @classmethod
    def of(cls, history: History, units: list[int], days: int) -> Self:
        """Series of some units over the first `days` days; days that are not known count as 0."""
        clicks, spend, conversions, revenue = (
            values[:days, units]
            for values in (history.clicks, history.spend, history.conversions, history.revenue)
        )
        volume = clicks if np.nansum(clicks) > 0 else spend
        counts = conversions if np.isfinite(conversions).any() else revenue
        known = np.isfinite(volume) & np.isfinite(counts)
        return cls(np.where(known, volume, 0.0), np.where(known, counts, 0.0))

    def window(self, ages: int, stop: int | None = None) -> Window | None:
        """The `ages` days before day `stop`; None without four weeks of conversions before them.

        Units without volume in those four weeks are left out.
        """
        stop = len(self.counts) if stop is None else stop
        first = stop - ages
        if ages < 1 or first < _BASE_DAYS:
            return None
        base, last = slice(first - _BASE_DAYS, first), slice(first, stop)
        known = self.volume[base].sum(0) > 0
        volume, counts = self.volume[:, known], self.counts[:, known]
        if counts[base].sum() == 0:
            return None
        rate = counts[base].sum(0) / volume[base].sum(0)
        counts, expected = counts.sum(1)[:stop], (volume @ rate)[:stop]
        expected = expected * _weekday_factors(counts[:first], expected[:first], stop)
        dispersion = _dispersion(counts[base], expected[base])
        return Window(counts[last][::-1], expected[last][::-1], dispersion)


def _weekday_factors(counts: Floats, expected: Floats, days: int) -> Floats:
    """(days,) factors of conversions by weekday, from the days before the last ones."""
    first = max(len(counts) - _WEEKDAY_DAYS, 0)
    weekday = np.arange(first, len(counts)) % 7
    counts, expected = counts[first:], expected[first:]
    level = counts.sum() / expected.sum()
    usual = np.bincount(weekday, expected, 7) * level
    strength = _WEEKDAY_STRENGTH * usual.mean() * 7 / max(len(counts), 1)
    factors = (np.bincount(weekday, counts, 7) + strength) / (usual + strength)
    return np.asarray(factors[np.arange(days) % 7])


def exponent(series: Series, curve: Curve) -> float:
    """Exponent of a curve that the last days suggest, in [0, 1]; 0 if they are complete.

    The posterior mean, or 0 where completeness is the more probable. Its prior is a point at 0 and
    a uniform distribution over the rest, and the evidence must exceed what the same search finds in
    the channel's past. A curve that is a habit is believed as it is, unless the days speak clearly
    for completeness.

    Args:
        series: conversions up to the last day of the export.
        curve: shares at exponent 1.
    """
    ages = curve.days
    window = series.window(ages)
    if ages == 0:
        return 0.0
    if window is None:
        return float(curve.is_habit)
    evidence = _log_evidence(window, curve.shares[:ages])
    if curve.is_habit:
        return float(evidence[-1] - evidence[0] > np.log(_HABIT_ODDS))
    chance = max(_chance(series, curve), 0.0)
    odds = np.exp(_log_factor(evidence) - chance) / _COMPLETE_ODDS
    if odds < 1:
        return 0.0
    weights = np.exp(evidence[1:] - evidence.max())
    mean = float(weights @ _EXPONENTS[1:] / weights.sum())
    return mean * float(1 / (1 + 1 / odds))


def _chance(series: Series, curve: Curve) -> float:
    """Log Bayes factor that is found by chance: a high quantile over past, complete weeks."""
    ages = curve.days
    first = len(series.counts) - 7 * -(-ages // 7)  # the same weekday as the last day's
    windows = [series.window(ages, first - 7 * k) for k in range(_PLACEBOS)]
    factors = [_log_factor(_log_evidence(w, curve.shares[:ages])) for w in windows if w is not None]
    return float(np.quantile(factors, _PLACEBO_RANK)) if factors else 0.0


def _log_factor(evidence: Floats) -> float:
    """Log Bayes factor of any exponent above 0 against 0, from (exponents,) log evidence."""
    return float(np.logaddexp.reduce(evidence[1:]) - np.log(len(evidence) - 1) - evidence[0])


def _log_evidence(window: Window, shares: Floats) -> Floats:
    """(exponents,) log likelihood of a window, the level of its days integrated out."""
    known = window.expected > 0
    level = np.exp(_LEVEL_SD * _LEVELS)[None, :, None]
    shape = shares[known] ** _EXPONENTS[:, None, None]
    mean = window.expected[known] * level * shape  # (exponents, levels, ages)
    likelihood = (window.found[known] * np.log(mean) - mean).sum(2) / window.dispersion
    return np.asarray(np.logaddexp.reduce(likelihood - 0.5 * _LEVELS**2, axis=1))


def _dispersion(counts: Floats, expected: Floats) -> float:
    """Variance of daily counts over that of a Poisson variable, at least 1."""
    known: NDArray[np.bool_] = expected > 0
    if not known.any():
        return 1.0
    return max(float(np.mean((counts[known] - expected[known]) ** 2 / expected[known])), 1.0)
