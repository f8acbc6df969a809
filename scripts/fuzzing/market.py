"""A known market: what three platforms did on each of sixty days."""

import datetime
from random import Random
from typing import NamedTuple

DAYS = 60
METRICS = ("cost", "impressions", "clicks", "conversions", "revenue")  # in the order of `values`
PLATFORMS = ("google", "meta", "microsoft")
_TYPES = {
    "google": ("Search Network", "YouTube", "Shopping"),
    "meta": ("", ""),
    "microsoft": ("Search", "Shopping"),
}
_NAMES = (
    "Brand | Exact",
    "Non-brand, generic",
    "Prospecting",
    "Remarketing 30d",
    "Süd – Größen",
    'The "Best" sale',
    "Winter; 2025",
    "Catálogo",
)


class AdDay(NamedTuple):
    """One campaign on one day."""

    platform: str
    day: datetime.date
    campaign: str
    campaign_type: str  # "" where the platform has none
    values: tuple[float, ...]  # (len(METRICS),) >= 0; money in dollars with two decimals


def simulate(rng: Random, days: int = DAYS) -> list[AdDay]:
    """Draws a market, in order of platform, day and campaign.

    Args:
        rng: source of all draws.
        days: length of the history.
    """
    start = datetime.date(2024, 12, 20) + datetime.timedelta(rng.randrange(300))
    rows: list[AdDay] = []
    for platform in PLATFORMS:
        names = rng.sample(_NAMES, len(_TYPES[platform]))
        sizes = [rng.uniform(40, 4000) for _ in names]
        for offset in range(days):
            for name, kind, size in zip(names, _TYPES[platform], sizes, strict=True):
                day = start + datetime.timedelta(offset)
                rows.append(AdDay(platform, day, name, kind, _values(rng, size)))
    return rows


def _values(rng: Random, size: float) -> tuple[float, ...]:
    """Metrics of a day whose cost is about `size` dollars."""
    cost = round(size * rng.uniform(0.5, 1.5), 2)
    clicks = max(1, round(cost / rng.uniform(0.8, 1.6)))
    conversions = rng.choice((0, 0.5, 1)) if rng.random() < 0.2 else rng.randrange(1, 60)
    revenue = round(conversions * rng.uniform(30, 90), 2)
    return (cost, float(clicks * rng.randrange(20, 60)), float(clicks), float(conversions), revenue)
