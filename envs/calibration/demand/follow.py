"""The index of an advertiser's spend, which is also a report about demand.

Advertisers spend more when demand is high. Where spend is given, as in a backtest, it therefore
says something about demand; where a plan sets it, it does not.
"""

from typing import NamedTuple

import numpy as np

from ....data.types import Floats

WINDOW = 7  # days of the trailing mean: a week, so that weekdays are no news
_LARGEST = 3.0  # absolute value of the index, a factor of 20


class SpendIndex(NamedTuple):
    """What is needed to continue the index after a history."""

    usual: Floats  # (campaigns,) median weekly mean of the running days, dollars per day
    recent: Floats  # (WINDOW, campaigns) the last days of the history, dollars

    @classmethod
    def of(cls, spend: Floats) -> "SpendIndex":
        """Return the index of a history, (days, campaigns) dollars."""
        weekly = _trailing_mean(spend)
        usual = [np.median(x[x > 0]) if (x > 0).any() else 1.0 for x in weekly.T]
        return cls(np.array(usual), spend[-WINDOW:])

    def values(self, spend: Floats) -> Floats:
        """Return the log index of a history from its first day on, (days, campaigns)."""
        weekly = _trailing_mean(spend)
        ratio = np.where(weekly > 0, weekly / self.usual, 1.0)
        return np.asarray(np.clip(np.log(ratio), -_LARGEST, _LARGEST))

    def ahead(self, spend: Floats) -> Floats:
        """Return the log index of the days after the history, given their spend."""
        return self.values(np.concatenate([self.recent, spend]))[len(self.recent) :]

    @property
    def latest(self) -> Floats:
        """The log index of the last day of the history, (campaigns,)."""
        return np.asarray(self.values(self.recent)[-1])


def _trailing_mean(spend: Floats) -> Floats:
    """Return the mean of each day and the six before, fewer at the beginning."""
    sums = np.cumsum(np.concatenate([np.zeros((1, spend.shape[1])), spend]), axis=0)
    last = np.arange(1, len(spend) + 1)
    first = np.maximum(last - WINDOW, 0)
    return np.asarray(np.maximum(sums[last] - sums[first], 0.0) / (last - first)[:, None])
