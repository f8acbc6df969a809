"""What to spend today?

- ``baselines``: all policies by name, and their settings
- ``open_loop``, ``static_cvar``, ``greedy``: decided before the flight
- ``proportional``, ``follow``, ``linear_feedback``, ``rolling_horizon``, ``thompson``, ``mpc``,
  ``weekly``: react to reports
- ``universal``: the shipped network for every advertiser; ``ensemble``: its mean with the
  re-planner
- ``bandits``: spend in order to learn
- ``marginal``: allocation of the remaining money
- ``clairvoyant``: oracles, the bounds and the yardsticks of comparisons
"""

from .baselines import (
    BASELINES,
    ORACLES,
    RENAMED_POLICIES,
    SETTINGS,
    BaselineSettings,
    baseline,
    unknown_policy,
)
from .clairvoyant import Informed
from .ensemble import Ensemble
from .follow import Follow
from .rolling_horizon import MAX_DRAWS, FilterMemory, RollingHorizon, RollingHorizonSettings
from .weekly import WeeklyPlan

__all__ = [
    "BASELINES",
    "MAX_DRAWS",
    "ORACLES",
    "RENAMED_POLICIES",
    "SETTINGS",
    "BaselineSettings",
    "Ensemble",
    "FilterMemory",
    "Follow",
    "Informed",
    "RollingHorizon",
    "RollingHorizonSettings",
    "WeeklyPlan",
    "baseline",
    "unknown_policy",
]
