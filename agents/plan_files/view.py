"""A plan as its files need it: campaigns, dates, whole cents and estimates by name."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...data.errors import ConfigError, shown
from ...data.formats import decimals_of, money

VERSION = 2  # of plan.json


class Estimate(NamedTuple):
    """Expected value with its 90 % interval."""

    mean: float
    p05: float
    p95: float

    @classmethod
    def of(cls, given: Any) -> "Estimate | None":
        """The estimate of a field; None where there is none, such as revenue that nobody reports.

        A bare number stands for a value without uncertainty.
        """
        if isinstance(given, Mapping):
            values = [given.get(key) for key in cls._fields]
            if any(value is None for value in values):
                return None
            return cls(*(float(value) for value in values if value is not None))
        return None if given is None else cls(float(given), float(given), float(given))


class Money(NamedTuple):
    """An amount, apart from plain numbers."""

    cents: int  # of the plan's currency


class Share(NamedTuple):
    """A share, shown as a percentage."""

    value: float  # 1 is the whole


class Cell(NamedTuple):
    """One campaign on one day."""

    cents: int  # budget; what was spent on a day that has passed
    planned: int | None  # cents that the plan before had for a day that has passed
    conversions: Estimate | None
    extrapolated: bool
    actual: Mapping[str, float | None] | None  # spend, conversions and revenue that were reported


class Day(NamedTuple):
    """One day of the flight."""

    date: datetime.date
    status: str  # actual or planned
    cells: tuple[Cell, ...]  # (campaigns,)
    conversions: Estimate | None
    revenue: Estimate | None
    cumulative: Estimate | None  # conversions from the first day to this one

    @property
    def cents(self) -> int:
        """Budget of all campaigns."""
        return sum(cell.cents for cell in self.cells)


class Campaign(NamedTuple):
    """One campaign over the flight."""

    name: str  # channel/campaign type, or the channel
    channel: str
    kind: str | None  # campaign type; None: the channel has none
    cents: int
    today: int | None  # cents per day to set now; None: no day is left
    live: int | None  # cents per day that are set now; None: not known
    row: Mapping[str, Any]  # its row of plan.json


@dataclass(frozen=True)
class View:
    """A plan, read once for all files."""

    content: Mapping[str, Any]  # plan.json
    currency: str | None
    campaigns: tuple[Campaign, ...]
    days: tuple[Day, ...]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "View":
        """View of the content of a plan.

        Raises:
            ConfigError: the content has another schema version.
        """
        version = content.get("schema_version")
        if version != VERSION:
            raise ConfigError(
                f"export: a plan of schema version {shown(version)} was given. Allowed: version "
                f"{VERSION}. To fix: make the plan again with scripts/plan.py"
            )
        campaigns = tuple(_campaign(content, row) for row in content["campaigns"])
        position = {campaign.name: k for k, campaign in enumerate(campaigns)}
        days = tuple(_day(row, position) for row in content["days"])
        return cls(content, content["currency"], campaigns, days)

    @property
    def start(self) -> datetime.date:
        """First day of the flight."""
        return self.days[0].date

    @property
    def end(self) -> datetime.date:
        """Last day of the flight."""
        return self.days[-1].date

    @property
    def cents(self) -> int:
        """Budget of the flight, with what was spent on days that have passed."""
        return sum(day.cents for day in self.days)

    @property
    def as_of(self) -> str | None:
        """Day on which the reports end that the plan knows of, ISO 8601."""
        given = (self.content.get("made") or {}).get("as_of")
        return None if given is None else str(given)

    @property
    def next_day(self) -> Day | None:
        """First day that is planned; None: all have passed."""
        return next((day for day in self.days if day.status != "actual"), None)

    @property
    def channels(self) -> dict[str, tuple[int, ...]]:
        """Positions of each channel's campaigns."""
        found: dict[str, list[int]] = {}
        for k, campaign in enumerate(self.campaigns):
            found.setdefault(campaign.channel, []).append(k)
        return {channel: tuple(members) for channel, members in found.items()}

    @property
    def has_minor_unit(self) -> bool:
        """True if amounts of the currency have decimals."""
        return decimals_of(self.currency) > 0 or any(
            cell.cents % 100 for day in self.days for cell in day.cells
        )

    def money(self, cents: float, decimals: int | None = None) -> str:
        """An amount as text with the sign of the currency."""
        return money(cents / 100, self.currency, decimals)

    def plain(self, cents: int) -> str:
        """An amount as a plain number, without sign and thousands separators."""
        return decimal_text(cents, self.has_minor_unit)


def decimal_text(cents: int, has_minor_unit: bool = True) -> str:
    """Exact decimal number of an amount in whole cents, with two decimals or none."""
    sign, size = "-" if cents < 0 else "", abs(cents)
    if not has_minor_unit and size % 100 == 0:
        return f"{sign}{size // 100}"
    return f"{sign}{size // 100}.{size % 100:02}"


def to_cents(amount: Any) -> int:
    """Whole cents of an amount in units of the currency."""
    return round(float(amount) * 100)


def as_cents(amount: Any) -> int | None:
    """`to_cents`, None for None."""
    return None if amount is None else to_cents(amount)


def name_of(row: Mapping[str, Any]) -> str:
    """Full name of a row's campaign: its channel and campaign type, or its channel alone."""
    kind = row["campaign_type"]
    return str(row["channel"]) if kind is None else f"{row['channel']}/{kind}"


def _campaign(content: Mapping[str, Any], row: Mapping[str, Any]) -> Campaign:
    name = name_of(row)
    left = next((day for day in content["days"] if day.get("status") != "actual"), None)
    today = as_cents(row.get("today"))
    if left is None:
        today = None
    elif today is None:
        mine: Sequence[Mapping[str, Any]] = left["campaigns"]
        today = next(to_cents(cell["budget"]) for cell in mine if name_of(cell) == name)
    return Campaign(
        name,
        str(row["channel"]),
        None if row["campaign_type"] is None else str(row["campaign_type"]),
        to_cents(row["budget"]),
        today,
        as_cents(row.get("live")),
        row,
    )


def _day(row: Mapping[str, Any], position: Mapping[str, int]) -> Day:
    cells = sorted(row["campaigns"], key=lambda cell: position[name_of(cell)])
    cumulative = row.get("cumulative") or {}
    return Day(
        datetime.date.fromisoformat(row["date"]),
        str(row.get("status", "planned")),
        tuple(_cell(cell) for cell in cells),
        Estimate.of(row.get("conversions")),
        Estimate.of(row.get("revenue")),
        Estimate.of(cumulative.get("conversions")),
    )


def _cell(row: Mapping[str, Any]) -> Cell:
    return Cell(
        to_cents(row["budget"]),
        as_cents(row.get("planned")),
        Estimate.of(row.get("conversions")),
        bool(row.get("extrapolated")),
        row.get("actual"),
    )
