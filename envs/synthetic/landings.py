"""Synthetic log of site landings: ad clicks and other visits, returning users, conversions."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data.history import Campaign
from ...data.journeys import PAID, SITE_LOG_HEADER

_DAY = 86_400  # seconds
_RETURN_LAG = 5.0 * _DAY  # mean time between a user's visits
_PAID_SHARE = 0.433  # share of landings from ad clicks


class Platform(NamedTuple):
    """Landings from a channel's ad clicks."""

    source: str
    return_rate: float  # share of landings by returning visitors
    conversion_rate: float  # share of landings that convert


class Kind(NamedTuple):
    """A kind of landing without an ad click."""

    channel: str
    sources: tuple[str, ...]
    unnamed: float  # share of this kind's landings without a source
    share: float  # this kind's share of all landings without an ad click
    return_rate: float  # share of landings by returning visitors
    conversion_rate: float  # share of landings that convert


_PLATFORMS = {
    "google": Platform("google", 0.35, 0.0155),
    "microsoft": Platform("bing", 0.35, 0.0115),
    "meta": Platform("facebook", 0.15, 0.0025),
}
_OTHER_RATES = (0.25, 0.01)  # of platforms that are not listed
_SEARCH_ENGINES = ("google", "bing", "yahoo!", "duckduckgo", "ecosia")
_SOCIAL_NETWORKS = ("facebook", "instagram", "pinterest", "youtube", "tiktok")
_UNPAID = (
    Kind("direct", (), 1.0, 0.317, 0.60, 0.0390),
    Kind("organic search", _SEARCH_ENGINES, 0.0, 0.222, 0.35, 0.0087),
    Kind("email", ("listrak", "gmail", "outlook.com"), 0.84, 0.189, 0.60, 0.0070),
    Kind("referral", (), 1.0, 0.122, 0.45, 0.0503),
    Kind("display", ("criteo",), 0.71, 0.106, 0.30, 0.0031),
    Kind("social", _SOCIAL_NETWORKS, 0.25, 0.033, 0.15, 0.0059),
    Kind("paid search", ("taboola", "outbrain"), 0.29, 0.011, 0.10, 0.0059),
)


def draw_landings(
    dates: NDArray[np.datetime64],
    campaigns: list[Campaign],
    clicks: NDArray[np.float64],
    rows: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw a landings log; every campaign's landings are the same share of its clicks.

    A landing is either the first of a new user or a return of an earlier landing's user. The
    chance of a conversion grows with the number of earlier landings; its mean per kind of landing
    is the configured one.

    Args:
        dates: (days,) of the history.
        campaigns: the campaigns, (campaigns,).
        clicks: (days, campaigns) ad clicks.
        rows: number of landings.
        rng: source of randomness.

    Returns:
        A table with the columns of ``SITE_LOG_HEADER``, not sorted by time.
    """
    paid = _paid_visits(dates, campaigns, clicks, int(rows * _PAID_SHARE), rng)
    unpaid = _unpaid_visits(dates, rows - len(paid), rng)
    visits = pd.concat([paid, unpaid], ignore_index=True)
    visits = visits.sort_values("seconds", kind="stable", ignore_index=True)
    user, earlier = _users(visits["seconds"].to_numpy(), visits["returns"].to_numpy(), rng)
    chance = _conversion_chance(visits, earlier)
    names = rng.choice(2**32, size=int(user.max()) + 1, replace=False)
    visits["User Id"] = [f"{name:08x}" for name in names[user]]
    stamps = visits["seconds"].to_numpy().astype("datetime64[s]")
    visits["Website Landing Time"] = pd.Series(stamps).dt.strftime("%Y-%m-%d %H:%M:%S")
    visits["Is Converted"] = (rng.random(len(visits)) < chance).astype(int)
    return visits.sample(frac=1.0, random_state=rng)[list(SITE_LOG_HEADER)]


def _conversion_chance(visits: pd.DataFrame, earlier: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return each landing's chance of a conversion, (rows,); the mean per kind is its rate."""
    growth = pd.Series(1 + 0.4 * np.minimum(earlier, 5))
    mean = growth.groupby(visits["rate"]).transform("mean")
    return np.asarray(visits["rate"] * growth / mean)


def _paid_visits(
    dates: NDArray[np.datetime64],
    campaigns: list[Campaign],
    clicks: NDArray[np.float64],
    rows: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw landings of a sample of clicks, or of all clicks if there are fewer than ``rows``."""
    share = min(1.0, rows / max(clicks.sum(), 1.0))
    landings = rng.binomial(clicks.astype(int), share)
    indices = np.indices(landings.shape)
    day, campaign = (np.repeat(index.ravel(), landings.ravel()) for index in indices)
    seconds = _time_of_day(len(day), rng)
    meta = np.array([c.campaign_type is None for c in campaigns])[campaign]
    seconds = np.where(meta, rng.integers(0, 120, len(day)), seconds)  # imputed by the platform
    types = np.array([c.campaign_type for c in campaigns], dtype=object)
    platforms = [_PLATFORMS.get(c.channel, Platform(c.channel, *_OTHER_RATES)) for c in campaigns]
    sources = np.array([platform.source for platform in platforms], dtype=object)
    return_rate = np.array([platform.return_rate for platform in platforms])
    conversion_rate = np.array([platform.conversion_rate for platform in platforms])
    return pd.DataFrame(
        {
            "seconds": dates[0].astype("datetime64[s]").astype(int) + day * _DAY + seconds,
            "returns": rng.random(len(day)) < return_rate[campaign],
            "rate": conversion_rate[campaign],
            "Channel": PAID,
            "Source": sources[campaign],
            "Campaign Type": types[campaign],
        }
    )


def _unpaid_visits(
    dates: NDArray[np.datetime64], rows: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw landings without an ad click."""
    share = np.array([kind.share for kind in _UNPAID])
    kind = rng.choice(len(_UNPAID), size=rows, p=share / share.sum())
    sources = [rng.choice(np.array(k.sources or (None,), dtype=object), rows) for k in _UNPAID]
    source = np.stack(sources)[kind, np.arange(rows)]
    source[rng.random(rows) < np.array([k.unnamed for k in _UNPAID])[kind]] = None
    seconds = rng.integers(0, len(dates), rows) * _DAY + _time_of_day(rows, rng)
    return pd.DataFrame(
        {
            "seconds": dates[0].astype("datetime64[s]").astype(int) + seconds,
            "returns": rng.random(rows) < np.array([k.return_rate for k in _UNPAID])[kind],
            "rate": np.array([k.conversion_rate for k in _UNPAID])[kind],
            "Channel": np.array([k.channel for k in _UNPAID], dtype=object)[kind],
            "Source": source,
            "Campaign Type": np.full(rows, None, dtype=object),
        }
    )


def _time_of_day(rows: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw seconds of the day, most of them in the afternoon and evening."""
    return np.asarray((rng.beta(3.0, 2.2, rows) * _DAY).astype(np.int64) % _DAY)


def _users(
    seconds: NDArray[np.int64], returns: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return each landing's user and the number of earlier landings of that user.

    A return points to the last landing before its time minus an exponential lag; following the
    pointers to their end gives the user.
    """
    rows = len(seconds)
    parent = np.searchsorted(seconds, seconds - rng.exponential(_RETURN_LAG, rows)) - 1
    parent = np.where(returns & (parent >= 0), np.minimum(parent, np.arange(rows) - 1), -1)
    root = np.where(parent >= 0, parent, np.arange(rows))
    while bool((root != root[root]).any()):
        root = root[root]
    _, user = np.unique(root, return_inverse=True)
    earlier = pd.Series(user).groupby(user).cumcount().to_numpy()
    return np.asarray(user, np.intp), np.asarray(earlier, np.intp)
