"""Which channel earns the credit for a conversion?"""

from .attribute import AttributionSettings
from .document import AttributeCommand, Document, document_of, study, study_of
from .rules import credits_of, rule_shares, shapley_set
from .tables import attribution_tables

__all__ = [
    "AttributeCommand",
    "AttributionSettings",
    "Document",
    "attribution_tables",
    "credits_of",
    "document_of",
    "rule_shares",
    "shapley_set",
    "study",
    "study_of",
]
