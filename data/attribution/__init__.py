"""Which channel earns the credit for a conversion?

- `attribute`: entry point; credits by every method, roles and influence
- `settings`: the group `attribution` of the configuration, and the names of the methods
- `rules`: rules such as first, last, linear and decay
- `markov`, `shapley`: removal effects of a Markov chain, Shapley values of the conversion rate
- `roles`: which labels start, assist and close journeys, and which precede which
- `bootstrap`: intervals, by resampled users
- `platform_ratios`: journey conversions per conversion that a platform claims
- `document`: content of `attribution.json`
- `read`: reader of `attribution.json` that verifies it
- `tables`, `figures`: the document in the terminal, and its pictures
"""

from .document import (
    AttributeCommand,
    Document,
    attribution_document,
    attribution_reader,
    attribution_study,
    attribution_study_of,
)
from .rules import credits_of, rule_shares, shapley_set
from .settings import AttributionSettings
from .tables import attribution_tables

__all__ = [
    "AttributeCommand",
    "AttributionSettings",
    "Document",
    "attribution_document",
    "attribution_reader",
    "attribution_study",
    "attribution_study_of",
    "attribution_tables",
    "credits_of",
    "rule_shares",
    "shapley_set",
]
