"""One measured number beside its target."""

from typing import NamedTuple


class Figure(NamedTuple):
    """One measured number and what it should reach."""

    measured: float
    target: float  # at most; at least where `at_least`
    unit: str
    at_least: bool = False

    @property
    def reached(self) -> bool:
        """Whether the target is met."""
        return self.measured >= self.target if self.at_least else self.measured <= self.target
