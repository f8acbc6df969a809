"""Record of one measured quantity and its target."""

from typing import NamedTuple


class Figure(NamedTuple):
    """Measured quantity and its target."""

    measured: float
    target: float  # upper bound, or lower bound if `at_least`; 0: no target
    unit: str
    at_least: bool = False


Figures = dict[str, Figure]  # by label
