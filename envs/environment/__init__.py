"""How does Gymnasium see it?

- ``env``: the single and the vector environment; ``batch``: the flights under both
- ``calibrated``: environments and problems of a calibration
- ``state_arrays``: saving and restoring; ``validation``: errors for users; ``render``: pictures
"""

from .batch import EnvSettings, EpisodeDraw, MarketPool, MarketSource
from .calibrated import problem_in
from .env import BudgetEnv, BudgetVectorEnv
from .state_arrays import to_arrays

__all__ = [
    "BudgetEnv",
    "BudgetVectorEnv",
    "EnvSettings",
    "EpisodeDraw",
    "MarketPool",
    "MarketSource",
    "problem_in",
    "to_arrays",
]
