"""Posterior draws of click prices, click rates and order values.

Conversions do not depend on them, so they are drawn apart from the response parameters.
"""

from typing import NamedTuple

import numpy as np
import scipy

from ...data.history import History
from ...data.types import Floats
from .priors import Range

_PRIOR_ORDERS = 10.0  # pseudo-count of orders at the advertiser's mean value
_ORDER_HALF_LIFE = 28.0  # days after which an order counts half for the order value of the flight
_PRIOR_ORDER_SD = 0.4  # daily log-sd of order value with fewer than `_MIN_DAYS` days
_PRIOR_CPC_SD = 0.2  # daily log-sd of CPC with fewer than `_MIN_DAYS` days
_PRIOR_IMPRESSIONS = 100  # pseudo-count of impressions at the advertiser's click rate
_MIN_DAYS = 10  # days with clicks (or orders) from which a regression or an sd is estimated


class PriceDraws(NamedTuple):
    """Price fields of ``Market``, each (draws, campaigns)."""

    reference_cpc: Floats
    inflation: Floats
    price_sd: Floats
    click_rate: Floats
    order_value: Floats
    order_value_sd: Floats

    @classmethod
    def neutral(cls, ones: Floats) -> "PriceDraws":
        """Return placeholder prices, where only conversions matter."""
        return cls(ones, 0 * ones, 0 * ones, ones, ones, 0 * ones)


def draw_prices(
    history: History, reference: Floats, inflation: Range, draws: int, rng: np.random.Generator
) -> PriceDraws:
    """Draw prices for every campaign.

    Args:
        history: daily data.
        reference: (campaigns,) reference spend in dollars per day.
        inflation: uniform prior of d log CPC / d log spend.
        draws: number of draws.
        rng: source of randomness.
    """
    totals = [np.nansum(x) for x in (history.spend, history.clicks, history.impressions)]
    average_cpc = (totals[0] if totals[0] > 0 else 1.0) / max(totals[1], 1.0)
    average_rate = max(totals[1], 1.0) / max(totals[2], 1.0)
    fields_by_campaign = []
    for k, x0 in enumerate(reference):
        spend, clicks = history.spend[:, k], history.clicks[:, k]
        cpc = _draw_cpc(spend, clicks, x0, inflation, average_cpc, draws, rng)
        shown = np.nansum(history.impressions[:, k])
        pseudo = _PRIOR_IMPRESSIONS
        rate = (np.nansum(clicks) + pseudo * average_rate) / (shown + pseudo)
        value = _draw_order_value(history, k, draws, rng)
        fields_by_campaign.append((*cpc, np.full(draws, min(rate, 1.0)), *value))
    return PriceDraws(*(np.stack(field, axis=1) for field in zip(*fields_by_campaign, strict=True)))


def _draw_cpc(
    spend: Floats,
    clicks: Floats,
    x0: float,
    inflation: Range,
    average: float,
    draws: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats, Floats]:
    """Draw reference CPC, inflation and daily log-sd, each (draws,).

    A regression of log CPC on log spend; the uniform prior on the slope truncates its normal.
    """
    with np.errstate(invalid="ignore"):
        use = (spend > 0) & (clicks > 0)
    uniform = rng.random(draws)
    if use.sum() < _MIN_DAYS:
        slope = inflation.low + uniform * (inflation.high - inflation.low)
        cpc = (np.nansum(spend) + average) / (np.nansum(clicks) + 1)
        return np.full(draws, cpc), slope, np.full(draws, _PRIOR_CPC_SD)
    x, y = np.log(spend[use] / x0), np.log(spend[use] / clicks[use])
    centred = x - x.mean()
    sum_of_squares = max(float((centred**2).sum()), 1e-9)
    mean = float(centred @ y) / sum_of_squares
    sd = float(np.std(y - y.mean() - mean * centred)) + 1e-6
    slope = truncated_normal(
        mean, sd / np.sqrt(sum_of_squares), inflation.low, inflation.high, uniform
    )
    centre = y.mean() + sd / np.sqrt(len(y)) * rng.standard_normal(draws)
    return np.exp(centre - slope * x.mean()), slope, np.full(draws, sd)


def _draw_order_value(
    history: History, k: int, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw the mean order value and return its daily log-sd, each (draws,)."""
    revenue, orders = history.revenue[:, k], history.conversions[:, k]
    average = np.nansum(history.revenue) / max(np.nansum(history.conversions), 1.0)
    weight = 0.5 ** (np.arange(len(orders))[::-1] / _ORDER_HALF_LIFE)
    own = (np.nansum(revenue) + _PRIOR_ORDERS * average) / (np.nansum(orders) + _PRIOR_ORDERS)
    recent = np.nansum(weight * orders) + _PRIOR_ORDERS
    mean = (np.nansum(weight * revenue) + _PRIOR_ORDERS * own) / recent
    with np.errstate(invalid="ignore"):
        use = (orders >= 1) & (revenue > 0)
    sd = _PRIOR_ORDER_SD
    if use.sum() >= _MIN_DAYS:
        sd = float(np.std(np.log(revenue[use] / orders[use])))
    days = max(float(weight[use].sum()), 1.0)  # the sd is a day's: the mean's falls with days
    draw = mean * np.exp(sd / np.sqrt(days) * rng.standard_normal(draws))
    return draw, np.full(draws, sd)


def truncated_normal(mean: float, sd: float, low: float, high: float, uniform: Floats) -> Floats:
    """Map uniforms to a normal truncated to [low, high]; far tails collapse onto the bound."""
    edges = scipy.special.ndtr((np.array([low, high]) - mean) / sd)
    inside = scipy.special.ndtri(edges[0] + uniform * (edges[1] - edges[0]))
    nearest = np.clip(mean, low, high)
    return np.asarray(
        np.clip(np.where(np.isfinite(inside), mean + sd * inside, nearest), low, high)
    )
