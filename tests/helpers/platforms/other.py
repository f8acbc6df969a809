"""Exports of Amazon Ads, Apple Search Ads, Display & Video 360, YouTube and Google Analytics 4."""

from typing import Any

from .market import ExportCase, expect, rows_of, total
from .writing import (
    ENGLISH,
    MONTHS,
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
    orders,
    revenue,
    spend,
    utf8,
    workbook,
)

AMAZON, APPLE, DV360 = rows_of("amazon"), rows_of("apple_search_ads"), rows_of("dv360")
YOUTUBE, GA4 = rows_of("youtube"), rows_of("ga4")


# Sponsored Products > Campaign report, daily. Some headings end in a space; the dates have words.
AMAZON_COLUMNS: list[Column] = [
    ("Date", lambda row: f"{MONTHS[row.day.month - 1]} {row.day.day:02}, {row.day.year}"),
    ("Portfolio name", constant("No Portfolio")),
    ("Currency", constant("USD")),
    ("Campaign Name", name),
    ("Impressions", impressions()),
    ("Clicks", clicks()),
    ("Click-Thru Rate (CTR)", ctr()),
    ("Cost Per Click (CPC)", cpc()),
    ("Spend", spend()),
    ("7 Day Total Sales ", revenue()),
    ("Total Advertising Cost of Sales (ACOS) ", constant("21.40%")),
    ("Total Return on Advertising Spend (ROAS)", constant("4.67")),
    ("7 Day Total Orders (#)", orders),
    ("7 Day Total Units (#)", lambda row: str(row.conversions // 80)),
]


def amazon() -> ExportCase:
    return ExportCase(
        "amazon-csv",
        "Sponsored Products Campaign report.csv",
        utf8(grid(AMAZON_COLUMNS, AMAZON)),
        expect("amazon", AMAZON, "USD"),
    )


def amazon_xlsx() -> ExportCase:
    """The workbook that Amazon offers first: true dates and numbers."""
    texts = "Date|Portfolio name|Currency|Campaign Name|Impressions|Clicks|Spend"
    results = "7 Day Total Sales |7 Day Total Orders (#)|7 Day Total Units (#)"
    table: list[list[Any]] = [f"{texts}|{results}".split("|")]
    for row in AMAZON:
        labels = [row.day, "No Portfolio", "USD", row.campaign.name]
        money = [row.spend / 100, row.revenue / 100]
        counts = [row.conversions // 100, row.conversions // 80]
        table.append([*labels, row.impressions, row.clicks, *money, *counts])
    return ExportCase(
        "amazon-xlsx",
        "Sponsored Products Campaign report.xlsx",
        workbook(table, "Sponsored Product Campaign Repo"),
        expect("amazon", AMAZON, "USD"),
    )


def amazon_japan() -> ExportCase:
    """Japanese marketplace: full-width yen, whole amounts with thousands, slashes in dates."""
    columns: list[Column] = [
        ("日付", lambda row: f"{row.day:%Y/%m/%d}"),
        ("キャンペーン名", name),
        ("インプレッション", impressions()),
        ("クリック数", clicks()),
        ("費用", lambda row: "￥" + spend(ENGLISH, 0)(row)),
        ("7日間の合計売上", lambda row: "￥" + revenue(ENGLISH, 0)(row)),
        ("7日間の合計注文数(#)", orders),
    ]
    return ExportCase(
        "amazon-ja",
        "スポンサープロダクト広告.csv",
        b"\xef\xbb\xbf" + utf8(grid(columns, AMAZON)),
        expect("amazon", AMAZON, "JPY|¥|￥", money=1),
    )


def apple() -> ExportCase:
    """Custom report of Apple Search Ads by day: taps are clicks, installs are conversions."""
    columns: list[Column] = [
        ("Day", iso),
        ("Campaign Name", name),
        ("Campaign ID", number_id),
        ("Currency", constant("USD")),
        ("Spend", spend()),
        ("Impressions", impressions()),
        ("Taps", clicks()),
        ("TTR", ctr()),
        ("Avg CPT", cpc()),
        ("Installs (Tap-Through)", orders),
        ("New Downloads (Tap-Through)", lambda row: str(row.conversions // 150)),
    ]
    return ExportCase(
        "apple-search-ads",
        "apple_search_ads.csv",
        utf8(grid(columns, APPLE)),
        expect("apple_search_ads", APPLE, "USD", revenue=False),
    )


def dv360() -> ExportCase:
    """Instant report: "Revenue (Adv Currency)" is what the advertiser pays; sums, then filters."""
    columns: list[Column] = [
        ("Date", lambda row: f"{row.day:%Y/%m/%d}"),
        ("Advertiser", constant("Shoes")),
        ("Advertiser ID", constant("630317194")),
        ("Advertiser Currency", constant("EUR")),
        ("Campaign", name),
        ("Campaign ID", number_id),
        ("Insertion Order", lambda row: f"IO {row.campaign.type}"),
        ("Impressions", impressions()),
        ("Clicks", clicks()),
        ("Click Rate (CTR)", ctr()),
        ("Total Conversions", lambda row: f"{row.conversions // 100}.00"),
        ("Revenue (Adv Currency)", spend()),
    ]
    sums = [cell(total(DV360)) for _, cell in columns[7:]]
    table = [
        *grid(columns, DV360),
        [*[""] * 7, *sums],
        [],
        ["Report Time:", "2025/04/01 03:34 GMT"],
        ["Date Range:", "2025/01/01 to 2025/03/31"],
        ["Group By:", "Date"],
        ["Group By:", "Campaign ID"],
        ["MRC Accredited Metrics", "Active View metrics are accredited only when measured"],
        ["Reporting numbers from the previous month are finalized (for billing purposes)"],
        ["Filter by Advertiser ID:", "630317194"],
    ]
    return ExportCase(
        "dv360",
        "DV360_daily_20250401.csv",
        utf8(table),
        expect("dv360", DV360, "EUR", revenue=False),
    )


def youtube() -> ExportCase:
    """A table of video campaigns kept by itself; the name of the file says which platform."""
    columns: list[Column] = [
        ("Date", iso),
        ("Campaign name", name),
        ("Video title", constant("Spring 15s")),
        ("Impressions", impressions()),
        ("Views", lambda row: str(row.impressions // 3)),
        ("Clicks", clicks()),
        ("Cost", spend()),
        ("Conversions", orders),
        ("Conversion value", revenue()),
    ]
    return ExportCase(
        "youtube", "youtube_ads_2025.csv", utf8(grid(columns, YOUTUBE)), expect("youtube", YOUTUBE)
    )


def video_campaigns() -> ExportCase:
    """Google Ads > Video campaigns: Google's own headings, so a report of Google Ads."""
    columns: list[Column] = [
        ("Day", iso),
        ("Campaign", name),
        ("Campaign type", constant("Video")),
        ("Currency code", constant("USD")),
        ("Impr.", impressions(ENGLISH)),
        ("TrueView views", lambda row: ENGLISH.number(row.impressions // 3, 0)),
        ("TrueView view rate", constant("33.33%")),
        ("TrueView avg. CPV", constant("0.02")),
        ("Clicks", clicks(ENGLISH)),
        ("Cost", spend(ENGLISH)),
        ("Conversions", conversions(ENGLISH)),
        ("Conv. value", revenue(ENGLISH)),
    ]
    period = "January 1, 2025 - March 31, 2025"
    table = [["Video campaign report"], [period], *grid(columns, YOUTUBE)]
    expected = expect("google", YOUTUBE, "USD")
    return ExportCase("google-ui-video", "Video campaigns.csv", utf8(table), expected)


def ga4() -> ExportCase:
    """Cost data for import into Google Analytics 4: the source is the channel, YYYYMMDD."""
    columns: list[Column] = [
        ("date", lambda row: f"{row.day:%Y%m%d}"),
        ("utm_source", constant("outbrain")),
        ("utm_medium", constant("cpc")),
        ("utm_campaign", name),
        ("utm_id", number_id),
        ("impressions", impressions()),
        ("clicks", clicks()),
        ("cost", spend()),
    ]
    return ExportCase(
        "ga4-cost-import",
        "ga4_cost_data.csv",
        utf8(grid(columns, GA4)),
        expect("outbrain", GA4, conversions=False, revenue=False),
    )


def ga4_ads() -> ExportCase:
    """Advertising > Google Ads campaigns of Google Analytics 4 by day: comments above the table."""
    columns: list[Column] = [
        ("Date", lambda row: f"{row.day:%Y%m%d}"),
        ("Session campaign", name),
        ("Ads cost", spend()),
        ("Ads impressions", impressions()),
        ("Ads clicks", clicks()),
        ("Key events", conversions()),
        ("Total revenue", revenue()),
    ]
    rule = ["# " + "-" * 40]
    heads = [rule, ["# Google Ads campaigns"], ["# Shoes GA4"], rule, ["# Start date: 20250101"]]
    table = [*heads, ["# End date: 20250331"], *grid(columns, GA4)]
    return ExportCase("ga4-report", "download.csv", utf8(table), expect("ga4", GA4))


CASES = [
    amazon(),
    amazon_xlsx(),
    amazon_japan(),
    apple(),
    dv360(),
    youtube(),
    video_campaigns(),
    ga4(),
    ga4_ads(),
]
