"""How does Gymnasium see it?"""

from .batch import Draw, EnvSettings, Pool, Source
from .calibrated import problem_in
from .env import BudgetEnv, BudgetVectorEnv
from .state_arrays import to_arrays

__all__ = [
    "BudgetEnv",
    "BudgetVectorEnv",
    "Draw",
    "EnvSettings",
    "Pool",
    "Source",
    "problem_in",
    "to_arrays",
]
