"""`counterfactual_conversions`: a history's expected conversions under other spends."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...data.types import Floats
from .records import Market, MarketState, Outcome
from .step import step

Step = Callable[[Market, MarketState, Any, None], tuple[MarketState, Outcome]]


def counterfactual_conversions(
    market: Market, levels: Floats, spend: Floats, first_day: int, step_market: Step = step
) -> Floats:
    """Return the expected conversions of a history with known log levels, summed over its days.

    Args:
        market: one market or a batch, (..., campaigns).
        levels: (days, ..., campaigns) log level of every day.
        spend: (days, campaigns) dollars, actual or hypothetical.
        first_day: the history's first day, days since 1970-01-01.
        step_market: ``step``, or that of another response form.

    Returns:
        (..., campaigns) conversions.
    """
    decay = np.maximum(market.level_kept, 1e-9)
    state = MarketState(first_day, spend[:7].mean(0) + 0 * levels[0], levels[0])
    total = 0 * levels[0]
    for level, dollars in zip(levels, spend, strict=True):
        state, outcome = step_market(market, state._replace(level=level / decay), dollars, None)
        total = total + outcome.expected
    return np.asarray(total)
