"""Which money of a plan is extrapolated, and which campaigns it restarts.

Spend is known up to the dearest day of the last 56 days or of the same season of earlier years,
whichever is larger; the estimates of spend above it are extrapolated. A campaign without spend for
28 days or more counts as dead: money for it is a restart.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ...data.display import shortened
from ...data.forecasting import (
    RECENT_DAYS,
    RESTART_DAYS,
    SpendingFacts,
    known_max,
    season_windows,
)
from ...data.formats import money
from ...data.types import Floats
from ...envs.constraints import Constraints

_TOLERANCE = 0.01  # share of a floor within which a plan is at it
_ABOVE_FLOOR = 1.25  # times a floor up to which it is the reason of a restart


class Known(NamedTuple):
    """What the campaigns have spent of late, (campaigns,) each, in units of the currency."""

    recent: Floats  # largest day of the last 56 days
    season: Floats  # largest day of the season in earlier years, or NaN
    days_off: Floats  # days since the last day with spend
    is_lately: bool  # False: not known; ``recent`` is the largest day of the whole history

    @classmethod
    def of(cls, spending: SpendingFacts | None, observed_max: Floats) -> Self:
        """Return the facts; those of the whole history if the recent ones are not known."""
        if spending is None:
            return cls(observed_max, observed_max + np.nan, 0 * observed_max, False)
        return cls(*spending, True)

    @property
    def most(self) -> Floats:
        """(campaigns,) spend per day above which estimates are extrapolated."""
        return known_max(self.recent, self.season)

    def beyond(self, spend: Floats) -> Floats:
        """Return the part of daily spend (..., campaigns) that is extrapolated, the same shape."""
        return np.asarray(np.maximum(spend - self.most, 0.0))

    def share(self, cents: NDArray[np.int64], campaigns: Any = slice(None)) -> float:
        """Return the extrapolated share of some campaigns' money, 0 to 1; 0 without money."""
        beyond = self.beyond(cents / 100)[:, campaigns].sum()
        return float(100 * beyond / max(int(cents[:, campaigns].sum()), 1))

    def restarts(self, cents: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which campaigns get money after 28 days without spend or more, (campaigns,)."""
        return np.asarray((self.days_off >= RESTART_DAYS) & (cents.sum(0) > 0))

    def row(self, cents: NDArray[np.int64], k: int) -> dict[str, Any]:
        """Return the keys of campaign ``k`` in a plan, (days, campaigns)."""
        highest, most = float(cents[:, k].max() / 100), float(self.most[k])
        season = float(self.season[k])
        return {
            "recent_max_daily": float(self.recent[k]),
            "season_max_daily": None if np.isnan(season) else season,
            "times_recent_max": times(highest, most),
            "extrapolated": highest > most,
            "extrapolated_share": self.share(cents, slice(k, k + 1)),
            "days_without_spend": int(self.days_off[k]),
            "restart": bool(self.restarts(cents)[k]),
        }

    def described(self, k: int, currency: str | None) -> str:
        """Return the day that a campaign's plan is compared with, in words and with its amount."""
        amount = money(float(self.most[k]), currency)
        if not self.is_lately:
            return f"its highest day so far ({amount})"
        if self.season[k] > self.recent[k]:
            return f"its highest day of this season in earlier years ({amount})"
        return f"its highest day of the last {RECENT_DAYS} days ({amount})"


def basis(spending: SpendingFacts | None, first_day: int, days: int) -> dict[str, Any] | None:
    """Return the dates whose spend is known: the last days and earlier seasons.

    Args:
        spending: None if only the whole history's maximum is known; then the result is None.
        first_day: first day of the flight, days since 1970-01-01.
        days: days of the history; 0 if not known.
    """
    if spending is None or days == 0:
        return None
    start = np.datetime64(first_day - days, "D")
    recent = (max(0, days - RECENT_DAYS), days - 1)
    return {
        "recent": _period(start, recent),
        "seasons": [_period(start, window) for window in season_windows(days)],
    }


def _period(start: np.datetime64, days: tuple[int, int]) -> dict[str, str]:
    return {"start": str(start + days[0]), "end": str(start + days[1])}


def times(spend: float, known: float) -> float | None:
    """Return spend as a multiple of known spend; None where there is none to compare with."""
    return spend / known if known > 0 else None


def extrapolation_warning(
    known: Known, k: int, campaign: Mapping[str, Any], currency: str | None
) -> str:
    """Return the warning about an extrapolated campaign ``k``, a row of ``plan.json``."""
    by_mean, by_max = (campaign["extrapolation"][key] for key in ("times_mean", "times_max"))
    if by_max is None:
        return (
            "extrapolation. No spend is known that the plan's could be compared with; its estimate "
            "rests on the prior more than on data."
        )
    mean = "" if by_mean is None else f"{by_mean:.1f} times its mean on days on which it ran and "
    return (
        f"extrapolation. The plan spends {mean}up to {by_max:.1f} times "
        f"{known.described(k, currency)}; estimates beyond that rest on the prior more than on "
        "data."
    )


def restart_reason(
    known: Known, constraints: Constraints, cents: NDArray[np.int64], k: int
) -> str | None:
    """Return the floor that forces a campaign's restart; None if none does or there is none.

    A daily cap that lets a floor be reached in spite of ramps and rhythm is a quarter above it.
    """
    spent = cents.sum(0)
    if not known.restarts(cents)[k]:
        return None
    floor, days = int(constraints.floor_cents[1][k]), constraints.days
    daily = -(-floor // (days * constraints.quantum)) * constraints.quantum  # rounded up
    if floor > 0 and spent[k] <= max(floor * _ABOVE_FLOOR, daily * days):
        return "campaign floor"
    channels = constraints.tree.parents[1]
    channel = channels[k]
    channel_floor = int(constraints.floor_cents[0][channel])
    if channel_floor > 0 and spent[channels == channel].sum() <= channel_floor * (1 + _TOLERANCE):
        return "channel floor"
    return None


def restart_warning(campaign: Mapping[str, Any], name: str, currency: str | None) -> str:
    """Return the warning about a restarted campaign, a row of ``plan.json``."""
    reason = campaign["restart_reason"]
    why = "no floor forces that much" if reason is None else f"its {reason} forces it"
    return (
        f"WARNING: {shortened(name)}: restarted after {campaign['days_without_spend']} days "
        f"without spend, with {money(campaign['budget'], currency)}; {why}. How it responds after "
        "such a pause is not known, and platforms relearn. To leave it out, switch it off."
    )


def marks(known: Known, cents: NDArray[np.int64]) -> tuple[str, ...]:
    """Return what a picture says about each campaign: a restart, extrapolation or nothing."""
    restarts = known.restarts(cents)
    beyond = (cents / 100).max(0) > known.most
    return tuple(
        f"restarted after {int(off)} days" if is_restart else "extrapolated" if is_beyond else ""
        for off, is_restart, is_beyond in zip(known.days_off, restarts, beyond, strict=True)
    )
