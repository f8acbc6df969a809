"""What is the best plan, for known markets and for a posterior?

- ``rules``: a constraint set as linear inequalities, and the pairs of days that ramps compare
- ``quadratic``: quadratic programs over the plans that satisfy them
- ``executable``: `project_executable`, onto all rules of a set
- ``newton``: `climb`, by Newton steps within the rules
- ``rows``: `climb_rows`, the same for many markets, each with a plan of its own
- ``surfaces``: the expected value over a posterior, and guardrails
- ``rhythm``: `weekday_rhythm`, and the steadiness of levels
- ``runs``: campaigns that are on for the whole flight or off for all of it
- ``best``: `executable_plan`, which keeps every rule
- ``costs``: `rule_costs`, what each rule costs
- ``spectral``: `maximise`, for whole plans whose days are not coupled
- ``gradient``: `best_plan`, day by day, under any constraints
- ``clairvoyant``: the best daily, constant and shared plans of known markets, and of the days left
- ``static``: plans made before the flight, from the posterior
- ``rest``: `best_rest`, the days left of many flights at once
"""

from .best import ExecutablePlan, executable_plan, unrestricted, unrestricted_plan
from .clairvoyant import (
    best_constant_plan,
    best_remaining_plan,
    best_shared_plan,
    clairvoyant_values,
    is_concave,
    plan_objective,
)
from .costs import RuleCost, rule_costs, rules_in
from .executable import project_executable
from .gradient import SolverSettings, best_plan, objective_with_gradient, to_tensors
from .quadratic import QuadraticProgram
from .rest import best_rest
from .rhythm import level_changes, weekday_rhythm
from .rows import climb_rows
from .runs import on_or_off
from .spectral import PlanObjective, maximise, project_constant_plan, project_daily_plan
from .static import constant_plan, historical_plan, paced_plan, static_plan, uniform_plan
from .surfaces import Sample

__all__ = [
    "ExecutablePlan",
    "PlanObjective",
    "QuadraticProgram",
    "RuleCost",
    "Sample",
    "SolverSettings",
    "best_constant_plan",
    "best_plan",
    "best_remaining_plan",
    "best_rest",
    "best_shared_plan",
    "clairvoyant_values",
    "climb_rows",
    "constant_plan",
    "executable_plan",
    "historical_plan",
    "is_concave",
    "level_changes",
    "maximise",
    "objective_with_gradient",
    "on_or_off",
    "paced_plan",
    "plan_objective",
    "project_constant_plan",
    "project_daily_plan",
    "project_executable",
    "rule_costs",
    "rules_in",
    "static_plan",
    "to_tensors",
    "uniform_plan",
    "unrestricted",
    "unrestricted_plan",
    "weekday_rhythm",
]
