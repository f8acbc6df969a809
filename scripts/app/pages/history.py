"""Daily spend, conversions and revenue by campaign, as the exports have them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mediagym.data.types import Floats, Ints

METRICS = ("spend", "conversions", "revenue")
_KEYS = {  # columns of history.csv -> keys of a campaign in ingest.json
    "platform": "platform",
    "account_name": "account",
    "campaign_id": "campaign_id",
    "campaign_name": "campaign",
    "campaign_type": "campaign_type",
}


@dataclass(frozen=True)
class Daily:
    """Figures of every day and campaign; days without a row count as 0."""

    start: date
    names: tuple[str, ...]  # what receives a budget, `channel/campaign type`
    channels: tuple[str, ...]  # of each name
    values: Mapping[str, Floats]  # metric -> (days, campaigns)
    currency: str | None

    @property
    def days(self) -> int:
        """Number of days."""
        return len(self.values["spend"])

    @property
    def end(self) -> date:
        """Last day."""
        return self.start + timedelta(days=self.days - 1)

    def day(self, row: int) -> date:
        """Date of a row."""
        return self.start + timedelta(days=row)

    def rows(self, first: date, last: date) -> slice:
        """Rows of a period, cut to the history."""
        low = min(max((first - self.start).days, 0), self.days)
        high = min(max((last - self.start).days + 1, low), self.days)
        return slice(low, high)

    def by_channel(self) -> "Daily":
        """The figures summed by channel."""
        channels = tuple(dict.fromkeys(self.channels))
        member = np.array([[name == c for c in channels] for name in self.channels], float)
        values = {metric: array @ member for metric, array in self.values.items()}
        return Daily(self.start, channels, channels, values, self.currency)


@dataclass(frozen=True)
class Sums:
    """Sums over a period; ratios are None where nothing is divided by."""

    spend: float
    conversions: float
    revenue: float

    @property
    def cpa(self) -> float | None:
        """Spend per conversion."""
        return self.spend / self.conversions if self.conversions > 0 else None

    @property
    def roas(self) -> float | None:
        """Revenue per unit of spend."""
        return self.revenue / self.spend if self.spend > 0 else None


def sums(daily: Daily, rows: slice, campaign: int | None = None) -> Sums:
    """Return the sums of a period, of one campaign or of all."""
    columns = slice(None) if campaign is None else campaign
    return Sums(*(float(daily.values[metric][rows, columns].sum()) for metric in METRICS))


def read_daily(table: Path, ingest: Mapping[str, Any]) -> Daily:
    """Return the figures of `history.csv`, by the units of the plan that `ingest.json` names.

    Args:
        table: path of `history.csv`.
        ingest: content of `ingest.json` of the same result.
    """
    frame = pd.read_csv(table, dtype=dict.fromkeys(_KEYS, "str"), keep_default_na=False)
    unit_of = {
        tuple(str(campaign[key] or "") for key in _KEYS.values()): campaign["unit"]
        or campaign["name"]
        for campaign in ingest["campaigns"]
    }
    keys = zip(*(frame[column].tolist() for column in _KEYS), strict=True)
    unit = [unit_of[key] for key in keys]
    names = tuple(sorted(set(unit)))
    start, end = (date.fromisoformat(day) for day in ingest["period"])
    column = np.asarray(pd.Categorical(unit, categories=list(names)).codes, dtype=np.int64)
    since = (pd.to_datetime(frame["date_day"]) - pd.Timestamp(start)).dt.days
    row = np.asarray(since, dtype=np.int64)
    shape = ((end - start).days + 1, len(names))
    channel = dict(zip(unit, frame["platform"].tolist(), strict=True))
    sources = {"spend": "spend", "conversions": "conversions", "revenue": "conversions_value"}
    return Daily(
        start=start,
        names=names,
        channels=tuple(channel[name] for name in names),
        values={
            metric: _summed(frame[source], row, column, shape) for metric, source in sources.items()
        },
        currency=ingest["currency"],
    )


def _summed(values: "pd.Series[Any]", row: Ints, column: Ints, shape: tuple[int, int]) -> Floats:
    """Values added up at their days and campaigns; blanks are 0."""
    array = np.zeros(shape)
    numbers = pd.to_numeric(values, errors="coerce").fillna(0.0).to_numpy(float)
    np.add.at(array, (row, column), numbers)
    return array


def largest(daily: Daily, rows: slice, most: int) -> Sequence[int]:
    """Return the columns of the campaigns that spent most in a period, the dearest first."""
    spend = daily.values["spend"][rows].sum(0)
    return [int(k) for k in np.argsort(-spend, kind="stable")[:most]]
