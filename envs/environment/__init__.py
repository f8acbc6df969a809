"""How does Gymnasium see it?

- ``env``: the single and the vector environment
- ``batch``: the flights in lockstep that both environments run
- ``calibrated``: environments and problems of a calibration
- ``state_arrays``: a state as flat arrays, for saving and restoring
- ``wider``: markets a little wider than a posterior, for robust policies
- ``validation``: checks of what users pass in, with their error messages
- ``render``: a flight as text or as a picture
"""

from .batch import (
    EnvSettings,
    EpisodeDraw,
    MarketPool,
    MarketSource,
    daily_value,
    planned_values,
)
from .calibrated import known_spend, problem_in, problem_near
from .env import BudgetEnv, BudgetVectorEnv
from .state_arrays import to_arrays
from .validation import require_action
from .wider import (
    WidthName,
    hardly_saturating,
    widened,
    wider,
    width_of,
    with_lasting_changes,
)

__all__ = [
    "BudgetEnv",
    "BudgetVectorEnv",
    "EnvSettings",
    "EpisodeDraw",
    "MarketPool",
    "MarketSource",
    "WidthName",
    "daily_value",
    "hardly_saturating",
    "known_spend",
    "planned_values",
    "problem_in",
    "problem_near",
    "require_action",
    "to_arrays",
    "widened",
    "wider",
    "width_of",
    "with_lasting_changes",
]
