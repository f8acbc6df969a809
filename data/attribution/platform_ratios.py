"""Journey conversions per platform-claimed conversion, by campaign."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import polygamma

from ..history import History
from ..journeys import LandingsReport
from ..types import Floats
from .attribute import Attribution
from .settings import RatioSettings

_MIN_COMPLETE = 0.9  # landings per ad click above which the file is assumed to be complete


@dataclass(frozen=True, eq=False)
class Ratios:
    """Journey conversions per platform-claimed conversion; arrays are (campaigns,)."""

    journeys: Floats  # conversions credited by the journeys, scaled up to all landings
    platform: Floats  # conversions claimed by the platforms on the days that both records cover
    ratio: Floats  # journeys / platform, shrunk towards the overall ratio where counts are small
    log_sd: Floats  # sd of the log ratio, > 0
    overall: float  # ratio of all campaigns together, > 0
    coverage: float  # share of all landings that the file holds, in (0, 1]


def platform_conversions(history: History, report: LandingsReport) -> Floats:
    """(campaigns,) conversions claimed by the platforms on the days that both records cover."""
    first, last = (time.astype("datetime64[D]") for time in (report.first, report.last))
    shared = (history.dates >= first) & (history.dates <= last)
    return np.asarray(np.nansum(history.conversions[shared], axis=0))


def coverage_of(report: LandingsReport, settings: RatioSettings) -> float:
    """Share of all landings that the file holds: configured, or landings per ad click."""
    if settings.coverage != "auto":
        return settings.coverage
    landings = sum(match.landings for match in report.matches)
    clicks = sum(match.clicks for match in report.matches)
    share = landings / clicks if clicks > 0 else 1.0
    return 1.0 if share >= _MIN_COMPLETE else share


def ratios_of(
    attribution: Attribution,
    method: str,
    platform: Floats,
    observed: NDArray[np.bool_],
    coverage: float,
    prior_conversions: float,
) -> Ratios | None:
    """Ratios with their uncertainty, by a gamma-Poisson model.

    Journey conversions, divided by their overdispersion (bootstrap variance over mean, at least
    1), are a Poisson count whose mean is the ratio times the platform's conversions, divided
    likewise. The ratio has a gamma prior whose mean is the overall ratio and whose weight is
    `prior_conversions`. The log sd adds the count noise of the platform's own conversions.

    Args:
        attribution: provides the method's credits and draws.
        method: name of the attribution method.
        platform: (campaigns,) conversions claimed by the platforms; see `platform_conversions`.
        observed: (campaigns,) mask of campaigns that have landings and whose platform counts
            conversions; all others get the overall ratio.
        coverage: share of all landings that the journeys hold, in (0, 1].
        prior_conversions: weight of the overall ratio, > 0.

    Returns:
        The ratios, or None if no platform claims any conversion for the observed campaigns.
    """
    claimed = np.where(observed, platform, 0.0)
    if claimed.sum() <= 0:
        return None
    method_credit = attribution.credits[method]
    credit = np.maximum(method_credit.credit[: len(platform)], 0.0)
    credited = np.where(observed, credit, 0.0)
    variance = method_credit.draws[:, : len(platform)].var(0)
    dispersion = np.divide(variance, credited, out=np.ones_like(credited), where=credited > 0)
    dispersion = np.maximum(dispersion, 1.0)
    overall = max(float(credited.sum()), 0.5) / float(claimed.sum())  # 0.5 if none is credited
    shape = prior_conversions + credited / dispersion
    ratio = shape / (prior_conversions / overall + claimed / dispersion)
    log_variance = polygamma(1, shape) + polygamma(1, prior_conversions + claimed)
    return Ratios(
        credit / coverage,
        platform,
        ratio / coverage,
        np.sqrt(log_variance),
        overall / coverage,
        coverage,
    )
