"""What is the best plan for known markets?

- ``spectral``: `maximise`, for whole plans whose days are not coupled
- ``gradient``: `best_plan`, day by day, under any constraints
- ``clairvoyant``: the best daily, constant and shared plans of known markets
- ``static``: plans made before the flight, from the posterior
"""

from .clairvoyant import best_constant_plan, best_shared_plan, clairvoyant_values, plan_objective
from .gradient import SolverSettings, best_plan, objective_with_gradient, to_tensors
from .spectral import PlanObjective, maximise, project_constant_plan, project_daily_plan
from .static import constant_plan, historical_plan, paced_plan, static_plan, uniform_plan

__all__ = [
    "PlanObjective",
    "SolverSettings",
    "best_constant_plan",
    "best_plan",
    "best_shared_plan",
    "clairvoyant_values",
    "constant_plan",
    "historical_plan",
    "maximise",
    "objective_with_gradient",
    "paced_plan",
    "plan_objective",
    "project_constant_plan",
    "project_daily_plan",
    "static_plan",
    "to_tensors",
    "uniform_plan",
]
