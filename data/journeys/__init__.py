"""Which visits led to a conversion?

- `site_log`, `visits`: reading and validation of the site log
- `landings`: landings matched to campaigns, and how well they agree with the ads' clicks
- `paths`: landings as journeys, each ending at a conversion or the last landing
"""

from .landings import (
    Landings,
    LandingsReport,
    campaigns_with_imputed_times,
    load_landings,
    read_landings,
)
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
from .site_log import PAID, SITE_LOG_HEADER

__all__ = [
    "PAID",
    "SITE_LOG_HEADER",
    "Journeys",
    "Landings",
    "LandingsReport",
    "Paths",
    "ambiguous_order",
    "build_journeys",
    "campaigns_with_imputed_times",
    "count_by_code",
    "distinct",
    "inter_visit_days",
    "load_landings",
    "read_landings",
    "renumber",
]
