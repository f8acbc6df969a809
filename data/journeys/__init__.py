"""Which visits led to a conversion?"""

from .landings import Landings, LandingsReport, imputed, load_landings, read_landings
from .paths import Journeys, Paths, compact, cut, distinct, gaps, tally, unsure

__all__ = [
    "Journeys",
    "Landings",
    "LandingsReport",
    "Paths",
    "compact",
    "cut",
    "distinct",
    "gaps",
    "imputed",
    "load_landings",
    "read_landings",
    "tally",
    "unsure",
]
