"""Daily spend and results of the units of a plan, as the exports have them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mediagym.data.types import Floats

_WEEK = 7  # days whose mean is today's live budget


@dataclass(frozen=True)
class DailyReports:
    """What was spent and reported by day; days and units without a row are 0."""

    first: date  # first day
    names: tuple[str, ...]  # units of a plan, full names
    spend: Floats  # (days, units) units of the currency
    conversions: Floats  # (days, units)
    revenue: Floats  # (days, units) units of the currency
    reported: NDArray[np.bool_]  # (days, units) whether anything was spent or counted
    currency: str | None  # of all amounts; None: not named

    @property
    def days(self) -> int:
        """Number of days."""
        return len(self.spend)

    @property
    def last(self) -> date:
        """Last day."""
        return self.first + timedelta(self.days - 1)

    @property
    def live(self) -> dict[str, float]:
        """Daily budgets of today by unit: the mean of the last seven days with spend."""
        spend, reported = self.spend[-_WEEK:], self.reported[-_WEEK:]
        mean = spend.sum(0) / np.maximum(reported.sum(0), 1)
        return {name: round(float(m), 2) for name, m in zip(self.names, mean, strict=True)}

    def window(self, first: date, last: date, names: Sequence[str]) -> "DailyReports":
        """Return the days from one to another, without those that are not there yet.

        Args:
            first: first day, which may be before the first of the exports.
            last: last day.
            names: units, in the order of the result; one that the exports lack has no rows.
        """
        start = (first - self.first).days
        stop = max(start, min((last - self.first).days + 1, self.days))
        skipped = max(-start, 0)  # days before the first of the exports

        def cut(days: NDArray[Any]) -> NDArray[Any]:
            part = np.zeros((stop - start, len(names)), days.dtype)
            for k, name in enumerate(names):
                if name in self.names and stop > 0:
                    part[skipped:, k] = days[start + skipped : stop, self.names.index(name)]
            return part

        spend, conversions, revenue = map(cut, (self.spend, self.conversions, self.revenue))
        reported = cut(self.reported)
        return DailyReports(
            first, tuple(names), spend, conversions, revenue, reported, self.currency
        )
