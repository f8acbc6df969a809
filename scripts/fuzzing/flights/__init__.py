"""Does every flight keep its constraints, whatever platforms deliver?

- `account`: the shipped advertiser, for which random constraint sets are drawn
- `days`: a flight under a set, day by day in the environment or by the live engine
- `judge`: what has to hold of every day, checked apart from the code that decides it
- `run`: many flights
- `constraint_sets`: the command
"""

from .account import Account, shipped_account
from .judge import Verdict, fly
from .run import FlightsCommand, fly_all, verdict_counts

__all__ = [
    "Account",
    "FlightsCommand",
    "Verdict",
    "fly",
    "fly_all",
    "shipped_account",
    "verdict_counts",
]
