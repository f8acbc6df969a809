"""The halo of a calibrated market: a prior from journeys, not learnt from exports."""

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
    of them that its most frequent leader led; who leads gets a weight in proportion to how often.
    At the reference spends nothing changes, so that the halo says only what other spends would do.

    Args:
        market: draws, (draws, campaigns).
        names: (campaigns,).
        priors: whether there is a halo, and how strong it may be.
        findings: who leads to whom.
        rng: source of randomness.

    Returns:
        The same markets where the halo is off or nobody leads to anybody.
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
