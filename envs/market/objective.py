"""Value of a flight: conversions, conversions that journeys credit, revenue or profit."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ...data.settings import Settings
from ..arrays import Array, namespace
from .records import Outcome

ObjectiveName = Literal["conversions", "journeys", "revenue", "profit"]


class ObjectiveSettings(Settings):
    """The group ``objective`` of the configuration; see ``conf/objective``."""

    name: ObjectiveName
    margin: Annotated[float, Field(gt=0, le=1)]  # share of revenue that is gross profit
    attribution: Path | None  # attribution.json behind the ratios; only journeys uses it


class Ratio(Settings):
    """Journey conversions per conversion that the platform claims, and its uncertainty."""

    mean: Annotated[float, Field(ge=0, le=1e6)]
    log_sd: Annotated[float, Field(ge=0, le=10)]


@dataclass(frozen=True)
class Objective:
    """The value of a day's outcome; `journeys` needs the ratio of every campaign."""

    name: ObjectiveName
    margin: float  # share of revenue that is gross profit, in (0, 1]
    ratios: tuple[Ratio, ...] | None = None  # (campaigns,); None: no journeys were attributed

    @classmethod
    def of(cls, settings: ObjectiveSettings, ratios: Sequence[Ratio] | None = None) -> "Objective":
        """Return the objective that settings name, with the ratios that `journeys` needs."""
        return cls(settings.name, settings.margin, None if ratios is None else tuple(ratios))

    def to_json(self) -> dict[str, Any]:
        """Return plain values that identify the objective, for the keys of caches."""
        return {
            "name": self.name,
            "margin": self.margin,
            "ratios": None if self.ratios is None else [dict(ratio) for ratio in self.ratios],
        }

    def expected(self, outcome: Outcome, spend: Array) -> Array:
        """Return a day's expected value by campaign, count noise averaged out."""
        return self._value(outcome.expected, outcome.expected_revenue, spend)

    def counted(self, outcome: Outcome, spend: Array) -> Array:
        """Return a day's value by campaign as it was counted."""
        return self._value(outcome.conversions, outcome.revenue, spend)

    def conversion_weights(self, like: Array) -> Array | float:
        """Return the credit per claimed conversion, (campaigns,), or 1.0 without journeys.

        Args:
            like: an array of the library that is wanted, numpy or torch.
        """
        if self.name != "journeys" or self.ratios is None:
            return 1.0
        means = [ratio.mean for ratio in self.ratios]
        return np.array(means) if namespace(like) is np else like.new_tensor(means)

    def per_conversion(self, order_value: Array) -> Array:
        """Return the value of a conversion before spend is subtracted, (..., campaigns)."""
        if self.name in ("conversions", "journeys"):
            return self.conversion_weights(order_value) + 0 * order_value
        return order_value * (self.margin if self.name == "profit" else 1.0)

    def _value(self, conversions: Array, revenue: Array, spend: Array) -> Array:
        if self.name in ("conversions", "journeys"):
            weights = self.conversion_weights(conversions)
            return conversions if isinstance(weights, float) else conversions * weights
        if self.name == "revenue":
            return revenue
        return self.margin * revenue - spend
