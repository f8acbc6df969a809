"""Conversions of the last days that are not complete yet, as platforms report them late."""

import numpy as np

from ..exports import DataSettings
from ..formats import formats
from ..history import METRICS, Campaign
from ..types import Floats

_BASE_DAYS = 28  # days before the last ones with which they are compared
_MAX_RATIO = 0.85  # of the last days' conversions to what their clicks or spend suggest
_MIN_SIGNIFICANCE = 3.0  # standard deviations of a count by which they fall short
_DEFAULT_LAG = 7  # days, of a channel that no format knows


def lag_days(channel: str) -> int:
    """Days within which a channel reports most conversions of a day."""
    known = {form.platform: form.lag_days for form in formats()}
    return known.get(channel, _DEFAULT_LAG)


def maturity_notes(
    campaigns: tuple[Campaign, ...], values: Floats, settings: DataSettings
) -> list[str]:
    """Warnings for channels whose last days have too few conversions.

    Within the channel's lag, conversions per click (per spend without clicks) are compared with
    those of the four weeks before; fewer by chance alone are not warned of.

    Args:
        campaigns: units of the plan.
        values: (len(METRICS), days, campaigns), NaN where unknown.
        settings: whether days were left out already.
    """
    if settings.incomplete_days:
        return []
    notes = []
    for channel in dict.fromkeys(campaign.channel for campaign in campaigns):
        lag = lag_days(channel)
        own = [k for k, campaign in enumerate(campaigns) if campaign.channel == channel]
        spend, clicks, counts = (
            np.nansum(values[METRICS.index(m)][:, own], axis=1)
            for m in ("spend", "clicks", "conversions")
        )
        if lag < 1 or len(counts) < lag + _BASE_DAYS:
            continue
        volume = clicks if clicks.sum() > 0 else spend
        base = slice(len(counts) - lag - _BASE_DAYS, len(counts) - lag)
        if volume[base].sum() == 0:
            continue
        rate = counts[base].sum() / volume[base].sum()
        expected, found = float(rate * volume[-lag:].sum()), float(counts[-lag:].sum())
        overdispersion = _overdispersion(counts[base], rate * volume[base])
        short = (expected - found) / np.sqrt(max(expected, 1.0) * overdispersion)
        if found < _MAX_RATIO * expected and short > _MIN_SIGNIFICANCE:
            notes.append(
                f"{channel}: WARNING, the last {lag} days have {found:,.0f} conversions where "
                f"{expected:,.0f} would be usual: platforms report conversions up to {lag} days "
                f"late, so these days are probably not complete. data.incomplete_days={lag} leaves "
                "them out."
            )
    return notes


def _overdispersion(counts: Floats, expected: Floats) -> float:
    """Variance of daily counts over that of a Poisson variable, at least 1."""
    known = expected > 0
    if not known.any():
        return 1.0
    return max(float(np.mean((counts[known] - expected[known]) ** 2 / expected[known])), 1.0)
