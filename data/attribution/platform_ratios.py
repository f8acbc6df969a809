"""Journey conversions for one platform-claimed conversion, campaign by campaign."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import polygamma

from ..history import History
from ..journeys import LandingsReport
from ..types import Floats
from .attribute import Attribution, RatioSettings

_WHOLE = 0.9  # landings an ad click above which the file is taken to hold all landings


@dataclass(frozen=True, eq=False)
class Ratios:
    """What a platform-claimed conversion is worth by the journeys; fields are (campaigns,)."""

    journeys: Floats  # conversions that the journeys give, scaled up to all landings
    platform: Floats  # conversions that the platforms claim on the days that both records cover
    ratio: Floats  # journeys / platform, drawn towards the overall ratio where there are few
    log_sd: Floats  # sd of the log ratio, > 0
    overall: float  # of all campaigns together
    coverage: float  # share of all landings that the file was taken to hold, in (0, 1]


def platform_conversions(history: History, report: LandingsReport) -> Floats:
    """(campaigns,) conversions that platforms claim on the days that both records cover."""
    first, last = (each.astype("datetime64[D]") for each in (report.first, report.last))
    shared = (history.dates >= first) & (history.dates <= last)
    return np.asarray(np.nansum(history.conversions[shared], axis=0))


def coverage_of(report: LandingsReport, settings: RatioSettings) -> float:
    """Share of all landings that the file holds; a sample has fewer landings than ad clicks."""
    if settings.coverage != "auto":
        return settings.coverage
    landed = sum(match.landings for match in report.matches)
    clicks = sum(match.clicks for match in report.matches)
    share = landed / clicks if clicks > 0 else 1.0
    return 1.0 if share >= _WHOLE else share


def ratios_of(
    attribution: Attribution,
    method: str,
    platform: Floats,
    seen: NDArray[np.bool_],
    coverage: float,
    prior_conversions: float,
) -> Ratios | None:
    """Ratios with their uncertainty, by a gamma-Poisson model.

    Journey conversions over their overdispersion (the bootstrap's variance over their number,
    at least 1) are a Poisson count whose rate is the ratio times the platform's conversions; the
    ratio's gamma prior has the overall ratio as mean and weighs `prior_conversions`. The log sd
    adds the count noise of the platform's own conversions.

    Args:
        attribution: of which the method's credits and draws are used.
        method: its name.
        platform: (campaigns,) conversions that the platforms claim; see `platform_conversions`.
        seen: (campaigns,) whether the file has any landing of it and its platform counts
            conversions; of one that is not seen, the ratio is the overall one.
        coverage: share of all landings that the journeys hold, in (0, 1].
        prior_conversions: weight of the overall ratio, > 0.

    Returns:
        The ratios, or None where no platform claims any conversion for what was seen.
    """
    told = np.where(seen, platform, 0.0)
    if told.sum() <= 0:
        return None
    own = attribution.credits[method]
    credit = np.maximum(own.credit[: len(platform)], 0.0)
    counted = np.where(seen, credit, 0.0)
    variance = own.draws[:, : len(platform)].var(0)
    spread = np.divide(variance, counted, out=np.ones_like(counted), where=counted > 0)
    spread = np.maximum(spread, 1.0)
    overall = max(float(counted.sum()), 0.5) / float(told.sum())  # .5: not one was credited
    shape = prior_conversions + counted / spread
    ratio = shape / (prior_conversions / overall + told / spread)
    log_variance = polygamma(1, shape) + polygamma(1, prior_conversions + told)
    return Ratios(
        credit / coverage,
        platform,
        ratio / coverage,
        np.sqrt(log_variance),
        overall / coverage,
        coverage,
    )
