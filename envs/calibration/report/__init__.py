"""What did the calibration learn?

- ``content``: everything that the report shows, and ``calibration.json``
- ``past``: the verdict on the model, and the structures' and naive forecasts' errors
- ``checks``: posterior predictive checks of the calibrated history
- ``timelines``: shared demand and the campaigns' lifetimes as figures
- ``figures``: these, and curves, parameters, weekdays, levels and residuals
- ``table``: posterior means and shares learnt, for the terminal
- ``page``: the report as files, with one self-contained HTML page
"""

from .content import calibration_content
from .past import verdict_of
from .table import learning_table

__all__ = [
    "calibration_content",
    "learning_table",
    "verdict_of",
]
