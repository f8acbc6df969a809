"""Effect of a change by synthetic control with placebos, and Granger's test with its caveat.

Neither is an experiment. A synthetic control (Abadie, Diamond & Hainmueller 2010) compares a
campaign after a day with a weighted mean of other campaigns that tracked it before. As placebos,
every other campaign is treated as if it had changed; the smallest possible p value is one over the
number of campaigns.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import numpy as np
from pydantic import Field
from scipy.optimize import nnls

from ..forecasting import weekdays_of_dates
from ..history import History
from ..settings import Settings
from ..types import Floats

GRANGER_WARNING = (
    "Granger's test asks whether yesterday's spend helps to predict today's conversions beyond "
    "their own past. It shows precedence, not causation: budgets raised ahead of demand pass it, "
    "and an effect on the same day fails it."
)
_WEEK = 7  # days
_MIN_WEEKS_BEFORE, _MIN_WEEKS_AFTER = 4, 1
_MIN_CAMPAIGNS = 3
_MIN_CONVERSIONS = 30.0  # minimum before and after the change, else excluded
_MIN_DONOR_WEIGHT = 0.01  # reported weights of donors are larger
_SUM_PENALTY = 1e3  # weight of the equation that makes the donors' weights sum to 1
_MIN_ERROR = 1e-12
_MIN_GRANGER_DAYS = 60  # usable days
_LOG_OFFSET = 1.0  # conversions (dollars) added before taking a logarithm


class EffectSettings(Settings):
    """Settings of effects and Granger's test: the keys of `effects` in `conf/diagnosis`."""

    weeks_before: Annotated[int, Field(ge=4)]
    weeks_after: Annotated[int, Field(ge=1)]
    lags: Annotated[int, Field(ge=1, le=14)]  # lags of Granger's test, days


@dataclass(frozen=True, eq=False)
class Effect:
    """Conversions of a campaign after a change against its synthetic control."""

    campaign: str
    day: date  # first day after the change
    change: float  # mean of actual over that of synthetic after the change, minus 1
    p_value: float  # share of campaigns, itself included, whose error grew as much
    smallest: float  # smallest possible p value: 1 / campaigns compared
    weights: dict[str, float]  # weights above 0.01, by donor
    weeks: tuple[int, int]  # number of weeks before and after the change
    actual: Floats  # (weeks,) conversions over their mean before the change
    synthetic: Floats  # (weeks,) weighted mean of the donors, same unit


@dataclass(frozen=True)
class Precedence:
    """Granger's test of one campaign in both directions."""

    campaign: str
    spend_first: float  # p value of spend not helping to predict conversions, Holm-adjusted
    conversions_first: float  # p value of the reverse direction, Holm-adjusted
    lags: int  # days


def effect_of(
    history: History, campaign: str, day: date, settings: EffectSettings
) -> Effect | None:
    """Effect of a campaign's change by comparison with its synthetic control.

    Args:
        history: history of all campaigns; those with few conversions on either side are left out.
        campaign: name of the campaign that changed.
        day: first day after the change.
        settings: lengths of the compared periods.

    Returns:
        The effect; None if either period is too short or fewer than three campaigns remain.
    """
    index = int(np.searchsorted(history.dates, np.datetime64(day, "D")))
    before = min(settings.weeks_before, index // _WEEK)
    after = min(settings.weeks_after, (len(history.dates) - index) // _WEEK)
    if before < _MIN_WEEKS_BEFORE or after < _MIN_WEEKS_AFTER:
        return None
    weekly = _weekly_conversions(history, index, before, after)
    fewest = np.minimum(weekly[:before].sum(0), weekly[before:].sum(0) * before / after)
    compared = [k for k, total in enumerate(fewest) if total >= _MIN_CONVERSIONS]
    column = history.names.index(campaign)
    if column not in compared or len(compared) < _MIN_CAMPAIGNS:
        return None
    series = weekly[:, compared] / weekly[:before, compared].mean(axis=0)
    controls = [_synthetic_control(series, k, before) for k in range(len(compared))]
    growth = [_error_growth(series[:, k], c[1], before) for k, c in enumerate(controls)]
    k = compared.index(column)
    weights, synthetic = controls[k]
    donors = [history.names[other] for other in compared if other != column]
    return Effect(
        campaign=campaign,
        day=day,
        change=float(series[before:, k].mean() / synthetic[before:].mean() - 1),
        p_value=float(np.mean([value >= growth[k] for value in growth])),
        smallest=1 / len(compared),
        weights={
            name: float(weight)
            for name, weight in zip(donors, weights, strict=True)
            if weight > _MIN_DONOR_WEIGHT
        },
        weeks=(before, after),
        actual=series[:, k],
        synthetic=synthetic,
    )


def _weekly_conversions(history: History, index: int, before: int, after: int) -> Floats:
    """(before + after, campaigns) sums over the whole weeks on both sides of a day."""
    days = slice(index - before * _WEEK, index + after * _WEEK)
    counted = np.nan_to_num(history.conversions[days])
    return np.asarray(counted.reshape(before + after, _WEEK, -1).sum(axis=1))


def _synthetic_control(series: Floats, k: int, before: int) -> tuple[Floats, Floats]:
    """Donor weights (>= 0, sum 1, least squares before the change) and the weighted mean, (weeks,).

    Args:
        series: (weeks, campaigns) conversions over their mean before the change.
        k: column of the campaign that is replicated; all others are donors.
        before: weeks before the change.
    """
    donors = np.delete(series, k, axis=1)
    equations = np.vstack([donors[:before], np.full((1, donors.shape[1]), _SUM_PENALTY)])
    weights, _ = nnls(equations, np.append(series[:before, k], _SUM_PENALTY))
    weights = weights / weights.sum()
    return weights, np.asarray(donors @ weights)


def _error_growth(actual: Floats, synthetic: Floats, before: int) -> float:
    """Root of the mean squared error after the change over that before it."""
    square = (actual - synthetic) ** 2
    return float(np.sqrt(square[before:].mean() / max(square[:before].mean(), _MIN_ERROR)))


def precedence_of(history: History, settings: EffectSettings) -> list[Precedence]:
    """Granger's test in both directions for every campaign with enough days.

    The series are logarithms minus their weekday means, differenced once, so that a common trend
    does not count as precedence. The p values are adjusted by Holm's method.
    """
    names, p_values = [], []
    for k, name in enumerate(history.names):
        series = _stationary_series(history, k)
        if series is not None:
            names.append(name)
            p_values.append(
                [
                    _granger_p_value(series, settings.lags),
                    _granger_p_value(series[:, ::-1], settings.lags),
                ]
            )
    if not names:
        return []
    from statsmodels.stats.multitest import multipletests  # slow to import, as all of it

    _, adjusted, _, _ = multipletests(np.ravel(p_values), method="holm")
    return [
        Precedence(name, float(forward), float(reverse), settings.lags)
        for name, (forward, reverse) in zip(names, np.reshape(adjusted, (-1, 2)), strict=True)
    ]


def _stationary_series(history: History, k: int) -> Floats | None:
    """(days - 1, 2) differences of log conversions and log spend; None if there are too few."""
    series = np.stack([history.conversions[:, k], history.spend[:, k]], axis=1)
    usable = np.isfinite(series).all(axis=1) & (series[:, 1] > 0)
    too_few = usable.sum() < _MIN_GRANGER_DAYS or series[usable, 0].sum() < _MIN_CONVERSIONS
    if too_few or np.ptp(series[usable, 1]) == 0:
        return None
    logs = np.log(series[usable] + _LOG_OFFSET)
    weekday = weekdays_of_dates(history.dates)[usable]
    for day in range(7):
        if (weekday == day).any():
            logs[weekday == day] -= logs[weekday == day].mean(axis=0)
    return np.diff(logs, axis=0)


def _granger_p_value(series: Floats, lags: int) -> float:
    """P value of the second column not helping to predict the first."""
    from statsmodels.tsa.stattools import grangercausalitytests

    results = grangercausalitytests(series, maxlag=[lags])
    return float(results[lags][0]["ssr_ftest"][1])
