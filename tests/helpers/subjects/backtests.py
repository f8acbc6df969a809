"""Sizes of small backtests, and a history without events."""

import numpy as np

from mediagym.data.history import METRICS, Campaign, History

FIRST, HORIZON = 90, 20


def empty(days: int) -> History:
    """One campaign that reports zeros from 2024-01-01 on."""
    arrays = {name: np.zeros((days, 1)) for name in METRICS}
    dates = np.datetime64("2024-01-01") + np.arange(days)
    presence = np.zeros((days, 1), np.int8)
    return History(dates, (Campaign("meta", None),), presence=presence, notes=(), **arrays)
