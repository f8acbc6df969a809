"""Which visits led to a conversion?"""

from .landings import Landings, LandingsReport, imputed, load_landings, read_landings
from .paths import (
    Journeys,
    Paths,
    ambiguous_order,
    build_journeys,
    count_by_code,
    distinct,
    inter_visit_days,
    renumber,
)

__all__ = [
    "Journeys",
    "Landings",
    "LandingsReport",
    "Paths",
    "ambiguous_order",
    "build_journeys",
    "count_by_code",
    "distinct",
    "imputed",
    "inter_visit_days",
    "load_landings",
    "read_landings",
    "renumber",
]
