"""What receives a budget?

`load_history` reads a folder of exports into the `History` of the units of a plan: campaign types,
campaigns, or groups of them.

- `load`: entry point; days without a row, dead campaigns, notes
- `units`: the unit of each row, and which small campaigns are pooled
- `maturity`: last days whose conversions are not complete
- `missing_conversions`: estimated conversions of campaigns that export only revenue
"""

from .load import history_of, load_history
from .maturity import lag_days
from .missing_conversions import (
    campaigns_without_conversions,
    campaigns_without_revenue,
    fill_missing_conversions,
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
    "require_revenue",
    "units_of",
]
