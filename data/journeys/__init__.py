"""Which visits led to a conversion?

- `log_file`: which file is the landing log, and of which kind
- `site_log`, `visits`, `csv_text`: reading and validation of the site log
- `declared`: landings of all other kinds, which `conf/data/landings` declares, with their rows
  (`log_table`), times (`times`), labels (`labels`) and conversions (`sessions`)
- `matching`: campaign to which each landing belongs
- `landings`: landings matched to campaigns, and how well they agree with the ads' clicks
- `paths`: landings as journeys, each ending at a conversion or the last landing
"""

from .landings import (
    MAX_LISTED,
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
    "MAX_LISTED",
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
