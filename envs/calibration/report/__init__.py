"""What did the calibration learn?"""

from .content import calibration_content
from .table import learning_table

__all__ = [
    "calibration_content",
    "learning_table",
]
