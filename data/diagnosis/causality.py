"""Whether something did it: synthetic control with placebos, and Granger's test with its warning.

Neither is an experiment. A synthetic control (Abadie, Diamond & Hainmueller 2010) compares a
campaign after a day with a weighted mean of the other campaigns that went along with it before;
the placebos are every other campaign treated as if it had changed, and the smallest possible p is
one over the number of campaigns.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import numpy as np
from pydantic import Field
from scipy.optimize import nnls
from statsmodels.stats.multitest import multipletests
from statsmodels.tsa.stattools import grangercausalitytests

from ..forecasting import weekday_of
from ..history import History
from ..settings import Settings
from ..types import Floats

GRANGER_WARNING = (
    "Granger's test asks whether yesterday's spend helps to predict today's conversions beyond "
    "their own past. It is precedence, not cause: whoever raises budgets before demand rises "
    "passes it, and a reaction on the same day fails it."
)
_WEEK = 7  # days
_WEIGHT = 1e3  # of the weights' sum among the equations, so that it is 1
_LITTLE = 1.0  # conversions before a logarithm
_FEW = 30.0  # conversions in either part below which a campaign takes no part
_DAYS = 60  # known days that Granger's test needs


class EffectSettings(Settings):
    """The keys of `conf/diagnosis`'s `effects`, where their meaning and defaults are."""

    weeks_before: Annotated[int, Field(ge=4)]
    weeks_after: Annotated[int, Field(ge=1)]
    lags: Annotated[int, Field(ge=1, le=14)]  # days


@dataclass(frozen=True, eq=False)
class Effect:
    """What a campaign's conversions did after a day against its synthetic control."""

    campaign: str
    day: date  # the first one after
    change: float  # relative: mean of actual over synthetic after the day, less 1
    p_value: float  # rank of its error's growth among the placebos'
    smallest: float  # p that was possible: 1 / campaigns that took part
    weights: dict[str, float]  # of the donors, those above .01
    weeks: tuple[int, int]  # before and after
    actual: Floats  # (weeks,) conversions over their mean before the day
    synthetic: Floats  # (weeks,) the same of the weighted donors


@dataclass(frozen=True)
class Precedence:
    """Granger's test of one campaign in both directions."""

    campaign: str
    spend_first: float  # p that spend does not help to predict conversions, after Holm
    conversions_first: float  # p of the reverse, after Holm
    lags: int  # days


def effect_of(history: History, campaign: str, day: date, how: EffectSettings) -> Effect | None:
    """Compare a campaign after a day with its synthetic control.

    Args:
        history: of all campaigns; those with few conversions on either side take no part.
        campaign: the one that changed.
        day: first one after the change.
        how: the windows.

    Returns:
        The effect; None where either side is too short or fewer than three campaigns take part.
    """
    at = int(np.searchsorted(history.dates, np.datetime64(day, "D")))
    before = min(how.weeks_before, at // _WEEK)
    after = min(how.weeks_after, (len(history.dates) - at) // _WEEK)
    if before < 4 or after < 1:
        return None
    days = slice(at - before * _WEEK, at + after * _WEEK)
    counted = np.nan_to_num(history.conversions[days])
    weekly = counted.reshape(before + after, _WEEK, -1).sum(axis=1)
    sums = np.minimum(weekly[:before].sum(0), weekly[before:].sum(0) * before / after)
    part = [k for k, total in enumerate(sums) if total >= _FEW]
    own = history.names.index(campaign)
    if own not in part or len(part) < 3:
        return None
    index = weekly[:, part] / weekly[:before, part].mean(axis=0)
    fits = [_control(index, k, before) for k in range(len(part))]
    growth = [_growth(index[:, k], fit[1], before) for k, fit in enumerate(fits)]
    k = part.index(own)
    weights, synthetic = fits[k]
    donors = [history.names[other] for other in part if other != own]
    return Effect(
        campaign=campaign,
        day=day,
        change=float(index[before:, k].mean() / synthetic[before:].mean() - 1),
        p_value=float(np.mean([each >= growth[k] for each in growth])),
        smallest=1 / len(part),
        weights={n: float(w) for n, w in zip(donors, weights, strict=True) if w > 0.01},
        weeks=(before, after),
        actual=index[:, k],
        synthetic=synthetic,
    )


def _control(index: Floats, k: int, before: int) -> tuple[Floats, Floats]:
    """Weights of the donors (>= 0, sum 1, least squares before the day) and what they make."""
    donors = np.delete(index, k, axis=1)
    sides = np.vstack([donors[:before], np.full((1, donors.shape[1]), _WEIGHT)])
    weights, _ = nnls(sides, np.append(index[:before, k], _WEIGHT))
    weights = weights / weights.sum()
    return weights, np.asarray(donors @ weights)


def _growth(actual: Floats, synthetic: Floats, before: int) -> float:
    """Root mean squared error after the day over that before it."""
    square = (actual - synthetic) ** 2
    return float(np.sqrt(square[before:].mean() / max(square[:before].mean(), 1e-12)))


def precedence_of(history: History, how: EffectSettings) -> list[Precedence]:
    """Test every campaign with enough days both ways; p values corrected by Holm's method.

    Logarithms less their weekday means, differenced once, so that a common trend is no precedence.
    """
    names, raw = [], []
    for k, name in enumerate(history.names):
        pair = _stationary(history, k)
        if pair is not None:
            names.append(name)
            raw.append([_p_value(pair, how.lags), _p_value(pair[:, ::-1], how.lags)])
    if not names:
        return []
    _, adjusted, _, _ = multipletests(np.ravel(raw), method="holm")
    pairs = np.reshape(adjusted, (-1, 2))
    return [
        Precedence(name, float(one), float(other), how.lags)
        for name, (one, other) in zip(names, pairs, strict=True)
    ]


def _stationary(history: History, k: int) -> Floats | None:
    """(days - 1, 2) differences of log conversions and log spend, None where there are too few."""
    series = np.stack([history.conversions[:, k], history.spend[:, k]], axis=1)
    known = np.isfinite(series).all(axis=1) & (series[:, 1] > 0)
    if known.sum() < _DAYS or series[known, 0].sum() < _FEW or np.ptp(series[known, 1]) == 0:
        return None
    logs = np.log(series[known] + _LITTLE)
    weekday = weekday_of(history.dates)[known]
    for each in range(7):
        if (weekday == each).any():
            logs[weekday == each] -= logs[weekday == each].mean(axis=0)
    return np.diff(logs, axis=0)


def _p_value(pair: Floats, lags: int) -> float:
    """P that the second column does not help to predict the first."""
    found = grangercausalitytests(pair, maxlag=[lags])
    return float(found[lags][0]["ssr_ftest"][1])
