"""A known market, and an export of it before it is written: its cells and the style of its file."""

import csv
import datetime
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, NamedTuple

DAYS = 60
METRICS = ("cost", "impressions", "clicks", "conversions", "revenue")  # in the order of `values`
PLATFORMS = ("google", "meta", "microsoft")
_TYPES = {
    "google": ("Search Network", "YouTube", "Shopping"),
    "meta": ("", ""),
    "microsoft": ("Search", "Shopping"),
}
_NAMES = (
    "Brand | Exact",
    "Non-brand, generic",
    "Prospecting",
    "Remarketing 30d",
    "Süd – Größen",
    'The "Best" sale',
    "Winter; 2025",
    "Catálogo",
)


class AdDay(NamedTuple):
    """One campaign on one day."""

    platform: str
    day: datetime.date
    campaign: str
    campaign_type: str  # "" where the platform has none
    values: tuple[float, ...]  # (len(METRICS),) >= 0; money in dollars with two decimals


def simulate(rng: Random, days: int = DAYS) -> list[AdDay]:
    """Draws a market, in order of platform, day and campaign.

    Args:
        rng: source of all draws.
        days: length of the history.
    """
    start = datetime.date(2024, 12, 20) + datetime.timedelta(rng.randrange(300))
    rows: list[AdDay] = []
    for platform in PLATFORMS:
        names = rng.sample(_NAMES, len(_TYPES[platform]))
        sizes = [rng.uniform(40, 4000) for _ in names]
        for offset in range(days):
            for name, kind, size in zip(names, _TYPES[platform], sizes, strict=True):
                day = start + datetime.timedelta(offset)
                rows.append(AdDay(platform, day, name, kind, _values(rng, size)))
    return rows


def _values(rng: Random, size: float) -> tuple[float, ...]:
    """Metrics of a day whose cost is about `size` dollars."""
    cost = round(size * rng.uniform(0.5, 1.5), 2)
    clicks = max(1, round(cost / rng.uniform(0.8, 1.6)))
    conversions = rng.choice((0, 0.5, 1)) if rng.random() < 0.2 else rng.randrange(1, 60)
    revenue = round(conversions * rng.uniform(30, 90), 2)
    return (cost, float(clicks * rng.randrange(20, 60)), float(clicks), float(conversions), revenue)


Cell = datetime.date | float | str
Key = tuple[str, str, str, str]  # platform, ISO day, campaign, campaign type
Values = tuple[float, ...]  # (len(METRICS),)
LABELS = ("date", "platform", "campaign", "campaign_type")
_MONEY = ("cost", "revenue")


@dataclass
class Export:
    """One file of a folder; mutations change its fields."""

    name: str  # of the file, without the suffix of a packing
    platform: str  # "" if a column names it
    roles: list[str]  # of each column: one of LABELS or METRICS, or anything else
    headings: list[str]
    rows: list[list[Cell]]
    titles: list[list[str]] = field(default_factory=list)  # rows before the header
    footers: list[list[str]] = field(default_factory=list)  # rows after the last
    totals: list[str] = field(default_factory=list)  # first cells of the rows of totals
    totals_factor: float = 1.0  # of the totals to the sum
    date_pattern: str = "%Y-%m-%d"
    thousands: str = ""
    decimal: str = "."
    conversions_decimals: int = 2
    sign: str = ""  # of the currency, before each amount
    micros: bool = False  # cost in millionths
    blank_zeros: bool = False  # no conversions and no revenue are blank cells
    delimiter: str = ","
    quote_all: bool = False
    line_end: str = "\n"
    encoding: str = "utf-8"
    packing: str = ""  # gz, zip, xlsx
    edits: list[Callable[[str], str]] = field(default_factory=list)  # of the text, at last

    def at(self, role: str) -> int | None:
        """Position of the first column of a role, None if there is none."""
        return self.roles.index(role) if role in self.roles else None

    def copy(self, **changes: Any) -> "Export":
        """A copy whose lists are its own."""
        own: dict[str, Any] = {
            "roles": list(self.roles),
            "headings": list(self.headings),
            "rows": [list(row) for row in self.rows],
            "titles": [list(row) for row in self.titles],
            "footers": [list(row) for row in self.footers],
            "totals": list(self.totals),
            "edits": list(self.edits),
        }
        return replace(self, **(own | changes))

    def records(self) -> list[tuple[Key, Values]]:
        """What the rows say, one record each."""
        return [self.record(row) for row in self.rows]

    def record(self, row: list[Cell]) -> tuple[Key, Values]:
        """Labels and metrics of a row of typed cells."""
        by_role = dict(zip(self.roles, row, strict=True))
        day = by_role["date"]
        key = (
            self.platform or str(by_role["platform"]).strip(),
            day.isoformat() if isinstance(day, datetime.date) else str(day),
            str(by_role.get("campaign", "")).strip(),
            str(by_role.get("campaign_type", "")).strip(),
        )
        return key, tuple(float(by_role[metric]) for metric in METRICS)  # type: ignore[arg-type]

    def text_of(self, role: str, cell: Cell) -> str:
        """A cell as the file shows it."""
        if isinstance(cell, str):
            return cell
        if isinstance(cell, datetime.date):
            return cell.strftime(self.date_pattern)
        if self.blank_zeros and cell == 0 and role in ("conversions", "revenue"):
            return ""
        if self.micros and role == "cost":
            return str(round(cell * 1e6))
        if role == "percent":
            return self._number(cell * 100, 2) + "%"
        decimals = {"impressions": 0, "clicks": 0, "conversions": self.conversions_decimals}
        sign = self.sign if role in _MONEY else ""
        return sign + self._number(cell, decimals.get(role, 2))

    def _number(self, value: float, decimals: int) -> str:
        text = f"{value:,.{decimals}f}"
        return text.translate({ord(","): self.thousands, ord("."): self.decimal})

    def cells(self) -> list[list[str]]:
        """All rows of the file as text."""
        body = [
            [self.text_of(role, cell) for role, cell in zip(self.roles, row, strict=True)]
            for row in self.rows
        ]
        totals = [self._totals_row(label) for label in self.totals]
        return [*self.titles, self.headings, *body, *totals, *self.footers]

    def _totals_row(self, label: str) -> list[str]:
        row = [""] * len(self.roles)
        for position, role in enumerate(self.roles):
            if role in METRICS:
                total = sum(cell for r in self.rows if isinstance(cell := r[position], float))
                row[position] = self.text_of(role, round(total * self.totals_factor, 6))
        row[0] = label
        return row

    def text(self) -> str:
        """The file as text, with its edits."""
        stream = io.StringIO(newline="")
        writer = csv.writer(
            stream,
            delimiter=self.delimiter,
            lineterminator=self.line_end,
            quoting=csv.QUOTE_ALL if self.quote_all else csv.QUOTE_MINIMAL,
        )
        for row in self.cells():
            if row:
                writer.writerow(row)
            else:
                stream.write(self.line_end)
        text = stream.getvalue()
        for edit in self.edits:
            text = edit(text)
        return text


Draft = list[Export]  # all files of a folder


def sums_of(records: Iterable[tuple[Key, Values]]) -> dict[str, Values]:
    """Metrics by "platform/day/campaign", summed over campaign types."""
    sums: dict[str, Values] = {}
    for (platform, day, campaign, _), values in records:
        key = f"{platform}/{day}/{campaign}"
        before = sums.get(key, (0.0,) * len(METRICS))
        sums[key] = tuple(a + b for a, b in zip(before, values, strict=True))
    return sums
