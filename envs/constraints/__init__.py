"""What may be spent?"""

from .constraints import Constraints
from .daily_floors import daily_floors
from .ledger import Ledger, add_up, day_bounds, floor_remaining, remaining, spend_day, total_range
from .parse import ConstraintSettings, constraints_from_json, parse_constraints
from .rounding import to_cents
from .violations import count_violations, violations

__all__ = [
    "ConstraintSettings",
    "ConstraintSettings",
    "Constraints",
    "Ledger",
    "add_up",
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
