"""From standard normals, through the priors, to markets."""

import numpy as np

from ...data.types import Floats
from ..market import Market
from .prices import PriceDraws
from .priors import Parameters, PriorCentres, Priors, parameters_from_normals


def markets_from_normals(z: Floats, priors: Priors, centres: PriorCentres) -> Market:
    """Map standard normals to markets; fields that conversions do not depend on are neutral."""
    return market_of(parameters_from_normals(z, priors, centres), priors, centres)


def market_of(p: Parameters, priors: Priors, centres: PriorCentres) -> Market:
    """Return the markets of parameters, (..., campaigns), with neutral prices."""
    ones = np.ones_like(p.elasticity)
    return Market(
        reference_spend=centres.spend * ones,
        reference_conversions=p.conversions,
        elasticity=p.elasticity,
        slope=p.slope,
        carryover=p.carryover,
        weekday=p.weekday,
        level_kept=p.level_kept,
        level_sd=p.level_step * np.sqrt(1 - priors.level_shared),
        demand_sd=p.level_step * np.sqrt(priors.level_shared),
        dispersion=p.dispersion,
        **PriceDraws.neutral(ones)._asdict(),
    )
