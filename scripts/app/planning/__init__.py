"""What do forms ask, and what do plans answer?

- `curves`: response curves of a calibration
- `split`: a budget at which the next unit brings as much on every campaign
- `frontier`: answers between the budgets whose best plans are known
- `what_if`: another budget, or another amount for single campaigns
- `bounds`: constraint sets as the server checks them
- `form_words`: words of the form of a plan
- `numbers`: numbers as people type them
- `estimates`: estimates with their intervals
- `plan_form`: fields of the form, and the body of the job that they ask for
- `field_errors`: which field a problem belongs to
- `daily_reports`: daily spend and results of the units of a plan
- `pacing`: a plan under way against the actuals
- `comparison`: plans side by side
- `charts`: specifications of all of these
"""

from .bounds import bounds_of, check_rules, known_spend, names_of
from .charts import (
    SERIES,
    budgets_chart,
    comparison_chart,
    days_chart,
    frontier_chart,
    pacing_chart,
    specification,
)
from .comparison import LIVE, MOST, Compared, compared
from .curves import Curve, curve_of, curves_of
from .daily_reports import DailyReports
from .estimates import Estimate
from .field_errors import FORM, errors_of
from .form_words import AGENTS, LABELS, OBJECTIVES
from .frontier import Frontier, frontier_of
from .numbers import number_of
from .pacing import PaceRow, Pacing, pacing
from .plan_form import (
    KINDS,
    MAIN_KEYS,
    NODE_KEYS,
    WEEKDAYS,
    Errors,
    Fields,
    Node,
    body_of,
    defaults,
    fields_of,
    nodes_of,
    rows_shown,
)
from .split import equal_marginal_split
from .what_if import WhatIf, what_if

__all__ = [
    "AGENTS",
    "FORM",
    "KINDS",
    "LABELS",
    "LIVE",
    "MAIN_KEYS",
    "MOST",
    "NODE_KEYS",
    "OBJECTIVES",
    "SERIES",
    "WEEKDAYS",
    "Compared",
    "Curve",
    "DailyReports",
    "Errors",
    "Estimate",
    "Fields",
    "Frontier",
    "Node",
    "PaceRow",
    "Pacing",
    "WhatIf",
    "body_of",
    "bounds_of",
    "budgets_chart",
    "check_rules",
    "compared",
    "comparison_chart",
    "curve_of",
    "curves_of",
    "days_chart",
    "defaults",
    "equal_marginal_split",
    "errors_of",
    "fields_of",
    "frontier_chart",
    "frontier_of",
    "known_spend",
    "names_of",
    "nodes_of",
    "number_of",
    "pacing",
    "pacing_chart",
    "rows_shown",
    "specification",
    "what_if",
]
