"""`LogWorld`: the days of an export, as they were.

Nobody knows what another budget would have brought on those days, so the spend of the log is what
is delivered, whatever is planned: a shadow flight, which shows what a policy would have set.
"""

import numpy as np

from ...data.errors import DataError
from ...data.history import History
from ...data.types import Floats
from .world import Day


class LogWorld:
    """The last days of a history; missing rows count as days without spend."""

    def __init__(self, history: History, days: int) -> None:
        """Args: history; number of its last days.

        Raises:
            DataError: if the history is shorter.
        """
        if not 1 <= days <= len(history.dates):
            raise DataError(
                f"days: {days} were asked for. Allowed: 1 to {len(history.dates)}, the days of the "
                "exports. To fix: ask for fewer."
            )
        self._spend, self._conversions = (
            np.nan_to_num(array[-days:]) for array in (history.spend, history.conversions)
        )
        self.days, self.day, self._zero = days, 0, np.zeros((1, 1))

    def begin(self, seed: int, episodes: int) -> None:
        """Go back to the first day; there is nothing random."""
        self.day, self._zero = 0, np.zeros((episodes, 1))

    def spend(self, dollars: Floats) -> Day:
        """Return the next day of the log; the value is what was reported."""
        delivered = self._spend[self.day] + self._zero
        reported = self._conversions[self.day] + self._zero
        self.day += 1
        return Day(delivered, reported, reported)
