"""What a flight is worth: conversions, revenue or profit."""

from typing import Annotated, Literal

from pydantic import Field

from ..data.config import Settings
from .arrays import Array
from .market import Outcome


class Objective(Settings):
    """The group ``objective`` of the configuration."""

    name: Literal["conversions", "revenue", "profit"]
    margin: Annotated[float, Field(gt=0, le=1)]  # share of revenue that is gross profit

    def expected(self, outcome: Outcome, spend: Array) -> Array:
        """Return a day's expected value by campaign, count noise averaged out."""
        return self._value(outcome.expected, outcome.expected_revenue, spend)

    def counted(self, outcome: Outcome, spend: Array) -> Array:
        """Return a day's value by campaign as it was counted."""
        return self._value(outcome.conversions, outcome.revenue, spend)

    def _value(self, conversions: Array, revenue: Array, spend: Array) -> Array:
        if self.name == "conversions":
            return conversions
        if self.name == "revenue":
            return revenue
        return self.margin * revenue - spend
