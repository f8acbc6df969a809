"""What to spend today?

- ``baselines``: all policies by name, and their settings
- ``open_loop``, ``static_cvar``, ``greedy``: decided before the flight
- ``follow``, ``linear_feedback``, ``rolling_horizon``, ``thompson``, ``mpc``, ``weekly``: react to
  reports
- ``bandits``: spend in order to learn
- ``marginal``: allocation of the remaining money
- ``clairvoyant``: oracles, the bounds of comparisons
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
from .follow import Follow
from .rolling_horizon import RollingHorizon, RollingHorizonSettings
from .weekly import WeeklyPlan

__all__ = [
    "BASELINES",
    "ORACLES",
    "RENAMED_POLICIES",
    "SETTINGS",
    "BaselineSettings",
    "Follow",
    "RollingHorizon",
    "RollingHorizonSettings",
    "WeeklyPlan",
    "baseline",
    "unknown_policy",
]
