"""The halo of a calibrated market: its prior comes from journeys, and exports do not change it."""

from collections.abc import Sequence

import numpy as np

from ..market import Market, carryover_of
from .journeys import JourneyFindings
from .priors import JourneyPriors


def with_halo(
    market: Market,
    names: Sequence[str],
    priors: JourneyPriors,
    findings: JourneyFindings,
    rng: np.random.Generator,
) -> Market:
    """Return markets whose lower-funnel campaigns are lifted by those that lead to them.

    A campaign that closes journeys gets an exponent uniform in [0, ``halo_most``] times the share
    of these journeys that its most frequent leader led. A leading campaign gets a weight in
    proportion to the journeys it led. At the reference spends the halo changes nothing; it acts
    only at other spends.

    Args:
        market: draws, (draws, campaigns).
        names: names of the campaigns, (campaigns,).
        priors: settings; whether there is a halo, and its largest exponent.
        findings: hold the share of each campaign's journeys that other campaigns led.
        rng: source of randomness.

    Returns:
        The markets; unchanged if the halo is off or no campaign leads to another.
    """
    shares = findings.led_share
    led = np.array([[shares.get(close, {}).get(first, 0.0) for first in names] for close in names])
    if not priors.halo or led.sum() <= 0:
        return market
    ones = np.ones_like(market.elasticity)
    strength = np.clip(led.max(1), 0.0, 1.0)
    leading = led.sum(0)
    return market._replace(
        halo=priors.halo_most * rng.random(ones.shape) * strength,
        halo_weight=leading / leading.sum() * ones,
        halo_kept=carryover_of(priors.halo_half_life) * ones,
    )
