"""What do we tell the marketer?

- `document`: content of `insights.json`
- `narrative`: the document in sentences
- `limitations`: what an analysis of the exports cannot tell
- `tables`, `figures`, `page`: the document in the terminal, as pictures, and as one HTML page
"""

from .document import Insights, insights_document
from .tables import insights_tables

__all__ = [
    "Insights",
    "insights_document",
    "insights_tables",
]
