"""What is the best plan for known markets?"""

from .clairvoyant import clairvoyant_bound, shared_plan, steady_summit, worth_of
from .gradient import SolverSettings, best_plan, tensors, worth_by
from .spectral import Worth, ascend, steady_plans, whole_plans
from .static import historical_plan, paced, static_plan, steady_plan, uniform_plan

__all__ = [
    "SolverSettings",
    "Worth",
    "ascend",
    "best_plan",
    "clairvoyant_bound",
    "historical_plan",
    "paced",
    "shared_plan",
    "static_plan",
    "steady_plan",
    "steady_plans",
    "steady_summit",
    "tensors",
    "uniform_plan",
    "whole_plans",
    "worth_by",
    "worth_of",
]
