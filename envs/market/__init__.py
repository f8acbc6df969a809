"""What does a day of spend bring?

- ``records``: parameters, state, noise and outcome of a market
- ``step``: one day of the physics, in order; every effect enters here, the weekday too
- ``response``: Hill saturation and adstock
- ``effects``: fatigue, halo, time of year, dates, reporting lag
- ``level``: the log level of demand, own and shared
- ``calendar``: day numbers and weekdays
- ``counts``: counts from given noise, and their likelihood
- ``noise``: drawing the noise of flights and sudden events
- ``streams``: the random streams and their keys
- ``parameters``: unit, range, neutral value and source of every parameter
- ``objective``: the value of an outcome
- ``simulate``: many days of a fixed plan
- ``counterfactual``: expected conversions of a history under other spends
"""

from .calendar import day_number, weekday_of
from .counterfactual import counterfactual_conversions
from .counts import negative_binomial_loglik, poisson_quantile
from .effects import landed_share
from .level import level_step_variance, report_dispersion
from .noise import ShockSettings, draw_noise, draw_noises, unit_gamma
from .objective import Objective, ObjectiveSettings, Ratio
from .parameters import PARAMETERS, require_possible
from .records import Market, MarketState, Noise, Outcome
from .response import (
    carry,
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
    "carry",
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
    "level_step_variance",
    "local_elasticity",
    "negative_binomial_loglik",
    "odds_at_reference",
    "odds_effect",
    "poisson_quantile",
    "report_dispersion",
    "require_possible",
    "saturation",
    "simulate",
    "steady_conversions",
    "step",
    "unit_gamma",
    "unit_lognormal",
    "weekday_of",
]
