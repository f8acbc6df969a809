"""Synthetic histories for the tests of features, forecasts and diagnosis."""

import numpy as np

from mediagym.data.history import DEAD, METRICS, MISSING, OBSERVED, Campaign, History

CAMPAIGNS = (Campaign("google", "Search"), Campaign("google", "YouTube"), Campaign("meta", None))
WEEKDAYS = np.array([1.2, 1.2, 1.1, 1.1, 1.0, 0.7, 0.7])


def random_history(seed: int, days: int = 60) -> History:
    """Three campaigns of pure noise, with missing and dead days."""
    rng = np.random.Generator(np.random.PCG64(seed))
    shape = (days, len(CAMPAIGNS))
    presence = np.where(rng.random(shape) < 0.1, MISSING, OBSERVED).astype(np.int8)
    presence[:10, 1] = DEAD
    arrays = {name: rng.gamma(2.0, 10.0 * (k + 1), shape) for k, name in enumerate(METRICS)}
    for values in arrays.values():
        values[presence == MISSING] = np.nan
        values[presence == DEAD] = 0.0
    dates = np.datetime64("2024-01-01") + np.arange(days)
    return History(dates, CAMPAIGNS, presence=presence, notes=(), **arrays)


def structured_history(
    seed: int | None,
    days: int = 140,
    level: float = 40.0,
    factor: np.ndarray | None = None,
    campaigns: tuple[Campaign, ...] = CAMPAIGNS,
) -> History:
    """Poisson conversions with mean level x weekday x sqrt(spend / 200); the means without a seed.

    Args:
        seed: seed of spend and counts; None: constant spend and no noise.
        days: length of the history.
        level: conversions per day at $200.
        factor: (days, campaigns) multiplier of the mean, such as a drop.
        campaigns: their channels and names.
    """
    shape = (days, len(campaigns))
    dates = np.datetime64("2024-01-01") + np.arange(days)
    weekday = WEEKDAYS[(dates.astype(int) + 3) % 7][:, None]
    rng = np.random.Generator(np.random.PCG64(0 if seed is None else seed))
    spend = 200.0 * (np.ones(shape) if seed is None else np.exp(0.3 * rng.standard_normal(shape)))
    mean = level * weekday * np.sqrt(spend / 200.0) * (1.0 if factor is None else factor)
    conversions = mean if seed is None else rng.poisson(mean).astype(float)
    clicks = np.round(spend / 2)
    return History(
        dates,
        campaigns,
        spend=spend,
        impressions=clicks * 50,
        clicks=clicks,
        conversions=conversions,
        revenue=conversions * 100.0,
        presence=np.full(shape, OBSERVED, np.int8),
        notes=(),
    )
