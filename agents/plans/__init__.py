"""What is written into plan.json?

- ``records``: a plan, what happened so far, changes, flags and costs of rules
- ``make``: entry point; which policy plans, and its dated plan with a forecast
- ``document``: content of ``plan.json``
- ``rows``: totals, channels and campaigns
- ``days``: money and estimates by day and cumulatively
- ``binding``: binding bounds with their shadow prices
- ``pace``: spend so far against the plan
- ``flags``: what a reader should look at, and warnings
- ``extrapolation``: which money is extrapolated, and which campaigns are restarted
- ``estimate``: forecast with intervals, and marginal returns of a plan over the posterior
- ``read``: reader of ``plan.json`` that verifies it
- ``tables``: a plan as a table in the terminal
- ``figures``: charts of a plan
"""

from .document import SCHEMA_VERSION, document, levels_set, write_plan
from .estimate import expected_flight, forecast, joined, marginal_returns
from .make import acting, constraint_costs, plan_of
from .read import read_plan, read_planned
from .records import Actuals, Change, ConstraintCost, Flag, Plan, campaign_keys, campaign_name
from .tables import forecast_notes, plan_table

__all__ = [
    "SCHEMA_VERSION",
    "Actuals",
    "Change",
    "ConstraintCost",
    "Flag",
    "Plan",
    "acting",
    "campaign_keys",
    "campaign_name",
    "constraint_costs",
    "document",
    "expected_flight",
    "forecast",
    "forecast_notes",
    "joined",
    "levels_set",
    "marginal_returns",
    "plan_of",
    "plan_table",
    "read_plan",
    "read_planned",
    "write_plan",
]
