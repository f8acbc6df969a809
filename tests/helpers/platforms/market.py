"""The market behind every export, and what a reader must find in an export of it.

Amounts are integers, so that expected sums are exact: money in hundredths, conversions in
hundredths, impressions and clicks in ones. A day of a platform is one `Row` per campaign.
"""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

FIRST = date(2025, 1, 1)  # a Wednesday
DAYS = tuple(FIRST + timedelta(days=n) for n in range(90))  # to 2025-03-31


class Campaign(NamedTuple):
    """A campaign; names hold the commas, quotes and bars that real ones have."""

    name: str
    id: str  # 11 digits, as Google writes them
    type: str  # SEARCH, PERFORMANCE_MAX or DISPLAY


class Row(NamedTuple):
    """One campaign on one day."""

    day: date
    campaign: Campaign
    spend: int  # hundredths of the currency
    impressions: int
    clicks: int
    conversions: int  # hundredths
    revenue: int  # hundredths of the currency


class Expected(NamedTuple):
    """What a reader must find; computed from the market, never from the text."""

    platforms: frozenset[str]
    campaigns: int
    first: date
    last: date
    days: int  # distinct days that have a row
    currency: str | None  # None: not named; "JPY|¥": either
    spend: float  # units of the currency
    impressions: float | None
    clicks: float | None
    conversions: float | None  # None: not exported
    revenue: float | None  # units of the currency; None: not exported
    moment: float  # sum of spend times days since `FIRST`: misdated rows change it


class ExportCase(NamedTuple):
    """One file as a platform, or a person, writes it."""

    name: str
    file_name: str
    content: bytes
    expected: Expected | None  # None where the file must be refused
    refused: str | None = None  # word of the one error
    plain: dict[str, str] | None = None  # metric -> heading, if the csv module alone reads it


class FolderCase(NamedTuple):
    """A folder of files that are read together."""

    name: str
    files: dict[str, bytes]
    expected: Expected | None
    refused: str | None = None


NAMES = {
    "google": ("Brand | Search EN", "Non-Brand_Search, Generic", "PMax – Shopping"),
    "meta": ("Prospecting | Broad", "Retargeting, 30d", 'Advantage+ "Spring" Catalog'),
    "microsoft": ("Bing Brand", "Bing Generic (US & CA)", "Bing Shopping"),
}
TYPES = ("SEARCH", "SEARCH", "PERFORMANCE_MAX")
FRACTIONAL = {"google", "microsoft"}  # platforms that share a conversion between clicks


def campaigns_of(platform: str) -> tuple[Campaign, ...]:
    """Three campaigns."""
    title = platform.replace("_", " ").title()
    names = NAMES.get(platform, (f"{title} Awareness", f"{title}, Traffic; Q1", f"{title}_Sales"))
    start = 17_000_000_000 + 1_000 * (sum(map(ord, platform)) % 997)
    return tuple(
        Campaign(name, str(start + 7 * n), kind)
        for n, (name, kind) in enumerate(zip(names, TYPES, strict=True))
    )


def rows_of(platform: str, scale: int = 1, days: tuple[date, ...] = DAYS) -> list[Row]:
    """Rows of a platform by day and campaign.

    The third campaign is paused for five days (no rows), and has rows of zeros now and then.

    Args:
        platform: seeds the numbers; always the same rows for the same platform.
        scale: multiplies money, for currencies of small units.
        days: those that are returned, of `DAYS`.
    """
    draw = random.Random(f"2025 {platform}")  # noqa: S311
    rows = []
    for n, day in enumerate(DAYS):
        for k, campaign in enumerate(campaigns_of(platform)):
            row = _day(draw, day, campaign, k, platform in FRACTIONAL)
            paused = k == 2 and 40 <= n < 45
            if day in days and not paused:
                rows.append(row._replace(spend=row.spend * scale, revenue=row.revenue * scale))
    return rows


def _day(draw: random.Random, day: date, campaign: Campaign, k: int, fractional: bool) -> Row:
    """One random day; weekends spend less."""
    level = (41_000, 96_000, 16_000)[k] * (0.7 if day.weekday() >= 5 else 1.0)
    spend = round(level * draw.lognormvariate(0.0, 0.45))
    clicks = max(1, round(spend / (130, 95, 60)[k] * draw.uniform(0.85, 1.15)))
    impressions = round(clicks / draw.uniform(0.018, 0.03))
    conversions = round(100 * clicks * (0.05, 0.03, 0.02)[k] * draw.uniform(0.3, 1.4))
    if not fractional:
        conversions = conversions // 100 * 100
    if draw.random() < 0.06:
        conversions = 0
    revenue = round(conversions * draw.uniform(55, 70))
    if k == 2 and draw.random() < 0.07:
        spend = impressions = clicks = conversions = revenue = 0
    return Row(day, campaign, spend, impressions, clicks, conversions, revenue)


def total(rows: Iterable[Row]) -> Row:
    """The sum of rows; day and campaign are the first row's."""
    rows = list(rows)
    sums = (sum(row[field] for row in rows) for field in range(2, 7))
    return Row(rows[0].day, rows[0].campaign, *sums)


def split(row: Row, parts: int) -> list[Row]:
    """Rows that sum up to a row, the first the largest; as by ad group, device or keyword."""
    shares = [[amount // (parts + 1)] * (parts - 1) for amount in row[2:]]
    whole = [[amount - sum(share), *share] for amount, share in zip(row[2:], shares, strict=True)]
    return [Row(row.day, row.campaign, *amounts) for amounts in zip(*whole, strict=True)]


def split_whole(row: Row, parts: int) -> list[Row]:
    """As `split`, conversions in whole numbers; the first part has all revenue."""
    rows = split(row._replace(conversions=row.conversions // 100, revenue=0), parts)
    rows[0] = rows[0]._replace(revenue=row.revenue)
    return [part._replace(conversions=100 * part.conversions) for part in rows]


def expect(
    platforms: str,
    rows: list[Row],
    currency: str | None = None,
    *,
    money: int = 100,
    counts: bool = True,
    conversions: bool = True,
    revenue: bool = True,
) -> Expected:
    """What is to be found in an export of rows.

    Args:
        platforms: keys, apart by spaces.
        rows: all rows that the export holds; totals and headings are no rows.
        currency: as in `Expected`.
        money: hundredths of `Row` that are one unit in the file; 1 where they are whole yen.
        counts: whether the export has impressions and clicks.
        conversions: whether the export has them.
        revenue: whether the export has it.
    """
    days = {row.day for row in rows}
    sums = total(rows)
    return Expected(
        frozenset(platforms.split()),
        len({row.campaign for row in rows}),
        min(days),
        max(days),
        len(days),
        currency,
        sums.spend / money,
        float(sums.impressions) if counts else None,
        float(sums.clicks) if counts else None,
        sums.conversions / 100 if conversions else None,
        sums.revenue / money if revenue else None,
        sum(row.spend * (row.day - FIRST).days for row in rows) / money,
    )
