"""Tables that are easily read wrong without a word: each is read right, or refused."""

from datetime import timedelta
from typing import Any

from .generic import long_table
from .google_ui import ENGLISH_UI, columns_of, report
from .market import DAYS, Campaign, ExportCase, Row, expect, rows_of, split_whole, total
from .meta import DAILY
from .refused import WEEKS, by_period, monday
from .writing import (
    Column,
    clicks,
    constant,
    conversions,
    grid,
    impressions,
    iso,
    name,
    number_id,
    orders,
    revenue,
    spend,
    utf8,
)

GOOGLE, META = rows_of("google"), rows_of("meta")


def called_total() -> ExportCase:
    """Campaigns whose names begin as totals do; the report has its own totals besides."""
    names = ("Total Fitness - Brand", "All devices sale", "Overall winners")
    renamed = {
        row.campaign: Campaign(names[n], row.campaign.id, row.campaign.type)
        for n, row in enumerate(GOOGLE[:3])
    }
    rows = [row._replace(campaign=renamed[row.campaign]) for row in GOOGLE]
    expected = expect("google", rows, "USD")
    content = utf8(report(ENGLISH_UI, rows))
    return ExportCase("trap-campaigns-called-total", "Campaign report.csv", content, expected)


def one_campaign() -> ExportCase:
    """One campaign: each totals row equals the sum of its rows, no day equals another's sum."""
    rows = [row for row in GOOGLE if row.campaign == GOOGLE[0].campaign]
    columns = columns_of(ENGLISH_UI)
    sums = [cell(total(rows)) for _, cell in columns[3:]]
    table = [*grid(columns, rows), ["Total: Account", " --", " --", *sums]]
    expected = expect("google", rows, "USD")
    return ExportCase("trap-one-campaign", "Campaign report.csv", utf8(table), expected)


def unnamed_ads() -> ExportCase:
    """Rows of ads without the names of the ads; now and then two are equal, and both count."""
    columns = [DAILY[0], DAILY[1], *DAILY[7:]]
    rows = []
    for n, row in enumerate(META):
        first, second, third = split_whole(row, 3)
        if n % 20 and third.impressions:
            second = second._replace(impressions=second.impressions + 1)
            third = third._replace(impressions=third.impressions - 1)
        rows += [first, second, third]
    content = utf8(grid(columns, rows))
    return ExportCase("trap-unnamed-ads", "ads.csv", content, expect("meta", META, "EUR"))


def adwords_micros() -> ExportCase:
    """Reports of the former AdWords API: "Cost" is in micros, and only the values say so.

    A click at 960,000 could be one in dong, and no column names a currency: asked, not guessed.
    """
    columns: list[Column] = [
        ("Date", iso),
        ("CampaignId", number_id),
        ("CampaignName", name),
        ("AdvertisingChannelType", lambda row: row.campaign.type),
        ("Impressions", impressions()),
        ("Clicks", clicks()),
        ("Cost", lambda row: str(row.spend * 10_000)),
        ("Conversions", conversions()),
        ("ConversionValue", revenue()),
    ]
    content = utf8(grid(columns, GOOGLE))
    return ExportCase("refused-adwords-micros", "google_adwords.csv", content, None, "micros")


def late_start() -> ExportCase:
    """A campaign that runs on Mondays only, beside daily ones: that is no weekly table."""
    last = GOOGLE[2].campaign
    rows = [row for row in GOOGLE if row.campaign != last or row.day.weekday() == 0]
    expected = expect("google", rows, "USD")
    content = utf8(report(ENGLISH_UI, rows))
    return ExportCase("trap-mondays-only", "Campaign report.csv", content, expected)


def weekdays_only() -> ExportCase:
    """An account that pauses at weekends: 64 days, gaps of two."""
    rows = [row for row in GOOGLE if row.day.weekday() < 5]
    expected = expect("google", rows, "USD")
    content = utf8(report(ENGLISH_UI, rows))
    return ExportCase("trap-weekdays-only", "Campaign report.csv", content, expected)


def _table(rows: list[tuple[str, Row]]) -> list[list[Any]]:
    """A generic table of (channel, row)."""
    columns: list[Column] = [
        ("campaign", name),
        ("spend", spend()),
        ("clicks", clicks()),
        ("conversions", orders),
    ]
    heads = ["date", "channel", *(heading for heading, _ in columns)]
    return [heads, *([iso(r), c, *(cell(r) for _, cell in columns)] for c, r in rows)]


def mixed_grain() -> ExportCase:
    """One platform by day, another by week, in one table."""
    weeks = by_period([row for row in META if DAYS[5] <= row.day <= DAYS[88]], monday)
    rows = [("google", row) for row in GOOGLE] + [("meta", row) for row in weeks]
    content = utf8(_table(sorted(rows, key=lambda pair: pair[1].day)))
    return ExportCase("refused-weeks-beside-days", "channels.csv", content, None, "weekly")


def sundays() -> ExportCase:
    """Weeks that begin on Sundays, with a week left out."""
    shifted = [row._replace(day=row.day - timedelta(days=1)) for row in WEEKS]
    rows = [("google", row) for row in shifted if row.day != shifted[9].day]
    content = utf8(_table(rows))
    return ExportCase("refused-sundays", "channels.csv", content, None, "weekly")


def evenings() -> ExportCase:
    """Midnights of Berlin in UTC, without the mark of UTC: 23:00 of the day before."""

    def cell(row: Row) -> str:
        hour = 22 if row.day == DAYS[-1] else 23
        return f"{row.day - timedelta(days=1)} {hour}:00:00"

    content = utf8(long_table(cell))
    return ExportCase("refused-evenings", "export.csv", content, None, "time")


def text_in_cost() -> ExportCase:
    """A formula's error in one cost."""
    columns = columns_of(ENGLISH_UI)
    gap = GOOGLE[57]
    columns[4] = ("Cost", lambda row: "#REF!" if row == gap else spend()(row))
    content = utf8(grid(columns, GOOGLE))
    return ExportCase("refused-formula-error", "Campaign report.csv", content, None, "#REF!")


def negative_cost() -> ExportCase:
    """A credit of one day."""
    columns = columns_of(ENGLISH_UI)
    gap = GOOGLE[57]
    columns[4] = ("Cost", lambda row: "-12.50" if row == gap else spend()(row))
    content = utf8(grid(columns, GOOGLE))
    return ExportCase("refused-negative-cost", "Campaign report.csv", content, None, "-12.50")


def quarter() -> ExportCase:
    """Google's segment by quarter."""
    columns = columns_of(ENGLISH_UI)
    columns[0] = ("Quarter", constant("Q1 2025"))
    content = utf8(grid(columns, by_period(GOOGLE, lambda _: DAYS[0])))
    return ExportCase("refused-quarter", "Campaign report.csv", content, None, "quarter")


CASES = [
    called_total(),
    one_campaign(),
    unnamed_ads(),
    adwords_micros(),
    late_start(),
    weekdays_only(),
    mixed_grain(),
    sundays(),
    evenings(),
    text_in_cost(),
    negative_cost(),
    quarter(),
]
