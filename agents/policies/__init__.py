"""What to spend today?"""

from .baselines import (
    BASELINES,
    ORACLES,
    SETTINGS,
    BaselineSettings,
    baseline,
    unknown_policy,
)

__all__ = [
    "BASELINES",
    "ORACLES",
    "SETTINGS",
    "BaselineSettings",
    "baseline",
    "unknown_policy",
]
