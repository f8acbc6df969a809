"""What does a day of spend bring?"""

from .calendar import day_number, weekday_of
from .counterfactual import counterfactual_conversions
from .counts import negative_binomial_loglik, poisson_quantile
from .effects import landed_share
from .noise import ShockSettings, draw_noise, draw_noises, unit_gamma
from .objective import Objective, ObjectiveSettings, Ratio
from .parameters import PARAMETERS, require_possible
from .records import Market, MarketState, Noise, Outcome
from .response import (
    carryover_of,
    elasticity_of,
    half_life_of,
    inverse_marginal,
    local_elasticity,
    odds_at_reference,
    odds_effect,
    saturation,
)
from .simulate import simulate
from .step import steady_conversions, step, unit_lognormal
from .streams import Stream, generator

__all__ = [
    "PARAMETERS",
    "Market",
    "MarketState",
    "Noise",
    "Objective",
    "ObjectiveSettings",
    "Outcome",
    "Ratio",
    "ShockSettings",
    "Stream",
    "carryover_of",
    "counterfactual_conversions",
    "day_number",
    "draw_noise",
    "draw_noises",
    "elasticity_of",
    "generator",
    "half_life_of",
    "inverse_marginal",
    "landed_share",
    "local_elasticity",
    "negative_binomial_loglik",
    "odds_at_reference",
    "odds_effect",
    "poisson_quantile",
    "require_possible",
    "saturation",
    "simulate",
    "steady_conversions",
    "step",
    "unit_gamma",
    "unit_lognormal",
    "weekday_of",
]
