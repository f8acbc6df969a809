"""Estimates with their intervals."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A mean or a median with its 90 % interval."""

    mean: float
    p05: float
    p95: float

    def scaled(self, factor: float) -> "Estimate":
        """Return the estimate times a factor of 0 or more."""
        return Estimate(factor * self.mean, factor * self.p05, factor * self.p95)
