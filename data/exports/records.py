"""What was read of a folder of exports: rows per day and campaign, and what each file holds."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..history import METRICS

LABELS = ("platform", "account", "campaign", "campaign_id", "campaign_type")
COLUMNS = ("date", *LABELS, *METRICS)


class LeftOut(NamedTuple):
    """Rows of a file that are not in the records."""

    lines: tuple[int, ...]  # lines of the first rows, at most ten
    rows: int  # number of rows
    reason: str  # "totals", "titles and footers", "copies of other rows", ...


@dataclass(frozen=True)
class Source:
    """One table of one file, as it was read; compare its totals with what the platform shows."""

    file: str  # name; "book.xlsx, sheet Daily" for a sheet of a workbook
    platforms: tuple[str, ...]  # channels; several only in a generic table
    title: str  # name of the format, "Google Ads"
    language: str | None  # of the headings, "German"; None for an API or a table of one's own
    rows: int  # rows of data that were read
    campaigns: int  # distinct campaigns; 1 if the file does not tell them apart
    currency: str | None  # ISO code, or a sign that several currencies share; None if not named
    first: np.datetime64  # first day
    last: np.datetime64  # last day
    totals: dict[str, float | None]  # by metric of METRICS, before merging; None: not exported
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]  # tolerated irregularities, each begins with the file's name


@dataclass(frozen=True, eq=False)
class Records:
    """Daily rows of all files of a folder, merged.

    `frame` has the columns `COLUMNS`: date datetime64[ns] at midnight; labels as text, "" where the
    export has none; metrics as float >= 0, money in units of `currency`, NaN where not exported. It
    has one row per (date, labels), sorted by platform, account, campaign, campaign_id,
    campaign_type and date.
    """

    frame: pd.DataFrame
    sources: tuple[Source, ...]
    currency: str | None  # of all amounts; None if no file names one
    notes: tuple[str, ...]  # of all files, and of the merging
    site_logs: tuple[str, ...] = ()  # files of site landings, which are no exports

    @property
    def days(self) -> NDArray[np.datetime64]:
        """(rows,) datetime64[D]."""
        return self.frame["date"].to_numpy().astype("datetime64[D]")
