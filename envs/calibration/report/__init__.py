"""What did the calibration learn?

- ``content``: everything that the report shows, and ``calibration.json``
- ``checks``: posterior predictive checks of the calibrated history
- ``figures``: curves, parameters, weekdays, levels and residuals as figures
- ``table``: posterior means and shares learnt, for the terminal
- ``page``: the report as files, with one self-contained HTML page
"""

from .content import calibration_content
from .table import learning_table

__all__ = [
    "calibration_content",
    "learning_table",
]
