"""What may be spent?"""

from .constraints import Constraints
from .daily_floors import even_floors
from .ledger import Ledger, add_up, day_bounds, owed, remaining, spend_day, total_range
from .parse import constraints_from_json, parse_constraints
from .rounding import to_cents
from .violations import count_violations, violations

__all__ = [
    "Constraints",
    "Ledger",
    "add_up",
    "constraints_from_json",
    "count_violations",
    "day_bounds",
    "even_floors",
    "owed",
    "parse_constraints",
    "remaining",
    "spend_day",
    "to_cents",
    "total_range",
    "violations",
]
