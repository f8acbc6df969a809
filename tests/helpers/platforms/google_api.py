"""Exports of Google Ads by scripts, the API and the BigQuery transfer."""

from .market import DAYS, ExportCase, expect, rows_of, split
from .writing import (
    PLAIN,
    Column,
    clicks,
    constant,
    conversions,
    grid,
    impressions,
    iso,
    name,
    number_id,
    revenue,
    utf8,
)

ROWS = rows_of("google")


def _api_columns(dot: str) -> list[Column]:
    """Fields of the query language of the API; `dot` is between resource and field."""
    return [
        (f"segments{dot}date", iso),
        (f"customer{dot}currency_code", constant("USD")),
        (f"campaign{dot}id", number_id),
        (f"campaign{dot}name", name),
        (f"campaign{dot}advertising_channel_type", lambda row: row.campaign.type),
        (f"metrics{dot}cost_micros", lambda row: str(row.spend * 10_000)),
        (f"metrics{dot}impressions", impressions()),
        (f"metrics{dot}clicks", clicks()),
        (f"metrics{dot}conversions", lambda row: repr(row.conversions / 100)),
        (f"metrics{dot}conversions_value", lambda row: repr(row.revenue / 100)),
    ]


def api() -> list[ExportCase]:
    """`pandas.DataFrame(rows).to_csv()`: an unnamed index; and a script that keeps the dots."""
    found = []
    for label, dot in (("dots", "."), ("underscores", "_")):
        table = grid(_api_columns(dot), ROWS)
        indexed = [["", *table[0]], *([n, *cells] for n, cells in enumerate(table[1:]))]
        content = utf8(indexed if dot == "_" else table)
        expected = expect("google", ROWS, "USD")
        found.append(ExportCase(f"google-api-{label}", f"gads_{label}.csv", content, expected))
    return found


def camel_case() -> ExportCase:
    """Rows of the API in JSON, flattened: camel case (`json_normalize` of a search stream)."""
    columns: list[Column] = [
        ("campaign.name", name),
        ("campaign.advertisingChannelType", lambda row: row.campaign.type),
        ("segments.date", iso),
        ("metrics.costMicros", lambda row: str(row.spend * 10_000)),
        ("metrics.impressions", impressions()),
        ("metrics.clicks", clicks()),
        ("metrics.conversions", conversions()),
        ("metrics.conversionsValue", revenue()),
    ]
    return ExportCase(
        "google-api-camel-case",
        "searchStream.csv",
        utf8(grid(columns, ROWS)),
        expect("google", ROWS),
    )


def bigquery() -> ExportCase:
    """BigQuery Data Transfer, `ads_CampaignBasicStats`: no names, rows by network and device."""
    columns: list[Column] = [
        ("_LATEST_DATE", constant(DAYS[-1].isoformat())),
        ("_DATA_DATE", iso),
        ("campaign_base_campaign", lambda row: f"customers/1234567890/campaigns/{row.campaign.id}"),
        ("campaign_id", number_id),
        ("customer_id", constant("1234567890")),
        ("metrics_clicks", clicks()),
        ("metrics_conversions", lambda row: repr(row.conversions / 100)),
        ("metrics_conversions_value", lambda row: repr(row.revenue / 100)),
        ("metrics_cost_micros", lambda row: str(row.spend * 10_000)),
        ("metrics_impressions", impressions()),
        ("metrics_interactions", clicks()),
        ("metrics_view_through_conversions", constant("0")),
        ("segments_ad_network_type", constant("SEARCH")),
        ("segments_date", iso),
    ]
    table = [[*(heading for heading, _ in columns), "segments_device"]]
    for row in ROWS:
        for device, part in zip(("MOBILE", "DESKTOP", "TABLET"), split(row, 3), strict=True):
            table.append([*(cell(part) for _, cell in columns), device])
    return ExportCase(
        "google-bigquery",
        "ads_CampaignBasicStats_1234567890.csv",
        utf8(table),
        expect("google", ROWS),
    )


def micros_without_conversions() -> ExportCase:
    """A script's table of costs only, cents in the plain notation of scripts."""
    columns: list[Column] = [
        ("campaign_name", name),
        ("segments_date", iso),
        ("metrics_cost_micros", lambda row: str(row.spend * 10_000)),
        ("metrics_impressions", impressions(PLAIN)),
        ("metrics_clicks", clicks(PLAIN)),
    ]
    return ExportCase(
        "google-script-costs",
        "costs.csv",
        utf8(grid(columns, ROWS)),
        expect("google", ROWS, conversions=False, revenue=False),
    )


CASES = [*api(), camel_case(), bigquery(), micros_without_conversions()]
