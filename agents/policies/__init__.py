"""What to spend today?"""

from .baselines import (
    BASELINES,
    ORACLES,
    RENAMED_POLICIES,
    SETTINGS,
    BaselineSettings,
    baseline,
    unknown_policy,
)

__all__ = [
    "BASELINES",
    "ORACLES",
    "RENAMED_POLICIES",
    "SETTINGS",
    "BaselineSettings",
    "baseline",
    "unknown_policy",
]
