"""What is written into plan.json?

- ``records``: what happened so far, changes, flags and costs of rules
- ``make``: entry point; which policy plans, and its dated plan with a forecast
- ``document``: content of ``plan.json``; budgets, intervals, binding bounds and warnings
- ``extrapolation``: which money is extrapolated, and which campaigns are restarted
- ``estimate``: forecast and marginal returns of a plan over the posterior
- ``read``: reader of ``plan.json`` that verifies it
- ``tables``: a plan as a table in the terminal
- ``figures``: charts of a plan
"""

from .document import write_plan
from .make import acting, plan_of
from .read import read_plan
from .records import Actuals, Change, ConstraintCost, Flag
from .tables import forecast_notes, plan_table

__all__ = [
    "Actuals",
    "Change",
    "ConstraintCost",
    "Flag",
    "acting",
    "forecast_notes",
    "plan_of",
    "plan_table",
    "read_plan",
    "write_plan",
]
