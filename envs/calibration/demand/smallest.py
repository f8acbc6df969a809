"""The smallest campaigns taken together, as the model of all grows with the cube of their number.

A campaign beyond the largest ones hardly tells what demand all campaigns share. Its own curve and
level are calibrated like any other's, which takes time in proportion.
"""

import numpy as np
from numpy.typing import NDArray

from ....data.types import Floats
from ..filtering import ObservedHistory

MOST = 30  # campaigns that the model of demand tells apart
_LEAST_WEIGHT = 1e-9  # dollars, so that means without spend exist


def columns_of(spend: Floats, most: int = MOST) -> NDArray[np.intp]:
    """Return each campaign's column in the model of demand, (campaigns,).

    The largest campaigns have one each, in their order; all others share the last.

    Args:
        spend: (days, campaigns) dollars.
        most: campaigns with a column of their own.
    """
    campaigns = spend.shape[1]
    if campaigns <= most + 1:
        return np.arange(campaigns)
    largest = np.sort(np.argsort(-spend.sum(0), kind="stable")[:most])
    columns = np.full(campaigns, most)
    columns[largest] = np.arange(most)
    return columns


def summed(values: Floats, columns: NDArray[np.intp]) -> Floats:
    """Return sums of the campaigns of each column: (..., campaigns) -> (..., columns)."""
    return np.asarray(values @ np.eye(columns.max() + 1)[columns])


def averaged(values: Floats, weight: Floats, columns: NDArray[np.intp]) -> Floats:
    """Return weighted means of the campaigns of each column; the plain ones where nothing weighs.

    Args:
        values: (..., campaigns).
        weight: the same shape, >= 0.
        columns: (campaigns,) each campaign's column.
    """
    weight = weight + _LEAST_WEIGHT
    return summed(values * weight, columns) / summed(weight, columns)


def together(observed: ObservedHistory, columns: NDArray[np.intp]) -> ObservedHistory:
    """Return a history by columns: sums of what was seen, and the mean share that is reported."""
    if len(columns) == columns.max() + 1:
        return observed
    spend = np.where(observed.seen, observed.spend, 0.0)
    return ObservedHistory(
        first_day=observed.first_day,
        spend=summed(spend, columns),
        conversions=summed(np.where(observed.seen, observed.conversions, 0.0), columns),
        seen=summed(observed.seen.astype(float), columns) > 0,
        complete=averaged(np.broadcast_to(observed.complete, spend.shape), spend, columns),
    )
