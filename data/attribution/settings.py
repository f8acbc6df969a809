"""The group `attribution` of the configuration, and the names of the methods."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from ..errors import ConfigError
from ..settings import Settings

RULES = ("first", "last", "last_non_direct", "linear", "position", "decay", "shapley_set")
SHAPLEY_RATE = "shapley_rate"
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class RatioSettings(Settings):
    """Ratios of journey conversions to platform-claimed ones; keys of `conf/attribution`."""

    method: str  # one of `AttributionSettings.methods`
    prior_conversions: Positive  # conversions
    coverage: Literal["auto"] | Annotated[float, Field(gt=0, le=1)]  # share of all landings


class AttributionSettings(Settings):
    """Keys of `conf/attribution`, which documents them and holds their defaults."""

    lookback_days: Positive  # days
    converted: Literal["auto", "row", "user"]
    position: tuple[Share, Share, Share]  # sums to 1
    half_life_days: Positive  # days
    orders: tuple[Annotated[int, Field(ge=1, le=6)], ...]
    rate_labels: Annotated[int, Field(ge=0, le=22)]
    draws: Annotated[int, Field(ge=100, le=100_000)]
    groups: Annotated[int, Field(ge=100, le=100_000)]
    level: Annotated[float, Field(gt=0, lt=1)]  # coverage of the intervals
    seed: Annotated[int, Field(ge=0)]
    ratios: RatioSettings

    @field_validator("position")
    @classmethod
    def _sums_to_one(cls, weights: tuple[float, float, float]) -> tuple[float, float, float]:
        if abs(sum(weights) - 1.0) > 1e-9:
            raise ValueError("the three shares must sum to 1")
        return weights

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of all configured methods."""
        return (*RULES, *(f"markov_{order}" for order in self.orders), SHAPLEY_RATE)

    def check_method(self) -> None:
        """Check that `ratios.method` is one of `methods`.

        Raises:
            ConfigError: it is not; the message names the key and the methods.
        """
        if self.ratios.method not in self.methods:
            raise ConfigError(
                f"attribution.ratios.method: got {self.ratios.method!r}. Allowed: "
                f"{', '.join(self.methods)}. To fix: choose one of these, or add the order to "
                "attribution.orders."
            )
