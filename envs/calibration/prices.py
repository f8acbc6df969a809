"""Posterior draws of what conversions do not depend on: click prices, click rates, order values."""

from typing import NamedTuple

import numpy as np
from scipy import special

from ...data.history import History
from ...data.types import Floats
from .priors import Range

_PRIOR_ORDERS = 10.0  # orders at the advertiser's mean value that a campaign starts from
_PRIOR_ORDER_SD = 0.4  # a day's log-sd of order value where the data are too few
_FEWEST_DAYS = 10  # days with clicks (or orders) below which a spread is not estimated


class PriceDraws(NamedTuple):
    """The fields of ``Market`` that are drawn here, each (draws, campaigns)."""

    reference_cpc: Floats
    inflation: Floats
    price_sd: Floats
    click_rate: Floats
    order_value: Floats
    order_value_sd: Floats

    @classmethod
    def neutral(cls, ones: Floats) -> "PriceDraws":
        """Return prices that conversions do not notice."""
        return cls(ones, 0 * ones, 0 * ones, ones, ones, 0 * ones)


def draw_prices(
    history: History, reference: Floats, inflation: Range, draws: int, rng: np.random.Generator
) -> PriceDraws:
    """Draw prices for every campaign.

    Args:
        history: the daily record.
        reference: (campaigns,) reference spend in dollars a day.
        inflation: uniform prior of d log CPC / d log spend.
        draws: how many.
        rng: source of randomness.
    """
    totals = [np.nansum(x) for x in (history.spend, history.clicks, history.impressions)]
    average_cpc = max(totals[0], 1.0) / max(totals[1], 1.0)
    average_rate = max(totals[1], 1.0) / max(totals[2], 1.0)
    columns = []
    for k, x0 in enumerate(reference):
        spend, clicks = history.spend[:, k], history.clicks[:, k]
        cpc = _draw_cpc(spend, clicks, x0, inflation, average_cpc, draws, rng)
        shown = np.nansum(history.impressions[:, k])
        rate = (np.nansum(clicks) + 100 * average_rate) / (shown + 100)
        value = _draw_order_value(history, k, draws, rng)
        columns.append((*cpc, np.full(draws, min(rate, 1.0)), *value))
    return PriceDraws(*(np.stack(field, axis=1) for field in zip(*columns, strict=True)))


def _draw_cpc(
    spend: Floats,
    clicks: Floats,
    x0: float,
    inflation: Range,
    average: float,
    draws: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats, Floats]:
    """Regress log CPC on log spend; a uniform prior on the slope truncates its normal."""
    with np.errstate(invalid="ignore"):
        use = (spend > 0) & (clicks > 0)
    uniform = rng.random(draws)
    if use.sum() < _FEWEST_DAYS:
        slope = inflation.low + uniform * (inflation.high - inflation.low)
        cpc = (np.nansum(spend) + average) / (np.nansum(clicks) + 1)
        return np.full(draws, cpc), slope, np.full(draws, 0.2)
    x, y = np.log(spend[use] / x0), np.log(spend[use] / clicks[use])
    apart = x - x.mean()
    spread = max(float((apart**2).sum()), 1e-9)
    mean = float(apart @ y) / spread
    sd = float(np.std(y - y.mean() - mean * apart)) + 1e-6
    slope = truncated_normal(mean, sd / np.sqrt(spread), inflation.low, inflation.high, uniform)
    centre = y.mean() + sd / np.sqrt(len(y)) * rng.standard_normal(draws)
    return np.exp(centre - slope * x.mean()), slope, np.full(draws, sd)


def _draw_order_value(
    history: History, k: int, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    revenue, orders = history.revenue[:, k], history.conversions[:, k]
    average = np.nansum(history.revenue) / max(np.nansum(history.conversions), 1.0)
    count = np.nansum(orders) + _PRIOR_ORDERS
    mean = (np.nansum(revenue) + _PRIOR_ORDERS * average) / count
    with np.errstate(invalid="ignore"):
        use = (orders >= 1) & (revenue > 0)
    sd = _PRIOR_ORDER_SD
    if use.sum() >= _FEWEST_DAYS:
        sd = float(np.std(np.log(revenue[use] / orders[use])))
    days = max(int(use.sum()), 1)  # the spread is a day's, so days are what averages it out
    draw = mean * np.exp(sd / np.sqrt(days) * rng.standard_normal(draws))
    return draw, np.full(draws, sd)


def truncated_normal(mean: float, sd: float, low: float, high: float, uniform: Floats) -> Floats:
    """Return quantiles of a normal confined to [low, high]; far tails collapse onto the edge."""
    edges = special.ndtr((np.array([low, high]) - mean) / sd)
    inside = special.ndtri(edges[0] + uniform * (edges[1] - edges[0]))
    nearest = np.clip(mean, low, high)
    return np.asarray(
        np.clip(np.where(np.isfinite(inside), mean + sd * inside, nearest), low, high)
    )
