"""Exports with breakdowns and columns that are easily mistaken for others, and pasted ones."""

from typing import Any

from .google_ui import ENGLISH_UI, columns_of, report
from .market import ExportCase, Row, expect, rows_of, split, split_whole, total
from .meta import DAILY
from .microsoft import API
from .writing import (
    ENGLISH,
    Column,
    clicks,
    constant,
    conversions,
    grid,
    impressions,
    iso,
    name,
    orders,
    revenue,
    spend,
    utf8,
)

GOOGLE, META, MICROSOFT = rows_of("google"), rows_of("meta"), rows_of("microsoft")
TIKTOK = rows_of("tiktok")


def _parts(
    columns: list[Column],
    rows: list[Row],
    headings: tuple[str, ...],
    labels: tuple[tuple[str, ...], ...],
    *,
    whole: bool = False,
) -> list[list[Any]]:
    """A table with a row per part of each row; the parts are labelled after the second column."""
    table = [[*(h for h, _ in columns[:2]), *headings, *(h for h, _ in columns[2:])]]
    for row in rows:
        parts = (split_whole if whole else split)(row, len(labels))
        for label, part in zip(labels, parts, strict=True):
            cells = [cell(part) for _, cell in columns]
            table.append([*cells[:2], *label, *cells[2:]])
    return table


def google_hours() -> ExportCase:
    """Segments by day and hour of the day: hours are numbers of their own column."""
    hours = tuple((str(hour),) for hour in range(6, 24, 3))
    table = _parts(columns_of(ENGLISH_UI), GOOGLE, ("Hour of the day",), hours)
    table = [["Campaign report"], [ENGLISH_UI.period], *table]
    expected = expect("google", GOOGLE, "USD")
    return ExportCase("google-ui-hours", "hours.csv", utf8(table), expected)


def google_networks() -> ExportCase:
    """Segment by network: its values look like campaign types, its name like a platform."""
    networks = (("Google search",), ("Search partners",), ("Display Network",))
    headings = ("Network (with search partners)",)
    table = _parts(columns_of(ENGLISH_UI), GOOGLE, headings, networks)
    expected = expect("google", GOOGLE, "USD")
    return ExportCase("google-ui-networks", "networks.csv", utf8(table), expected)


def google_all_columns() -> ExportCase:
    """The view with most of its columns: each metric beside others of nearly the same name."""
    base = columns_of(ENGLISH_UI)
    decoys: list[Column] = [
        ("Campaign status", constant("Enabled")),
        ("Budget", constant("1,200.00")),
        ("Budget type", constant("Daily")),
        ("Bid strategy type", constant("Maximize conversion value")),
        ("Cost / conv.", constant("41.12")),
        ("Conv. rate", constant("4.31%")),
        ("Value / conv.", constant("61.77")),
        ("Conv. value / cost", constant("1.83")),
        ("All conv.", lambda row: ENGLISH.number(row.conversions + 750)),
        ("All conv. value", lambda row: ENGLISH.number(row.revenue + 75_000)),
        ("View-through conv.", constant("3")),
        ("Search impr. share", constant("< 10%")),
        ("Search lost IS (budget)", constant(" --")),
        ("Invalid clicks", constant("7")),
        ("Interactions", clicks(ENGLISH)),
        ("Interaction rate", constant("2.30%")),
    ]
    columns = [*base[:4], *decoys[:4], *base[4:9], *decoys[4:], *base[9:]]
    table = [["Campaign report"], [ENGLISH_UI.period], *grid(columns, GOOGLE)]
    expected = expect("google", GOOGLE, "USD")
    return ExportCase("google-ui-all-columns", "all columns.csv", utf8(table), expected)


def microsoft_all_columns() -> ExportCase:
    """The API's report with all conversions and assists beside conversions."""
    columns = [
        *API,
        ("AllConversions", lambda row: str(row.conversions // 100 + 4)),
        ("AllRevenue", lambda row: str(row.revenue // 100 + 90)),
        ("Assists", constant("2")),
        ("ImpressionSharePercent", constant("31.2%")),
        ("CostPerConversion", constant("38.20")),
        ("RevenuePerConversion", constant("60.01")),
    ]
    expected = expect("microsoft", MICROSOFT, "CAD")
    content = utf8(grid(columns, MICROSOFT))
    return ExportCase("microsoft-api-all-columns", "msads.csv", content, expected)


def _meta_daily() -> list[Column]:
    return [DAILY[0], DAILY[1], *DAILY[7:]]


def meta_age_and_gender() -> ExportCase:
    """Breakdown by age and gender: three rows per campaign and day."""
    labels = (("25-34", "female"), ("25-34", "male"), ("65+", "unknown"))
    table = _parts(_meta_daily(), META, ("Age", "Gender"), labels, whole=True)
    expected = expect("meta", META, "EUR")
    return ExportCase("meta-age-gender", "age gender.csv", utf8(table), expected)


def meta_platforms() -> ExportCase:
    """Breakdown by platform: Facebook and Instagram are placements of one platform, Meta."""
    labels = (
        ("facebook", "feed", "mobile_app"),
        ("instagram", "instagram_stories", "mobile_app"),
        ("audience_network", "an_classic", "desktop"),
    )
    headings = ("Platform", "Placement", "Device platform")
    table = _parts(_meta_daily(), META, headings, labels, whole=True)
    expected = expect("meta", META, "EUR")
    return ExportCase("meta-platforms", "placements.csv", utf8(table), expected)


def meta_currency_column() -> ExportCase:
    """Account columns in the export: the currency is in one of them, not in the heading."""
    columns = [
        ("Account name", constant("Shoes EU")),
        ("Account ID", constant("1029384756")),
        ("Currency", constant("SEK")),
        ("Campaign name", name),
        ("Objective", constant("OUTCOME_SALES")),
        ("Day", iso),
        ("Amount spent", spend()),
        ("Impressions", impressions()),
        ("Link clicks", clicks()),
        ("Adds to cart", lambda row: str(row.clicks // 8)),
        ("Purchases", orders),
        ("Purchases conversion value", revenue()),
        ("Cost per purchase", constant("38.20")),
    ]
    content = utf8(grid(columns, META))
    return ExportCase("meta-currency-column", "export.csv", content, expect("meta", META, "SEK"))


def tiktok_complete_payment() -> ExportCase:
    """TikTok's former names of a purchase on a website, and its ratios."""
    columns: list[Column] = [
        ("Date", iso),
        ("Campaign name", name),
        ("Ad group name", constant("Group A")),
        ("Cost (EUR)", spend()),
        ("Impressions", impressions()),
        ("Clicks (destination)", clicks()),
        ("Clicks (all)", lambda row: str(row.clicks + 15)),
        ("CTR", constant("2.0%")),
        ("Complete payment", orders),
        ("Complete payment value", revenue()),
        ("Cost per complete payment", constant("6.25")),
        ("Complete payment ROAS", constant("1.44")),
    ]
    expected = expect("tiktok", TIKTOK, "EUR")
    return ExportCase("tiktok-payments", "TikTok.csv", utf8(grid(columns, TIKTOK)), expected)


def pasted() -> list[ExportCase]:
    """Two downloads in one file, headings and totals and all: the same, and a corrected one."""
    table = report(ENGLISH_UI, GOOGLE)
    later = [row._replace(conversions=row.conversions + 50) for row in GOOGLE if row.clicks]
    corrected = report(ENGLISH_UI, later)
    expected = expect("google", GOOGLE, "USD")
    return [
        ExportCase("pasted-copy", "pasted.csv", utf8([*table, [], *table]), expected),
        ExportCase(
            "refused-pasted-correction",
            "pasted.csv",
            utf8([*table, *corrected[2:]]),
            None,
            "overlap",
        ),
    ]


def account_totals_by_day() -> ExportCase:
    """A total per day of all campaigns, as scripts that write to a sheet append it."""
    columns: list[Column] = [
        ("Date", iso),
        ("Campaign", name),
        ("Cost", spend()),
        ("Impr.", impressions()),
        ("Clicks", clicks()),
        ("Conversions", conversions()),
        ("Conv. value", revenue()),
    ]
    table = [[heading for heading, _ in columns]]
    for day in dict.fromkeys(row.day for row in GOOGLE):
        rows = [row for row in GOOGLE if row.day == day]
        table += grid(columns, rows)[1:]
        sums = [cell(total(rows)) for _, cell in columns]
        table.append([sums[0], "All campaigns", *sums[2:]])
    return ExportCase(
        "google-total-per-day", "google daily.csv", utf8(table), expect("google", GOOGLE)
    )


CASES = [
    google_hours(),
    google_networks(),
    google_all_columns(),
    microsoft_all_columns(),
    meta_age_and_gender(),
    meta_platforms(),
    meta_currency_column(),
    tiktok_complete_payment(),
    *pasted(),
    account_totals_by_day(),
]
