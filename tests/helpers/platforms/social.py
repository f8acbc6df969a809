"""Exports of TikTok, LinkedIn, Pinterest, Snapchat, Reddit and X."""

from typing import Any

from .market import ExportCase, Row, expect, rows_of, split_whole, total
from .writing import (
    ENGLISH,
    Column,
    blank_zero,
    clicks,
    constant,
    cpc,
    ctr,
    grid,
    impressions,
    iso,
    name,
    number_id,
    orders,
    revenue,
    spend,
    us_date,
    utf8,
    utf16,
    workbook,
)

TIKTOK, LINKEDIN, PINTEREST = rows_of("tiktok"), rows_of("linkedin"), rows_of("pinterest")
SNAPCHAT, REDDIT, X = rows_of("snapchat"), rows_of("reddit"), rows_of("x")


# TikTok Ads Manager, custom report by day; headings and the last row, which counts the results
# and sums them up, as agencies' importers take them off.
TIKTOK_UI: list[Column] = [
    ("By Day", iso),
    ("Campaign name", name),
    ("Currency", constant("USD")),
    ("Cost", spend()),
    ("Impressions", impressions()),
    ("Clicks (destination)", clicks()),
    ("CTR (destination)", ctr()),
    ("Purchases (website)", orders),
    ("Purchase value (website)", revenue()),
]


def tiktok_ui() -> ExportCase:
    sums = [cell(total(TIKTOK)) for _, cell in TIKTOK_UI[3:]]
    table = [*grid(TIKTOK_UI, TIKTOK), [f"Total of {len(TIKTOK)} results", "-", "-", *sums]]
    return ExportCase(
        "tiktok-ui",
        "Campaign Report-2025-01-01 to 2025-03-31.csv",
        utf8(table),
        expect("tiktok", TIKTOK, "USD"),
    )


def tiktok_xlsx() -> ExportCase:
    """The same as a workbook, which TikTok offers first: texts of days, numbers."""
    headings = "By Day|Campaign name|Cost|Impressions|Clicks (destination)|Conversions|Currency"
    table: list[list[Any]] = [headings.split("|")]
    for row in TIKTOK:
        numbers = [row.spend / 100, row.impressions, row.clicks, row.conversions // 100]
        table.append([row.day.isoformat(), row.campaign.name, *numbers, "USD"])
    return ExportCase(
        "tiktok-xlsx",
        "tiktok_campaigns.xlsx",
        workbook(table, "Data"),
        expect("tiktok", TIKTOK, "USD", revenue=False),
    )


def tiktok_api() -> ExportCase:
    """Marketing API, integrated report: `stat_time_day` has a time of midnight."""
    columns: list[Column] = [
        ("stat_time_day", lambda row: f"{row.day} 00:00:00"),
        ("campaign_id", number_id),
        ("campaign_name", name),
        ("spend", spend()),
        ("impressions", impressions()),
        ("clicks", clicks()),
        ("conversion", orders),
        ("cpc", cpc()),
    ]
    return ExportCase(
        "tiktok-api",
        "tiktok_report.csv",
        utf8(grid(columns, TIKTOK)),
        expect("tiktok", TIKTOK, revenue=False),
    )


# LinkedIn Campaign Manager, Campaign performance by day: UTF-16 with tabs, lines of the report
# above, dates of the United States, and the word UTC in a heading that holds days, not times.
LINKEDIN_UI: list[Column] = [
    ("Start Date (in UTC)", us_date),
    ("Account Name", constant("Shoes B2B")),
    ("Currency", constant("USD")),
    ("Campaign Group Name", constant("Default Campaign Group")),
    ("Campaign ID", number_id),
    ("Campaign Name", name),
    ("Campaign Type", constant("Sponsored Update")),
    ("Campaign Status", constant("Active")),
    ("Total Spent", spend(ENGLISH)),
    ("Impressions", impressions(ENGLISH)),
    ("Clicks", clicks(ENGLISH)),
    ("Click Through Rate", ctr()),
    ("Average CPC", cpc()),
    ("Total Engagements", lambda row: str(row.clicks + 11)),
    ("Conversions", orders),
    ("Total Conversion Value", revenue(ENGLISH)),
]


def linkedin() -> ExportCase:
    heads = [
        ["Campaign Performance Report (in UTC)"],
        ["Report Start: January 1, 2025, 12:00 AM"],
        ["Report End: March 31, 2025, 11:59 PM"],
        ["Date Generated: April 1, 2025, 9:12 AM"],
        [],
    ]
    return ExportCase(
        "linkedin-ui",
        "account_507123456_campaign_performance_report.csv",
        utf16([*heads, *grid(LINKEDIN_UI, LINKEDIN)]),
        expect("linkedin", LINKEDIN, "USD"),
    )


def linkedin_plain() -> ExportCase:
    """The table alone, saved again as CSV, without the value."""
    content = utf8(grid(LINKEDIN_UI[:-1], LINKEDIN))
    expected = expect("linkedin", LINKEDIN, "USD", revenue=False)
    return ExportCase("linkedin-plain", "li.csv", content, expected)


def pinterest() -> ExportCase:
    """Ads Manager > Export, daily; headings of conversions are of one event, as "(Checkout)"."""
    columns: list[Column] = [
        ("Date", iso),
        ("Campaign ID", number_id),
        ("Campaign name", name),
        ("Campaign objective type", constant("CONVERSIONS")),
        ("Spend in account currency", spend()),
        ("Impressions", impressions()),
        ("Outbound clicks", clicks()),
        ("Saves", lambda row: str(row.clicks // 9)),
        ("Total conversions (Checkout)", orders),
        ("Total order value (Checkout)", revenue()),
    ]
    return ExportCase(
        "pinterest-ui",
        "pinterest_export_20250401.csv",
        utf8(grid(columns, PINTEREST)),
        expect("pinterest", PINTEREST),
    )


def snapchat() -> ExportCase:
    """Ads Manager > Export by day: two times a row, paid impressions, purchases and their value."""
    columns: list[Column] = [
        ("Start Time", lambda row: f"{row.day} 00:00:00"),
        ("End Time", lambda row: f"{row.day} 23:59:59"),
        ("Campaign Name", name),
        ("Campaign ID", lambda row: f"9c1d{row.campaign.id}-4bbe"),
        ("Currency", constant("EUR")),
        ("Amount Spent", spend()),
        ("Paid Impressions", impressions()),
        ("Swipe Ups", clicks()),
        ("Purchases", orders),
        ("Purchases Value", revenue()),
    ]
    return ExportCase(
        "snapchat-ui",
        "snapchat-ads-daily.csv",
        utf8(grid(columns, SNAPCHAT)),
        expect("snapchat", SNAPCHAT, "EUR"),
    )


def reddit() -> ExportCase:
    """Ads dashboard > Export: amounts with a sign, and thousands where there are any."""
    columns: list[Column] = [
        ("Date", iso),
        ("Campaign Name", name),
        ("Campaign ID", number_id),
        ("Amount Spent (USD)", lambda row: "$" + spend(ENGLISH)(row)),
        ("Impressions", impressions()),
        ("Clicks", clicks()),
        ("CTR", ctr()),
        ("CPC", lambda row: "$" + cpc()(row)),
        ("eCPM", constant("$4.10")),
        ("Conversions", orders),
    ]
    return ExportCase(
        "reddit-ui",
        "reddit_ads_report.csv",
        utf8(grid(columns, REDDIT)),
        expect("reddit", REDDIT, "USD", revenue=False),
    )


def x() -> ExportCase:
    """Ads Manager > Export: "Time period" is a day; blank purchases on days without any."""
    columns: list[Column] = [
        ("Time period", iso),
        ("Funding source name", constant("Visa 4242")),
        ("Campaign name", name),
        ("Currency", constant("USD")),
        ("Spend", spend()),
        ("Impressions", impressions()),
        ("Link clicks", clicks()),
        ("Cart additions", lambda row: str(row.clicks // 20)),
        ("Purchases", blank_zero(orders, lambda row: row.conversions)),
        ("Purchases - sale amount", blank_zero(revenue(), lambda row: row.revenue)),
    ]
    return ExportCase(
        "x-ui", "x-campaigns-20250101-20250331.csv", utf8(grid(columns, X)), expect("x", X, "USD")
    )


def x_ad_groups() -> ExportCase:
    """The same by ad group."""

    def group(row: Row, place: int) -> list[str]:
        numbers = [spend()(row), str(row.impressions), str(row.clicks), orders(row)]
        return [iso(row), row.campaign.name, f"Group {place}", *numbers]

    headings = "Time period|Campaign name|Ad group name|Spend|Impressions|Link clicks|Purchases"
    table = [[*headings.split("|"), "Checkouts initiated"]]
    for row in X:
        table += [[*group(part, n), "0"] for n, part in enumerate(split_whole(row, 2), 1)]
    return ExportCase("x-ad-groups", "x-ad-groups.csv", utf8(table), expect("x", X, revenue=False))


CASES = [
    tiktok_ui(),
    tiktok_xlsx(),
    tiktok_api(),
    linkedin(),
    linkedin_plain(),
    pinterest(),
    snapchat(),
    reddit(),
    x(),
    x_ad_groups(),
]
