"""What would another budget bring, and which budget meets a target?

- ``frontier``: `frontier_of`, the best plan by budget with marginal costs and bands
- ``target``: `budget_for`, the budget that reaches a volume or keeps a cost
- ``curve``: best executable plans by budget, solved where they are needed
- ``document``, ``tables``, ``figures``: frontier.json, the terminal, the picture
- ``command``: what ``plan.py`` does for its keys
"""

from .command import plan_frontier
from .curve import Curve, Point
from .document import write_frontier
from .frontier import Frontier, Segment, frontier_of
from .tables import frontier_lines, frontier_table
from .target import Answer, Kind, Target, budget_for

__all__ = [
    "Answer",
    "Curve",
    "Frontier",
    "Kind",
    "Point",
    "Segment",
    "Target",
    "budget_for",
    "frontier_lines",
    "frontier_of",
    "frontier_table",
    "plan_frontier",
    "write_frontier",
]
