"""What receives a budget?

`load_history` reads a folder of exports into the `History` of the units of a plan: campaign types,
campaigns, or groups of them.

- `load`: entry point; days without a row, dead campaigns, notes
- `units`: the unit of each row, and which small campaigns are pooled
- `maturity`: share of the last days' conversions that is reported so far
- `curves`, `older_export`, `evidence`: how late conversions are, usually and in an older export of
  the same days; whether the last days look incomplete
- `missing_conversions`: estimated conversions of campaigns that export only revenue
"""

from .curves import lag_days
from .load import history_of, load_history
from .missing_conversions import (
    campaigns_without_conversions,
    campaigns_without_revenue,
    fill_missing_conversions,
    require_results,
    require_revenue,
)
from .units import OTHERS, UNSPECIFIED, units_of

__all__ = [
    "OTHERS",
    "UNSPECIFIED",
    "campaigns_without_conversions",
    "campaigns_without_revenue",
    "fill_missing_conversions",
    "history_of",
    "lag_days",
    "load_history",
    "require_results",
    "require_revenue",
    "units_of",
]
