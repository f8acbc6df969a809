"""What to spend today?

- ``baselines``: all policies by name, and their settings
- ``open_loop``, ``static_cvar``, ``greedy``: decided before the flight
- ``proportional``, ``follow``, ``linear_feedback``, ``rolling_horizon``, ``thompson``: react to
  reports
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
from .follow import Follow
from .rolling_horizon import MAX_DRAWS, RollingHorizon, RollingHorizonSettings

__all__ = [
    "BASELINES",
    "MAX_DRAWS",
    "ORACLES",
    "RENAMED_POLICIES",
    "SETTINGS",
    "BaselineSettings",
    "Follow",
    "Informed",
    "RollingHorizon",
    "RollingHorizonSettings",
    "baseline",
    "unknown_policy",
]
