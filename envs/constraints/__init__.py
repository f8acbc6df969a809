"""What may be spent?

- Where a floor is enforced during a flight: `day_bounds` in ``ledger`` returns today's floors and
  caps; `spend_day` projects a requested spend onto them.
- ``parse`` reads the settings into `Constraints`, whole cents by name; ``feasibility`` raises an
  error if no plan satisfies them, and says which node is to blame.
- ``rounding`` turns a plan into whole cents; ``violations`` checks a plan independently.
"""

from .constraints import Constraints
from .daily_floors import daily_floors
from .ledger import Ledger, day_bounds, floor_remaining, remaining, spend_day, total_range
from .parse import ConstraintSettings, constraints_from_json, parse_constraints
from .rounding import to_cents
from .violations import count_violations, violations

__all__ = [
    "ConstraintSettings",
    "Constraints",
    "Ledger",
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
