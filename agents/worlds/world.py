"""`World`: what a market has to do so that policies can fly in it.

A world knows nothing of beliefs, constraints or policies, and those see of it only what it reports.
Another simulator, a log or a live account can stand behind the same two functions.
"""

from typing import NamedTuple, Protocol

from ...data.types import Floats


class Day(NamedTuple):
    """What a day brought; (flights, campaigns)."""

    delivered: Floats  # dollars that the platforms spent, >= 0; may exceed what was planned
    claimed: Floats  # conversions that the platforms report today
    value: Floats  # expected conversions of the day, which nobody sees in flight


class World(Protocol):
    """A market in which flights run side by side, day by day."""

    def begin(self, seed: int, episodes: int) -> None:
        """Go back to the day before the flight.

        Args:
            seed: seed of all that is random; the same seed brings the same days.
            episodes: number of flights that run side by side.
        """
        ...

    def spend(self, dollars: Floats) -> Day:
        """Run a day.

        Args:
            dollars: dollars planned for today, (flights, campaigns).
        """
        ...
