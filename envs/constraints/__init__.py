"""What may be spent?

- ``constraints``: `Constraints`, the amounts in whole cents, and the same as arrays in units of the
  currency
- ``parse``: from the settings to `Constraints`
- ``recent``: daily caps at a multiple of what a campaign has spent lately
- ``money``: amounts of money as text, parsed to exact cents and displayed
- ``feasibility``: an error naming the node to blame if no plan satisfies the constraints
- ``ledger``: spend so far; `day_bounds` enforces floors and caps on every day of a flight, and
  `spend_day` projects a requested spend onto them
- ``daily_floors``: floors spread evenly over the flight, for planners
- ``rounding``: a plan rounded to whole cents
- ``violations``: an independent check of a plan
"""

from .constraints import Constraints
from .daily_floors import daily_floors
from .ledger import Ledger, day_bounds, floor_remaining, remaining, spend_day, total_range
from .parse import ConstraintSettings, constraints_from_json, parse_constraints
from .recent import KnownSpend
from .rounding import to_cents
from .rules import Guardrail, Ramp
from .violations import count_violations, violations

__all__ = [
    "ConstraintSettings",
    "Constraints",
    "Guardrail",
    "KnownSpend",
    "Ledger",
    "Ramp",
    "constraints_from_json",
    "count_violations",
    "daily_floors",
    "day_bounds",
    "floor_remaining",
    "parse_constraints",
    "remaining",
    "spend_day",
    "to_cents",
    "total_range",
    "violations",
]
