"""Exports of Microsoft Advertising: downloaded reports, the grid, and the Reporting API."""

from typing import Any

from .market import Campaign, ExportCase, Row, expect, rows_of, total
from .writing import (
    ENGLISH,
    Column,
    clicks,
    constant,
    conversions,
    cpc,
    ctr,
    grid,
    impressions,
    iso,
    name,
    number_id,
    revenue,
    spend,
    us_date,
    utf8,
)

ROWS = rows_of("microsoft")
FOOTER = "©2025 Microsoft Corporation. All rights reserved. "


def _type(campaign: Campaign) -> str:
    return "Search & content" if campaign.type == "SEARCH" else "Performance max"


def _kind(row: Row) -> str:
    return _type(row.campaign)


def _heads(rows: int) -> list[list[str]]:
    """The lines over a report, as the Reporting API documents them; each is one quoted cell."""
    return [
        ["Report Name: Campaign performance by day"],
        ["Report Time: 1/1/2025 - 3/31/2025"],
        ["Time Zone: (GMT-05:00) Eastern Time (US & Canada)"],
        ["Last Completed Available Day: 4/1/2025 10:15:00 PM (GMT)"],
        ["Last Completed Available Hour: 4/1/2025 10:15:00 PM (GMT)"],
        ["Report Aggregation: Daily"],
        ["Report Filter: "],
        ["Potential Incomplete Data: false"],
        [f"Rows: {rows}"],
        [],
    ]


# Reports > Campaign performance > Download > .csv: spaced headings ("Gregorian date" in public
# importers of such files), dates of the account's region, the copyright after an empty line.
UI: list[Column] = [
    ("Gregorian date", us_date),
    ("Account name", constant("Shoes US")),
    ("Campaign name", name),
    ("Campaign ID", number_id),
    ("Campaign type", _kind),
    ("Currency code", constant("USD")),
    ("Impressions", impressions()),
    ("Clicks", clicks()),
    ("CTR", ctr()),
    ("Avg. CPC", cpc()),
    ("Spend", spend()),
    ("Conversions", conversions()),
    ("Revenue", revenue()),
]


def interface() -> ExportCase:
    """The report as it is downloaded, all cells in quotes."""
    table = [*_heads(len(ROWS)), *grid(UI, ROWS), [], [FOOTER]]
    return ExportCase(
        "microsoft-ui",
        "Campaign performance by day.csv",
        utf8(table, quoted=True),
        expect("microsoft", ROWS, "USD"),
    )


def grid_download() -> ExportCase:
    """The Campaigns grid, segmented by day: thousands, a totals row, no lines above."""
    columns: list[Column] = [
        ("Day", us_date),
        ("Campaign", name),
        ("Campaign type", _kind),
        ("Impr.", impressions(ENGLISH)),
        ("Clicks", clicks(ENGLISH)),
        ("CTR", ctr()),
        ("Avg. CPC", cpc(ENGLISH)),
        ("Spend", spend(ENGLISH)),
        ("Conv.", conversions(ENGLISH)),
        ("Revenue", revenue(ENGLISH)),
    ]
    sums: list[Any] = [cell(total(ROWS)) for _, cell in columns[3:]]
    table = [*grid(columns, ROWS), ["Overall total - 3 campaigns", "-", "-", *sums], [], [FOOTER]]
    return ExportCase(
        "microsoft-ui-grid",
        "Microsoft Advertising campaigns.csv",
        b"\xef\xbb\xbf" + utf8(table),
        expect("microsoft", ROWS),
    )


API: list[Column] = [
    ("TimePeriod", iso),
    ("AccountName", constant("Shoes US")),
    ("AccountId", constant("1234567")),
    ("CampaignName", name),
    ("CampaignId", number_id),
    ("CampaignType", _kind),
    ("CurrencyCode", constant("CAD")),
    ("Impressions", impressions()),
    ("Clicks", clicks()),
    ("Ctr", ctr()),
    ("Spend", spend()),
    ("Conversions", conversions()),
    ("Revenue", revenue()),
]


def api() -> ExportCase:
    """Columns of `CampaignPerformanceReportRequest`, header and footer excluded."""
    return ExportCase(
        "microsoft-api",
        "report.csv",
        utf8(grid(API, ROWS), quoted=True),
        expect("microsoft", ROWS, "CAD"),
        plain={"day": "TimePeriod"}
        | {m: m.title() for m in ("spend", "impressions", "clicks", "conversions", "revenue")},
    )


def api_with_lines() -> ExportCase:
    """The same as the API delivers it by default: report header and footer included."""
    table = [*_heads(len(ROWS)), *grid(API, ROWS), [], [FOOTER]]
    content = b"\xef\xbb\xbf" + utf8(table, quoted=True)
    return ExportCase(
        "microsoft-api-lines", "8a1f0c3e.csv", content, expect("microsoft", ROWS, "CAD")
    )


CASES = [interface(), grid_download(), api(), api_with_lines()]
