"""What does spending in order to learn bring?

- ``optimism``: `ucb`, the belief's allocation at the upper end of what is plausible
- ``knowledge_gradient``: `knowledge_gradient`, a day's spend valued for what its report will change
- ``knapsack``: `knapsack`, spend levels as the arms of a bandit with a price of money
"""

from .knapsack import KnapsackSettings, knapsack
from .knowledge_gradient import KnowledgeGradientSettings, knowledge_gradient
from .optimism import UcbSettings, ucb

__all__ = [
    "KnapsackSettings",
    "KnowledgeGradientSettings",
    "UcbSettings",
    "knapsack",
    "knowledge_gradient",
    "ucb",
]
