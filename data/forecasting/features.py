"""Features of a day that are available before it begins: the calendar, and trailing ratios.

Windows are windows of dates, not of rows: a day without a report lies in the window and adds
nothing to its sums. Apart from the calendar, no feature uses its own day or a later one.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..history import History
from ..types import Floats

if TYPE_CHECKING:
    import pandas as pd

WINDOWS = (7, 30)  # days
RATIOS = {  # name: (numerator, denominator)
    "ctr": ("clicks", "impressions"),
    "cpc": ("spend", "clicks"),
    "cvr": ("conversions", "clicks"),
    "roas": ("revenue", "spend"),
}
_DIVERSITY_DAYS = 30


@dataclass(frozen=True, eq=False)
class Features:
    """Features of every day of a history and of the first day after it."""

    names: tuple[str, ...]  # (features,)
    dates: NDArray[np.datetime64]  # (days + 1,) datetime64[D]
    campaigns: tuple[str, ...]  # (campaigns,)
    values: Floats  # (days + 1, campaigns, features); NaN where a ratio has no denominator

    def of(self, name: str) -> Floats:
        """(days + 1, campaigns) values of one feature."""
        return np.asarray(self.values[..., self.names.index(name)])

    def frame(self) -> "pd.DataFrame":
        """Tidy table with one row per date and campaign."""
        import pandas as pd  # slow to import, and needed by readers of the table alone

        index = pd.MultiIndex.from_product([self.dates, self.campaigns], names=["date", "campaign"])
        flat = self.values.reshape(-1, len(self.names))
        return pd.DataFrame(flat, index=index, columns=list(self.names)).reset_index()


def features_of(history: History) -> Features:
    """All features of this module, for every campaign-day and the first day after the history.

    Names: `day_of_week` (Monday 0), `month`, `quarter`, `weekend`; `{ctr,cpc,cvr,roas}_{7,30}`,
    ratios over the days before; `..._30_to_channel`, that ratio over its channel's;
    `channel_diversity` and `channel_breadth`, equal for all campaigns of a day.
    """
    dates = np.append(history.dates, history.dates[-1] + 1)
    shape = (len(dates), len(history.campaigns))
    table: dict[str, Floats] = {
        name: np.broadcast_to(column[:, None], shape) for name, column in calendar_of(dates).items()
    }
    for window in WINDOWS:
        for name in RATIOS:
            table[f"{name}_{window}"] = trailing_ratio(history, name, window)
    for name in RATIOS:
        table[f"{name}_{WINDOWS[-1]}_to_channel"] = ratio_to_channel(history, name, WINDOWS[-1])
    shares = channel_shares(history, _DIVERSITY_DAYS)
    for name, column in (
        ("channel_diversity", channel_diversity(shares)),
        ("channel_breadth", channel_breadth(shares)),
    ):
        table[name] = np.broadcast_to(column[:, None], shape)
    return Features(tuple(table), dates, history.names, np.stack(list(table.values()), axis=-1))


def calendar_of(dates: NDArray[np.datetime64]) -> dict[str, Floats]:
    """(days,) day_of_week (Monday 0), month, quarter (from 1) and weekend (0 or 1)."""
    weekday = weekdays_of_dates(dates).astype(float)
    month = dates.astype("datetime64[M]").astype(int) % 12 + 1.0
    return {
        "day_of_week": weekday,
        "month": month,
        "quarter": np.ceil(month / 3),
        "weekend": (weekday >= 5).astype(float),
    }


def weekdays_of_dates(dates: NDArray[np.datetime64]) -> NDArray[np.intp]:
    """(days,) weekdays, Monday 0."""
    return np.asarray((dates.astype("datetime64[D]").astype(int) + 3) % 7)


def trailing_sum(values: Floats, window: int) -> Floats:
    """(days + 1, ...) sums over the `window` days before each day; NaN counts as 0."""
    padded = np.concatenate([np.zeros((window, *values.shape[1:])), np.nan_to_num(values)])
    return np.asarray(sliding_window_view(padded, window, axis=0).sum(-1))


def trailing_ratio(history: History, name: str, window: int) -> Floats:
    """(days + 1, campaigns) ratio of sums over the days before; NaN without a denominator."""
    numerator, denominator = _trailing_sums(history, name, window)
    return _ratio(numerator, denominator)


def ratio_to_channel(history: History, name: str, window: int) -> Floats:
    """(days + 1, campaigns) trailing ratio of a campaign over that of its whole channel."""
    numerator, denominator = _trailing_sums(history, name, window)
    channels = np.array([campaign.channel for campaign in history.campaigns])
    same = (channels[:, None] == channels).astype(float)
    channel_ratio = _ratio(numerator @ same, denominator @ same)
    return _ratio(_ratio(numerator, denominator), channel_ratio)


def channel_shares(history: History, window: int) -> Floats:
    """(days + 1, channels) shares of trailing spend; NaN where nothing was spent."""
    channels = list(dict.fromkeys(campaign.channel for campaign in history.campaigns))
    channel_index = np.array([channels.index(campaign.channel) for campaign in history.campaigns])
    spend = trailing_sum(history.spend, window) @ np.eye(len(channels))[channel_index]
    return _ratio(spend, np.broadcast_to(spend.sum(1, keepdims=True), spend.shape))


def channel_diversity(shares: Floats) -> Floats:
    """(...,) 1 - HHI of (..., channels) shares: 0 for one channel, 1 - 1/n for n equal ones.

    HHI is the Herfindahl-Hirschman index, the sum of squared shares.
    """
    return np.asarray(1.0 - (shares**2).sum(-1))


def channel_breadth(shares: Floats) -> Floats:
    """(...,) share of channels with any spend, in [0, 1]; NaN where nothing was spent.

    Amounts do not matter: two channels at 99 and 1 % are as broad as two halves. Public feature
    tables also call this normalised count channel diversity; here that name means 1 - HHI.
    """
    observed = np.isfinite(shares).all(-1)
    return np.where(observed, (shares > 0).mean(-1), np.nan)


def _trailing_sums(history: History, name: str, window: int) -> tuple[Floats, Floats]:
    """Trailing sums of a ratio's numerator and denominator over days that report both."""
    sides = [np.asarray(getattr(history, metric)) for metric in RATIOS[name]]
    observed = np.isfinite(sides[0]) & np.isfinite(sides[1])
    numerator, denominator = (trailing_sum(np.where(observed, side, 0.0), window) for side in sides)
    return numerator, denominator


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """`numerator / denominator`, NaN where the denominator is not positive."""
    out = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    with np.errstate(invalid="ignore"):
        np.divide(numerator, denominator, out=out, where=denominator > 0)
    return out
