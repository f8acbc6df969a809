"""How likely is a history, given a market?

- ``likelihood``: log-likelihood of a history, with the log level filtered out
- ``compiled``: the same recursion, compiled
"""

from .likelihood import (
    FilterResult,
    FilterStep,
    ObservedHistory,
    draw_levels,
    filter_days,
    filter_history,
    kalman_step,
    observed_history_from,
    observed_history_of,
    update_level,
)

__all__ = [
    "FilterResult",
    "FilterStep",
    "ObservedHistory",
    "draw_levels",
    "filter_days",
    "filter_history",
    "kalman_step",
    "observed_history_from",
    "observed_history_of",
    "update_level",
]
