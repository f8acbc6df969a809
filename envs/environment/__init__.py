"""How does Gymnasium see it?"""

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
