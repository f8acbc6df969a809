"""Daily spend and results of the units of a plan, from what an ingest job wrote."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mediagym.data.types import Floats

_WEEK = 7  # days whose mean is today's live budget
_KEYS = ("platform", "account", "campaign", "campaign_id", "campaign_type")  # in ingest.json
_COLUMNS = ("platform", "account_name", "campaign_name", "campaign_id", "campaign_type")
_METRICS = ("spend", "conversions", "conversions_value")


@dataclass(frozen=True)
class Actuals:
    """What was spent and reported by day; days and units without a row are 0 and not `reported`."""

    first: date  # first day
    names: tuple[str, ...]  # units of a plan, full names
    spend: Floats  # (days, units) units of the currency
    conversions: Floats  # (days, units)
    revenue: Floats  # (days, units) units of the currency
    reported: NDArray[np.bool_]  # (days, units) whether the exports have a row
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
        """Daily budgets of today by unit: the mean of the last seven days that have a row."""
        spend, reported = self.spend[-_WEEK:], self.reported[-_WEEK:]
        mean = spend.sum(0) / np.maximum(reported.sum(0), 1)
        return {name: round(float(m), 2) for name, m in zip(self.names, mean, strict=True)}

    def window(self, first: date, last: date, names: Sequence[str]) -> "Actuals":
        """Return the days from one to another, without those that are not there yet.

        Args:
            first: first day, which may be before the first of the exports.
            last: last day.
            names: units, in the order of the result; one that the exports lack has no rows.
        """
        start = (first - self.first).days
        stop = max(start, min((last - self.first).days + 1, self.days))
        shape = (stop - start, len(names))
        parts = [np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape, np.bool_)]
        skipped = max(-start, 0)
        whole = (self.spend, self.conversions, self.revenue, self.reported)
        for k, name in enumerate(names):
            if name in self.names:
                column = self.names.index(name)
                for part, all_days in zip(parts, whole, strict=True):
                    part[skipped:, k] = all_days[start + skipped : stop, column]
        return Actuals(first, tuple(names), *parts, self.currency)  # type: ignore[arg-type]


def read_actuals(table: Path, ingest: Mapping[str, Any]) -> Actuals:
    """Return the daily metrics of every unit.

    Args:
        table: ``history.csv``.
        ingest: content of ``ingest.json`` beside it, which says what each campaign's unit is.
    """
    first, last = (date.fromisoformat(day) for day in ingest["period"])
    days = (last - first).days + 1
    unit_of = {tuple(row[key] for key in _KEYS): row["unit"] for row in ingest["campaigns"]}
    names = tuple(sorted({unit for unit in unit_of.values() if unit}))
    column = {name: k for k, name in enumerate(names)}
    metrics = np.zeros((len(_METRICS), days, len(names)))
    reported = np.zeros((days, len(names)), np.bool_)
    with table.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        heads = next(rows)
        keys = [heads.index(name) for name in _COLUMNS]
        values = [heads.index(name) for name in _METRICS]
        day_column = heads.index("date_day")
        for row in rows:
            unit = unit_of.get(tuple(row[key] for key in keys))
            if not unit:
                continue
            t, k = (date.fromisoformat(row[day_column]) - first).days, column[unit]
            reported[t, k] = True
            for m, value in enumerate(values):
                metrics[m, t, k] += float(row[value] or 0.0)
    spend, conversions, revenue = metrics
    return Actuals(first, names, spend, conversions, revenue, reported, ingest["currency"])
