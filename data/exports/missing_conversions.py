"""Campaigns whose export has revenue and no count of conversions."""

import dataclasses

import numpy as np

from ..errors import DataError
from ..history import OBSERVED, History

_USUAL_ORDER = 150.0  # dollars, where no campaign says what an order is worth
_FIRST = 28  # days that say it: days to come must change nothing in those that were


def campaigns_without_conversions(history: History) -> list[int]:
    """Return the positions of campaigns with revenue whose conversions were never exported."""
    seen = history.presence == OBSERVED
    counted = (np.isfinite(history.conversions) & seen).any(0)
    return np.flatnonzero(seen.any(0) & ~counted).tolist()


def fill_missing_conversions(history: History, objective: str) -> History:
    """Return a history in which every campaign has conversions.

    Where there are none, orders stand for them: revenue over the value of an order of the
    campaigns that count, in the history's first four weeks. Revenue is then exactly what was
    exported, and a model of orders is a model of revenue, whatever that value is.

    Args:
        history: as it was read.
        objective: what a flight is worth; only where it is money can orders stand in.

    Raises:
        DataError: if conversions are asked for and a campaign has none to show.
    """
    missing = campaigns_without_conversions(history)
    if not missing:
        return history
    names = ", ".join(history.names[k] for k in missing)
    if objective not in ("revenue", "profit"):
        raise DataError(
            f"{names}: the export has no column Conversions, and objective={objective} needs it. "
            "Allowed: objective=revenue or objective=profit, or an export with the column."
        )
    rest = [k for k in range(len(history.names)) if k not in missing]
    known = (history.revenue[:_FIRST, rest], history.conversions[:_FIRST, rest])
    sums = [np.nansum(part) for part in known]
    value = sums[0] / sums[1] if rest and min(sums) > 0 else _USUAL_ORDER
    conversions = history.conversions.copy()
    conversions[:, missing] = history.revenue[:, missing] / value
    note = f"{names}: no count of conversions; orders of ${value:,.0f} stand for them."
    return dataclasses.replace(history, conversions=conversions, notes=(*history.notes, note))
