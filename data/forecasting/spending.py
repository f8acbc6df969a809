"""What a campaign has spent lately, a year ago, and how long ago it last spent at all.

An estimate is an extrapolation where the spend exceeds what was seen under today's conditions: the
dearest day of the last weeks, or of the same season of an earlier year. The dearest day ever, such
as that of a sale two years ago, says little about today.
"""

from typing import NamedTuple

import numpy as np

from ..history import History
from ..types import Floats

RECENT_DAYS = 56  # last days of the history whose dearest one is the recent maximum
SEASON_MARGIN = 28  # days before and after the dates of the flight that are the same season
FLIGHT_DAYS = 30  # days after the history that stand for the flight, of a length not known yet
RESTART_DAYS = 28  # days without spend from which a campaign counts as dead: spending is a restart
_YEAR = 365.2425  # days


class SpendingFacts(NamedTuple):
    """Dearest days and pauses of the campaigns at the end of a history, all (campaigns,)."""

    recent_max: Floats  # largest spend of one of the last 56 days, in units of the currency
    season_max: Floats  # the same, within 28 days of the flight's dates in earlier years; or NaN
    days_off: Floats  # days since the last day with spend, 0: on the last day; all days if never

    @property
    def known_max(self) -> Floats:
        """(campaigns,) the larger of the two dearest days; spend above it is extrapolated."""
        return known_max(self.recent_max, self.season_max)


def known_max(recent_max: Floats, season_max: Floats) -> Floats:
    """Return the daily spend above which estimates are extrapolated, (campaigns,).

    Args:
        recent_max: largest spend of a recent day, (campaigns,).
        season_max: largest spend of a day of the season in earlier years, (campaigns,), or NaN.
    """
    return np.asarray(np.fmax(recent_max, season_max))


def spending_facts(history: History) -> SpendingFacts:
    """Return the spending facts of a history; a day without a row counts as a day without spend.

    The season is that of the 30 days after the history, with 28 days before and after them.
    """
    return spending_facts_of(np.nan_to_num(history.spend))


def spending_facts_of(spend: Floats) -> SpendingFacts:
    """Return the spending facts of daily spend, (days, campaigns), in units of the currency."""
    days, campaigns = spend.shape
    season = np.full(campaigns, np.nan)
    for first, last in season_windows(days):
        season = np.fmax(season, spend[first : last + 1].max(0))
    since = np.argmax(spend[::-1] > 0, axis=0)
    return SpendingFacts(
        recent_max=spend[-RECENT_DAYS:].max(0),
        season_max=season,
        days_off=np.where((spend > 0).any(0), since, days).astype(np.float64),
    )


def season_windows(days: int) -> list[tuple[int, int]]:
    """Return first and last day of the flight's season in each earlier year, the latest first.

    Args:
        days: days of the history; the windows are indices of its days and lie within it.
    """
    windows = []
    year = 1
    while (last := days + FLIGHT_DAYS - 1 + SEASON_MARGIN - round(year * _YEAR)) >= 0:
        windows.append((max(0, days - SEASON_MARGIN - round(year * _YEAR)), last))
        year += 1
    return windows


def extrapolated_campaigns(history: History, spend: Floats) -> list[str]:
    """Return the names of campaigns with a future day above their known spend.

    Args:
        history: everything observed so far.
        spend: (days, campaigns) dollars on the days after the history.
    """
    exceeds = spend.max(axis=0) > spending_facts(history).known_max
    return [name for name, above in zip(history.names, exceeds, strict=True) if above]
