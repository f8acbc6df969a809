"""How does demand move, for all campaigns together?

- ``structure``: `Structure`, how fast levels and shared demand move
- ``follow``: the index of spend, which is also a report about demand
- ``design``: regressors: curves, weekdays, season, events
- ``smallest``: the smallest of many campaigns, taken together
- ``data``: reports, spend and calendar that all structures are fitted to
- ``latent``: joint Laplace approximation of all campaigns
- ``weighting``: weights of the structures by forecasts of the advertiser's own past
- ``rivals``: the same forecasts beside naive ones, and the verdict
- ``known``: what the campaigns' calibration takes from it
"""

from .data import DemandData
from .design import DemandPriors
from .follow import SpendIndex
from .known import CALENDAR_DAYS, KnownDemand, demand_report, known_demand
from .rivals import past_report
from .smallest import averaged, columns_of, summed, together
from .structure import YEAR_KNOWN, SeasonalStructure, Structure, with_seasons
from .weighting import PastForecasts, past_forecasts, prequential_weights

__all__ = [
    "CALENDAR_DAYS",
    "YEAR_KNOWN",
    "DemandData",
    "DemandPriors",
    "KnownDemand",
    "PastForecasts",
    "SeasonalStructure",
    "SpendIndex",
    "Structure",
    "averaged",
    "columns_of",
    "demand_report",
    "known_demand",
    "past_forecasts",
    "past_report",
    "prequential_weights",
    "summed",
    "together",
    "with_seasons",
]
