"""What to spend today?"""

from .baselines import BASELINES, BOUNDS, SETTINGS, baseline, unknown_policy

__all__ = [
    "BASELINES",
    "BOUNDS",
    "SETTINGS",
    "baseline",
    "unknown_policy",
]
