"""What do we tell the marketer?"""

from .document import Insights, document_of
from .tables import insights_tables

__all__ = [
    "Insights",
    "document_of",
    "insights_tables",
]
