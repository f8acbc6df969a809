"""What a flight is worth: conversions, those that journeys credit, revenue or profit."""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ...data.settings import Settings
from ..arrays import Array, namespace
from .records import Outcome


class Ratio(Settings):
    """Journey conversions for one that the platform claims, and how well that is known."""

    mean: Annotated[float, Field(ge=0)]
    log_sd: Annotated[float, Field(ge=0)]


class Objective(Settings):
    """The group ``objective`` of the configuration."""

    name: Literal["conversions", "journeys", "revenue", "profit"]
    margin: Annotated[float, Field(gt=0, le=1)]  # share of revenue that is gross profit
    attribution: Path | None  # attribution.json behind the ratios; only journeys uses it
    ratios: tuple[Ratio, ...] | None = None  # (campaigns,) found by `agents/credit.py`

    def expected(self, outcome: Outcome, spend: Array) -> Array:
        """Return a day's expected value by campaign, count noise averaged out."""
        return self._value(outcome.expected, outcome.expected_revenue, spend)

    def counted(self, outcome: Outcome, spend: Array) -> Array:
        """Return a day's value by campaign as it was counted."""
        return self._value(outcome.conversions, outcome.revenue, spend)

    def worth(self, like: Array) -> Array | float:
        """Return what a claimed conversion is worth, (campaigns,), where that is not its revenue.

        Args:
            like: an array of the kind that is asked for, numpy or torch.
        """
        if self.name != "journeys" or self.ratios is None:
            return 1.0
        means = [ratio.mean for ratio in self.ratios]
        return np.array(means) if namespace(like) is np else like.new_tensor(means)

    def per_conversion(self, order_value: Array) -> Array:
        """Return what a conversion adds, spend left aside, (..., campaigns) like order values."""
        if self.name in ("conversions", "journeys"):
            return self.worth(order_value) + 0 * order_value
        return order_value * (self.margin if self.name == "profit" else 1.0)

    def _value(self, conversions: Array, revenue: Array, spend: Array) -> Array:
        if self.name in ("conversions", "journeys"):
            worth = self.worth(conversions)
            return conversions if isinstance(worth, float) else conversions * worth
        if self.name == "revenue":
            return revenue
        return self.margin * revenue - spend
