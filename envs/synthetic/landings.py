"""Site landings that go with an advertiser's ad clicks: users who come back, and who convert."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data.history import Campaign
from ...data.journeys import PAID, SITE_LOG_HEADER

_DAY = 86_400  # seconds
_RETURN_LAG = 5.0 * _DAY  # mean time between a user's visits
_PAID_SHARE = 0.433  # share of landings that follow an ad click


class Platform(NamedTuple):
    """What follows an ad click."""

    source: str
    again: float  # chance that the visitor has been here before
    converts: float  # share of landings that convert


class Kind(NamedTuple):
    """A kind of landing that no ad click explains."""

    channel: str
    sources: tuple[str, ...]
    unnamed: float  # share of its landings without a source
    share: float  # of these landings
    again: float  # chance that the visitor has been here before
    converts: float  # share of landings that convert


_PLATFORMS = {
    "google": Platform("google", 0.35, 0.0155),
    "microsoft": Platform("bing", 0.35, 0.0115),
    "meta": Platform("facebook", 0.15, 0.0025),
}
_SEARCHES = ("google", "bing", "yahoo!", "duckduckgo", "ecosia")
_NETWORKS = ("facebook", "instagram", "pinterest", "youtube", "tiktok")
_UNPAID = (
    Kind("direct", (), 1.0, 0.317, 0.60, 0.0390),
    Kind("organic search", _SEARCHES, 0.0, 0.222, 0.35, 0.0087),
    Kind("email", ("listrak", "gmail", "outlook.com"), 0.84, 0.189, 0.60, 0.0070),
    Kind("referral", (), 1.0, 0.122, 0.45, 0.0503),
    Kind("display", ("criteo",), 0.71, 0.106, 0.30, 0.0031),
    Kind("social", _NETWORKS, 0.25, 0.033, 0.15, 0.0059),
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

    A landing either opens a new user's journey or is the return of the user of an earlier
    landing, some days before; conversion grows with the number of earlier landings, and keeps
    each kind's share of landings that convert.

    Args:
        dates: (days,) of the history.
        campaigns: of the advertiser.
        clicks: (days, campaigns) ad clicks.
        rows: about how many landings.
        rng: source of randomness.

    Returns:
        The columns of ``SITE_LOG_HEADER``, not sorted by time.
    """
    paid = _paid_visits(dates, campaigns, clicks, int(rows * _PAID_SHARE), rng)
    unpaid = _unpaid_visits(dates, rows - len(paid), rng)
    visits = pd.concat([paid, unpaid], ignore_index=True)
    visits = visits.sort_values("seconds", kind="stable", ignore_index=True)
    user, earlier = _users(visits["seconds"].to_numpy(), visits["again"].to_numpy(), rng)
    chance = _chance(visits, earlier)
    names = rng.choice(2**32, size=int(user.max()) + 1, replace=False)
    visits["User Id"] = [f"{name:08x}" for name in names[user]]
    stamps = visits["seconds"].to_numpy().astype("datetime64[s]")
    visits["Website Landing Time"] = pd.Series(stamps).dt.strftime("%Y-%m-%d %H:%M:%S")
    visits["Is Converted"] = (rng.random(len(visits)) < chance).astype(int)
    return visits.sample(frac=1.0, random_state=rng)[list(SITE_LOG_HEADER)]


def _chance(visits: pd.DataFrame, earlier: NDArray[np.intp]) -> NDArray[np.float64]:
    """(rows,) chance that a landing converts, on average what its kind has."""
    growth = pd.Series(1 + 0.4 * np.minimum(earlier, 5))
    mean = growth.groupby(visits["converts"]).transform("mean")
    return np.asarray(visits["converts"] * growth / mean)


def _paid_visits(
    dates: NDArray[np.datetime64],
    campaigns: list[Campaign],
    clicks: NDArray[np.float64],
    rows: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return landings of sampled clicks; all clicks where there are no more than rows."""
    share = min(1.0, rows / max(clicks.sum(), 1.0))
    kept = rng.binomial(clicks.astype(int), share)
    day, campaign = (np.repeat(index.ravel(), kept.ravel()) for index in np.indices(kept.shape))
    seconds = _time_of_day(len(day), rng)
    meta = np.array([c.campaign_type is None for c in campaigns])[campaign]
    seconds = np.where(meta, rng.integers(0, 120, len(day)), seconds)  # imputed by the platform
    types = np.array([c.campaign_type for c in campaigns], dtype=object)
    platforms = [_PLATFORMS[c.channel] for c in campaigns]
    sources = np.array([platform.source for platform in platforms], dtype=object)
    again = np.array([platform.again for platform in platforms])
    converts = np.array([platform.converts for platform in platforms])
    return pd.DataFrame(
        {
            "seconds": dates[0].astype("datetime64[s]").astype(int) + day * _DAY + seconds,
            "again": rng.random(len(day)) < again[campaign],
            "converts": converts[campaign],
            "Channel": PAID,
            "Source": sources[campaign],
            "Campaign Type": types[campaign],
        }
    )


def _unpaid_visits(
    dates: NDArray[np.datetime64], rows: int, rng: np.random.Generator
) -> pd.DataFrame:
    share = np.array([kind.share for kind in _UNPAID])
    kind = rng.choice(len(_UNPAID), size=rows, p=share / share.sum())
    sources = [rng.choice(np.array(k.sources or (None,), dtype=object), rows) for k in _UNPAID]
    source = np.stack(sources)[kind, np.arange(rows)]
    source[rng.random(rows) < np.array([k.unnamed for k in _UNPAID])[kind]] = None
    seconds = rng.integers(0, len(dates), rows) * _DAY + _time_of_day(rows, rng)
    return pd.DataFrame(
        {
            "seconds": dates[0].astype("datetime64[s]").astype(int) + seconds,
            "again": rng.random(rows) < np.array([k.again for k in _UNPAID])[kind],
            "converts": np.array([k.converts for k in _UNPAID])[kind],
            "Channel": np.array([k.channel for k in _UNPAID], dtype=object)[kind],
            "Source": source,
            "Campaign Type": np.full(rows, None, dtype=object),
        }
    )


def _time_of_day(rows: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return seconds of the day, most of them in the afternoon and evening."""
    return np.asarray((rng.beta(3.0, 2.2, rows) * _DAY).astype(np.int64) % _DAY)


def _users(
    seconds: NDArray[np.int64], again: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return each landing's user and how many landings of that user came before.

    A return points at the landing nearest to its time less an exponential lag; following the
    pointers to their end gives the user.
    """
    rows = len(seconds)
    parent = np.searchsorted(seconds, seconds - rng.exponential(_RETURN_LAG, rows)) - 1
    parent = np.where(again & (parent >= 0), np.minimum(parent, np.arange(rows) - 1), -1)
    root = np.where(parent >= 0, parent, np.arange(rows))
    while bool((root != root[root]).any()):
        root = root[root]
    _, user = np.unique(root, return_inverse=True)
    earlier = pd.Series(user).groupby(user).cumcount().to_numpy()
    return np.asarray(user, np.intp), np.asarray(earlier, np.intp)
