"""What did the calibration learn?"""

from .content import portrait_of
from .table import learning_table

__all__ = [
    "learning_table",
    "portrait_of",
]
