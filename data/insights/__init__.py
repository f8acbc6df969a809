"""What do we tell the marketer?"""

from .document import Insights, insights_document
from .tables import insights_tables

__all__ = [
    "Insights",
    "insights_document",
    "insights_tables",
]
