"""Record of one measured quantity and its target."""

from typing import NamedTuple


class Figure(NamedTuple):
    """Measured quantity and its target."""

    measured: float
    target: float  # upper bound, or lower bound if `at_least`; 0: no target
    unit: str
    at_least: bool = False

    @property
    def shown(self) -> str:
        """Measured quantity as text."""
        return f"{self.measured:,.{2 if abs(self.measured) >= 1 else 3}f}"

    @property
    def goal(self) -> str:
        """Target as text."""
        sign = "at least" if self.at_least else "at most"
        return f"{sign} {self.target:,.15g}" if self.target else "none"


Figures = dict[str, Figure]  # by label
