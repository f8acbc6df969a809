"""How good is a plan that somebody else made?

- ``score``: entry point; the user's plans beside others, on the same draws of the market
- ``entries``: plans that are compared, with the rules that they break
- ``outcomes``: what a plan brings over a flight, draw by draw
- ``own_plan``: a user's plan for a flight, from a file; ``plan_table``, ``plan_json``, ``written``
- ``document``, ``tables``, ``figures``: score.json, the terminal, the picture
- ``command``: options of the command
"""

from .command import ScoreCommand
from .document import markets_sentence, write_score
from .entries import LIVE, flight_of, live_budgets
from .outcomes import INTERVAL, Outcomes, common_draws, cost_per, interval, outcomes_of
from .own_plan import Flight, OwnPlan, opened, own_plan
from .score import Comparison, Score, score_plans
from .tables import broken_lines, difference_table, score_table
from .written import Notation

__all__ = [
    "INTERVAL",
    "LIVE",
    "Comparison",
    "Flight",
    "Notation",
    "Outcomes",
    "OwnPlan",
    "Score",
    "ScoreCommand",
    "broken_lines",
    "common_draws",
    "cost_per",
    "difference_table",
    "flight_of",
    "interval",
    "live_budgets",
    "markets_sentence",
    "opened",
    "outcomes_of",
    "own_plan",
    "score_plans",
    "score_table",
    "write_score",
]
