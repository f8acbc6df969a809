"""Which channel earns the credit for a conversion?"""

from .attribute import AttributionSettings
from .document import (
    AttributeCommand,
    Document,
    attribution_document,
    attribution_study,
    attribution_study_of,
)
from .rules import credits_of, rule_shares, shapley_set
from .tables import attribution_tables

__all__ = [
    "AttributeCommand",
    "AttributionSettings",
    "Document",
    "attribution_document",
    "attribution_study",
    "attribution_study_of",
    "attribution_tables",
    "credits_of",
    "rule_shares",
    "shapley_set",
]
