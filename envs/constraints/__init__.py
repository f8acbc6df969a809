"""What may be spent?

- ``constraints``: `Constraints`, the amounts in whole cents, and the same as arrays in units of the
  currency
- ``parse``: from the settings to `Constraints`
- ``recent``: daily caps at a multiple of what a campaign has spent lately
- ``money``: amounts of money as text, parsed to exact cents and displayed
- ``feasibility``: an error naming the node to blame if no plan satisfies the constraints
- ``ledger``: spend so far; `day_bounds` enforces floors and caps on every day of a flight, and
  `spend_day` projects a requested spend onto them
- ``rounding``: a plan rounded to whole cents
- ``rules``, ``parse_rules``: ramps, change days, bounds of days, guardrails, promotions
- ``levels``: how campaigns go on under ramps; ``ramped_day``: a day's projection under them
- ``reach``: what ramps let campaigns spend over a flight, and ramps that yield
- ``rest``: the set of the days that are left after what was spent
- ``violations``: an independent check of a plan
"""

from .constraints import Constraints
from .ledger import (
    Ledger,
    daily_floors,
    day_bounds,
    floor_remaining,
    remaining,
    spend_day,
    total_range,
)
from .parse import (
    ConstraintSettings,
    Named,
    PlausibleConstraints,
    constraints_from_json,
    parse_constraints,
    require_plausible,
)
from .parse_rules import FlightStart, measured_against_rhythm
from .ramped_day import reconcile
from .reach import with_rhythm
from .recent import KnownSpend
from .rest import rest_of
from .rounding import to_cents
from .rules import Guardrail, Promotion, Ramp
from .violations import count_violations, violations

__all__ = [
    "ConstraintSettings",
    "Constraints",
    "FlightStart",
    "Guardrail",
    "KnownSpend",
    "Ledger",
    "Named",
    "PlausibleConstraints",
    "Promotion",
    "Ramp",
    "constraints_from_json",
    "count_violations",
    "daily_floors",
    "day_bounds",
    "floor_remaining",
    "measured_against_rhythm",
    "parse_constraints",
    "reconcile",
    "remaining",
    "require_plausible",
    "rest_of",
    "spend_day",
    "to_cents",
    "total_range",
    "violations",
    "with_rhythm",
]
