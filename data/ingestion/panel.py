"""`Panel`: daily rows of the records as arrays of days and campaigns."""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..exports import LABELS, Records
from ..types import Floats, Ints


class CampaignKey(NamedTuple):
    """Labels of the rows of one campaign; "" where the export has none."""

    platform: str
    account: str
    campaign: str
    campaign_id: str
    campaign_type: str

    @property
    def title(self) -> str:
        """Name of the campaign, else its type, else its platform."""
        return self.campaign or self.campaign_type or self.platform


@dataclass(frozen=True, eq=False)
class Panel:
    """Records by day and campaign; campaigns are in the order of the records."""

    days: NDArray[np.datetime64]  # (days,) datetime64[D], contiguous
    campaigns: tuple[CampaignKey, ...]
    day_of: Ints  # (rows,) index of the day of each row of the records
    campaign_of: Ints  # (rows,) index of the campaign of each row of the records
    records: Records

    @property
    def observed(self) -> NDArray[np.bool_]:
        """(days, campaigns) True where there is a row."""
        cells = np.zeros((len(self.days), len(self.campaigns)), dtype=bool)
        cells[self.day_of, self.campaign_of] = True
        return cells

    @property
    def names(self) -> tuple[str, ...]:
        """(campaigns,) distinct names, `platform/title` with as many more labels as it takes."""
        names = [
            key.title if key.title == key.platform else f"{key.platform}/{key.title}"
            for key in self.campaigns
        ]
        for label in (_type, _account, _identifier):
            counts = Counter(names)
            names = [
                f"{name} ({label(key)})" if label(key) and counts[name] > 1 else name
                for name, key in zip(names, self.campaigns, strict=True)
            ]
        return tuple(names)

    def values(self, metric: str) -> Floats:
        """(days, campaigns) values of a metric; NaN where there is no row or it is unknown."""
        cells = np.full((len(self.days), len(self.campaigns)), np.nan)
        cells[self.day_of, self.campaign_of] = self.records.frame[metric].to_numpy(dtype=float)
        return cells

    def sums(self, metric: str) -> list[float | None]:
        """(campaigns,) sums over all days; None for a campaign of which no row has the metric."""
        values = self.records.frame[metric].to_numpy(dtype=float)
        has_value = ~np.isnan(values)
        size = len(self.campaigns)
        counts = np.bincount(self.campaign_of[has_value], minlength=size)
        totals = np.bincount(self.campaign_of[has_value], values[has_value], minlength=size)
        return [
            float(total) if count else None for total, count in zip(totals, counts, strict=True)
        ]


def panel_of(records: Records) -> Panel:
    """Panel of the records, from their first day to their last.

    Args:
        records: result of reading a folder, with at least one row.

    Raises:
        ValueError: there are no rows.
    """
    if not len(records.frame):
        raise ValueError("records without rows have no panel")
    labels = zip(*(records.frame[label] for label in LABELS), strict=True)
    index: dict[CampaignKey, int] = {}
    campaign_of = np.array([index.setdefault(CampaignKey(*row), len(index)) for row in labels])
    days = records.days
    day_of = (days - days.min()).astype(np.int64)
    return Panel(
        np.arange(days.min(), days.max() + 1, dtype="datetime64[D]"),
        tuple(index),
        day_of,
        campaign_of.astype(np.int64),
        records,
    )


def _type(key: CampaignKey) -> str:
    return key.campaign_type if key.campaign else ""


def _account(key: CampaignKey) -> str:
    return key.account


def _identifier(key: CampaignKey) -> str:
    return key.campaign_id
