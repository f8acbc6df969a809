"""Exports that must not be read as daily rows, each with a word of the one error."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import groupby
from typing import Any

from .generic import long_table
from .google_ui import ENGLISH_UI, columns_of, report
from .market import DAYS, ExportCase, Row, rows_of, total
from .meta import DAILY
from .writing import (
    Column,
    Locale,
    clicks,
    constant,
    conversions,
    grid,
    impressions,
    iso,
    name,
    spend,
    utf8,
)

ROWS = rows_of("google")


def refuse(label: str, table: list[list[Any]], word: str, file: str = "export.csv") -> ExportCase:
    return ExportCase(f"refused-{label}", file, utf8(table), None, word)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def by_period(rows: list[Row], first: Any) -> list[Row]:
    """Sums per campaign and period; a row's day is `first` of its days."""
    rows = sorted(rows, key=lambda row: (row.campaign, first(row.day)))
    groups = groupby(rows, key=lambda row: (row.campaign, first(row.day)))
    found = [total(group)._replace(day=key[1]) for key, group in groups]
    return sorted(found, key=lambda row: (row.day, row.campaign))


# 6 January to 30 March: whole weeks, so that nothing but the gaps tells.
WEEKS = by_period([r for r in ROWS if date(2025, 1, 6) <= r.day <= date(2025, 3, 30)], monday)
MONTHLY = by_period(ROWS, lambda day: day.replace(day=1))


def weekly() -> list[ExportCase]:
    """Google's segment by week; a weekly table that calls its Mondays dates; Meta by week."""
    google = columns_of(ENGLISH_UI)
    google[0] = ("Week", iso)
    plain: list[Column] = [
        ("Date", iso),
        ("Channel", constant("google")),
        ("Campaign", name),
        ("Cost", spend()),
        ("Impressions", impressions()),
        ("Clicks", clicks()),
        ("Conversions", conversions()),
    ]
    meta: list[Column] = [
        ("Campaign name", name),
        ("Amount spent (USD)", spend()),
        ("Impressions", impressions()),
        ("Link clicks", clicks()),
        ("Reporting starts", iso),
        ("Reporting ends", lambda row: (row.day + timedelta(days=6)).isoformat()),
    ]
    table = [["Campaign report"], [ENGLISH_UI.period], *grid(google, WEEKS)]
    return [
        refuse("google-weeks", table, "weekly", "Campaign report.csv"),
        refuse("mondays", grid(plain, WEEKS), "weekly"),
        refuse("meta-weeks", grid(meta, WEEKS), "week", "report.csv"),
    ]


def monthly() -> list[ExportCase]:
    """Google's segment by month, and first days of months called dates."""
    google = columns_of(ENGLISH_UI)
    google[0] = ("Month", iso)
    plain: list[Column] = [("date", iso), ("channel", constant("google")), ("spend", spend())]
    months = [total(group)._replace(day=day) for day, group in groupby(MONTHLY, lambda r: r.day)]
    table = [["Campaign report"], [ENGLISH_UI.period], *grid(google, MONTHLY)]
    return [
        refuse("google-months", table, "month", "Campaign report.csv"),
        refuse("first-days", grid(plain, months), "month"),
    ]


def wide() -> ExportCase:
    """A column per medium, as in the samples of mix-modelling packages."""
    table = [["date", "tv_S", "facebook_S", "search_S", "revenue"]]
    for row in rows_of("meta")[::3][:90]:
        numbers = [row.spend * 3, row.spend, row.spend // 2, row.revenue * 4]
        table.append([iso(row), *(Locale("", ".").number(n) for n in numbers)])
    return refuse("wide", table, "wide", "de_simulated_daily.csv")


def without(heading: str, word: str) -> ExportCase:
    """The English report of Google Ads without a column."""
    columns = [column for column in columns_of(ENGLISH_UI) if column[0] != heading]
    return refuse(f"without-{heading.lower()}", grid(columns, ROWS), word, "Campaign report.csv")


def ambiguous_thousands() -> ExportCase:
    """All amounts have one comma and three digits after it: 1,234 or 1.234?"""
    columns: list[Column] = [
        ("date", iso),
        ("channel", constant("google")),
        ("campaign", name),
        ("cost", lambda row: f"{1 + row.spend % 9},{row.spend % 1000:03}"),
        ("clicks", clicks()),
    ]
    return refuse("ambiguous-thousands", grid(columns, ROWS), "decimal")


def mixed_dates() -> ExportCase:
    """A spreadsheet took MM/DD for DD/MM where it could: two orders in one column."""

    def cell(row: Row) -> str:
        return f"{row.day:%m/%d/%Y}" if row.day.day <= 12 else f"{row.day:%d/%m/%Y}"

    return refuse("mixed-dates", long_table(cell), "date")


def two_currencies() -> ExportCase:
    """Two accounts of a manager account, one in dollars, one in euros."""
    columns = columns_of(ENGLISH_UI)
    columns[3] = ("Currency code", lambda row: "EUR" if row.campaign.type == "SEARCH" else "USD")
    return refuse("two-currencies", grid(columns, ROWS), "currenc", "Campaign report.csv")


def utc_stamps() -> ExportCase:
    """Midnights of Berlin in UTC: 23:00 of the day before, 22:00 in summer time."""

    def cell(row: Row) -> str:
        hours = 2 if row.day == DAYS[-1] else 1
        local = datetime.combine(row.day, time(), timezone(timedelta(hours=hours)))
        return f"{local.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    return refuse("utc-stamps", long_table(cell), "timezone")


def blank_cost() -> ExportCase:
    """One empty cell in Cost beside clicks: unknown, not nothing."""
    columns = columns_of(ENGLISH_UI)
    gap = next(row for row in ROWS[100:] if row.clicks)
    columns[4] = ("Cost", lambda row: "" if row == gap else spend()(row))
    return refuse("blank-cost", grid(columns, ROWS), "cost", "Campaign report.csv")


def summary() -> ExportCase:
    """Ads Manager without a breakdown by day: one row per campaign for the whole period."""
    columns = [column for column in DAILY if column[0] != "Day"]
    columns[-1] = ("Reporting ends", constant(DAYS[-1].isoformat()))
    rows = by_period(rows_of("meta"), lambda _: DAYS[0])
    return refuse("meta-summary", grid(columns, rows), "day", "report.csv")


def headings_only() -> ExportCase:
    """A report of a period in which nothing ran."""
    return refuse(
        "no-rows", report(ENGLISH_UI, ROWS, totals=False)[:3], "row", "Campaign report.csv"
    )


CASES = [
    *weekly(),
    *monthly(),
    wide(),
    without("Day", "date"),
    without("Cost", "cost"),
    ambiguous_thousands(),
    mixed_dates(),
    two_currencies(),
    utc_stamps(),
    blank_cost(),
    summary(),
    headings_only(),
]
