"""Tables of one's own: several platforms in a file, notations of days and amounts, containers."""

from collections.abc import Callable
from typing import Any

from .market import DAYS, ExportCase, Row, campaigns_of, expect, rows_of
from .writing import (
    COMMA,
    ENGLISH,
    GERMAN,
    MONTHS,
    SERIAL_ORIGIN,
    Column,
    Locale,
    clicks,
    constant,
    conversions,
    grid,
    gzipped,
    impressions,
    iso,
    name,
    number_id,
    orders,
    revenue,
    spend,
    utf8,
    workbook,
    zipped,
)

Cell = Callable[[Row], Any]
FOUR = ("google", "meta", "tiktok", "linkedin")
EUROPE = Locale(" ", ",")


def platform_of(platforms: tuple[str, ...], words: tuple[str, ...] = ()) -> Cell:
    """The word of the platform that a row's campaign belongs to."""
    words = words or platforms
    of = {
        row.campaign: word
        for platform, word in zip(platforms, words, strict=True)
        for row in rows_of(platform)
    }
    return lambda row: of[row.campaign]


def rows_by_day(platforms: tuple[str, ...], scale: int = 1) -> list[Row]:
    """Rows of several platforms, by day."""
    rows = [row for platform in platforms for row in rows_of(platform, scale)]
    return sorted(rows, key=lambda row: row.day)


def long_table(
    day: Cell = iso,
    cost: Cell | None = None,
    value: Cell | None = None,
    results: Cell | None = None,
    platforms: tuple[str, ...] = ("google", "meta"),
) -> list[list[Any]]:
    """date, channel, campaign, cost, impressions, clicks, conversions, revenue."""
    columns: list[Column] = [
        ("date", day),
        ("channel", platform_of(platforms)),
        ("campaign", name),
        ("cost", cost or spend()),
        ("impressions", impressions()),
        ("clicks", clicks()),
        ("conversions", results or conversions()),
        ("revenue", value or revenue()),
    ]
    return grid(columns, rows_by_day(platforms))


BOTH = expect("google meta", rows_by_day(("google", "meta")))


def four_platforms() -> ExportCase:
    """The table that people keep in a spreadsheet: a few columns, four platforms."""
    rows = rows_by_day(FOUR)
    columns: list[Column] = [
        ("date", iso),
        ("channel", platform_of(FOUR)),
        ("campaign", name),
        ("cost", spend()),
        ("conversions", conversions()),
    ]
    content = utf8(grid(columns, rows))
    expected = expect(" ".join(FOUR), rows, counts=False, revenue=False)
    plain = {"day": "date", "spend": "cost", "conversions": "conversions"}
    return ExportCase("generic-four-platforms", "all_channels.csv", content, expected, plain=plain)


def other_channels() -> ExportCase:
    """Channels that are no platform's own key stay as they are named."""
    platforms = ("google", "spotify", "affiliate")
    rows = rows_by_day(platforms)
    columns: list[Column] = [
        ("Date", iso),
        ("Platform", platform_of(platforms, ("Google", "Spotify", "Affiliate"))),
        ("Campaign name", name),
        ("Spend", spend()),
        ("Impressions", impressions()),
        ("Clicks", clicks()),
        ("Orders", orders),
        ("Revenue", revenue()),
    ]
    whole = [row._replace(conversions=row.conversions // 100 * 100) for row in rows]
    return ExportCase(
        "generic-other-channels",
        "marketing spend 2025.csv",
        utf8(grid(columns, rows)),
        expect(" ".join(platforms), whole),
    )


def dbt() -> ExportCase:
    """`ad_reporting__campaign_report` of Fivetran's dbt_ad_reporting: platforms end in `_ads`."""
    platforms = ("google", "meta", "microsoft", "linkedin")
    words = ("google_ads", "facebook_ads", "microsoft_ads", "linkedin_ads")
    rows = rows_by_day(platforms)
    columns: list[Column] = [
        ("source_relation", constant("")),
        ("date_day", iso),
        ("platform", platform_of(platforms, words)),
        ("account_id", constant("1234567")),
        ("account_name", constant("Shoes")),
        ("campaign_id", number_id),
        ("campaign_name", name),
        ("clicks", clicks()),
        ("impressions", impressions()),
        ("spend", spend()),
        ("conversions", conversions()),
        ("conversions_value", revenue()),
    ]
    plain = {m: m for m in ("spend", "impressions", "clicks", "conversions")}
    return ExportCase(
        "generic-dbt",
        "ad_reporting__campaign_report.csv",
        utf8(grid(columns, rows)),
        expect(" ".join(platforms), rows),
        plain=plain | {"day": "date_day", "revenue": "conversions_value"},
    )


def channel_only() -> ExportCase:
    """A long table for mix modelling: no campaigns, one row per day and channel."""
    platforms = ("google", "meta", "pinterest")
    firsts = {campaigns_of(platform)[0] for platform in platforms}
    rows = [row for row in rows_by_day(platforms) if row.campaign in firsts]
    columns: list[Column] = [
        ("date", iso),
        ("media_channel", platform_of(platforms)),
        ("media_spend", spend()),
        ("impressions", impressions()),
        ("clicks", clicks()),
        ("conversions", conversions()),
        ("revenue", revenue()),
    ]
    return ExportCase(
        "generic-mmm-long",
        "mmm_media_daily.csv",
        utf8(grid(columns, rows)),
        expect(" ".join(platforms), rows),
    )


def amounts() -> list[ExportCase]:
    """Notations of money."""
    dollars = expect("google meta", rows_by_day(("google", "meta")), "$|USD")
    comma = conversions(COMMA)
    small = rows_by_day(("google", "meta"), 150)
    dong = rows_by_day(("google", "meta"), 25)
    rupiah = expect("google meta", small, "IDR", money=1)
    yen = expect("google meta", rows_by_day(("google", "meta")), "JPY", money=1)

    def sign(front: str, where: Locale, decimals: int, factor: int = 1) -> tuple[Cell, Cell]:
        return (
            lambda row: front + where.number(row.spend * factor, decimals),
            lambda row: front + where.number(row.revenue * factor, decimals),
        )

    def case(label: str, table: list[list[Any]], expected: Any, separator: str = ",") -> ExportCase:
        return ExportCase(f"generic-{label}", f"{label}.csv", utf8(table, separator), expected)

    def named(table: list[list[Any]], code: str) -> list[list[Any]]:
        """The table with the currency in the headings of money."""
        return [[f"{h} ({code})" if h in {"cost", "revenue"} else h for h in table[0]], *table[1:]]

    return [
        case("dollar-signs", long_table(iso, *sign("$", ENGLISH, 2)), dollars),
        case("rupiah", long_table(iso, *sign("Rp ", GERMAN, 0, 150), comma), rupiah),
        case("full-width-yen", named(long_table(iso, *sign("￥", ENGLISH, 0)), "JPY"), yen),
        case(
            "dong-plain",
            named(long_table(iso, *sign("", Locale("", "."), 0, 25)), "VND"),
            expect("google meta", dong, "VND", money=1),
        ),
        case(
            "dong-signs",
            long_table(
                iso,
                lambda row: GERMAN.number(row.spend * 25, 0) + " ₫",
                lambda row: GERMAN.number(row.revenue * 25, 0) + " ₫",
                comma,
            ),
            expect("google meta", dong, "VND", money=1),
        ),
        case("semicolons", long_table(iso, spend(COMMA), revenue(COMMA), comma), BOTH, ";"),
        case("tabs", long_table(), BOTH, "\t"),
        case("spaces", long_table(iso, spend(EUROPE), revenue(EUROPE), comma), BOTH, ";"),
    ]


# How people's spreadsheets and databases write a day; each column holds days above the 12th.
# Summer time in Central Europe begins on 2025-03-30, so that the last midnight is at +02:00.
DAYS_AS: dict[str, Cell] = {
    "yyyymmdd": lambda row: f"{row.day:%Y%m%d}",
    "month-word-first": lambda row: f"{MONTHS[row.day.month - 1]} {row.day.day}, {row.day.year}",
    "day-first-word": lambda row: f"{row.day.day}-{MONTHS[row.day.month - 1]}-{row.day:%y}",
    "german": lambda row: f"{row.day:%d.%m.%Y}",
    "british": lambda row: f"{row.day:%d/%m/%Y}",
    "american-two-digits": lambda row: f"{row.day:%m/%d/%y}",
    "serial": lambda row: (row.day - SERIAL_ORIGIN).days,
    "midnight-with-zone": lambda row: f"{row.day}T00:00:00+0{1 + (row.day == DAYS[-1])}:00",
    "midnight": lambda row: f"{row.day} 00:00:00",
    "slashes-year-first": lambda row: f"{row.day:%Y/%m/%d}",
    "weekday": lambda row: (
        f"{row.day:%a}, {MONTHS[row.day.month - 1]} {row.day.day}, {row.day.year}"
    ),
}


def days() -> list[ExportCase]:
    """The same table in each notation of days."""
    return [
        ExportCase(f"generic-days-{label}", f"days {label}.csv", utf8(long_table(cell)), BOTH)
        for label, cell in DAYS_AS.items()
    ]


def containers() -> list[ExportCase]:
    """The same table in several containers and encodings, and with things around it."""
    table = long_table()
    text = utf8(table)
    indexed = [["", *table[0]], *([n, *cells] for n, cells in enumerate(table[1:]))]
    unnamed = [["Unnamed: 0", *table[0]], *indexed[1:]]
    titled = [["Marketing report"], ["Shoes Ltd", "Q1 2025"], [], *table]
    blanks = text + b"\r\n\r\n" + b",,,,,,,\r\n" * 3
    windows = text.decode().encode("cp1252")
    found = {
        "plain": ("export.csv", text),
        "gzip": ("export.csv.gz", gzipped(text)),
        "zip": ("export.zip", zipped({"export.csv": text})),
        "byte-order-mark": ("export.csv", b"\xef\xbb\xbf" + text),
        "cp1252": ("export.csv", windows),
        "blank-lines": ("export.csv", blanks),
        "title-block": ("export.csv", utf8(titled)),
        "unnamed-index": ("export.csv", utf8(indexed)),
        "named-index": ("export.csv", utf8(unnamed)),
        "unix-lines": ("export.csv", text.replace(b"\r\n", b"\n")),
        "text-suffix": ("export.txt", utf8(table, "\t")),
        "pipe": ("export.csv", utf8(table, "|")),
    }
    plain = {m: m for m in ("impressions", "clicks", "conversions", "revenue")}
    plain |= {"day": "date", "spend": "cost"}
    return [
        ExportCase(
            f"generic-{label}", file, content, BOTH, plain=plain if label == "plain" else None
        )
        for label, (file, content) in found.items()
    ]


def xlsx() -> ExportCase:
    """A workbook with true dates and numbers below a title."""
    platform = platform_of(("google", "meta"))
    table: list[list[Any]] = [["Channel report Q1"], [], ["Date", "Channel", "Campaign", "Cost"]]
    table[2] += ["Impressions", "Clicks", "Conversions", "Revenue"]
    for row in rows_by_day(("google", "meta")):
        numbers = [row.spend / 100, row.impressions, row.clicks]
        results = [row.conversions / 100, row.revenue / 100]
        table.append([row.day, platform(row), row.campaign.name, *numbers, *results])
    return ExportCase("generic-xlsx", "channels.xlsx", workbook(table, "Q1"), BOTH)


def grand_total() -> ExportCase:
    """A last row "Grand Total", and a subtotal per channel and day, both of a pivot table."""
    table = long_table()
    rows = rows_by_day(("google", "meta"))
    platform = platform_of(("google", "meta"))
    out = [table[0]]
    for day in dict.fromkeys(row.day for row in rows):
        for channel in ("google", "meta"):
            group = [row for row in rows if row.day == day and platform(row) == channel]
            out += grid([(h, c) for h, c in _columns(platform)], group)[1:]
            out.append([day.isoformat(), channel, "Total", *_sums(group)])
    out.append(["Grand Total", "", "", *_sums(rows)])
    return ExportCase("generic-subtotals", "pivot.csv", utf8(out), BOTH)


def _columns(platform: Cell) -> list[Column]:
    cells = (iso, platform, name, spend(), impressions(), clicks(), conversions(), revenue())
    return [("", cell) for cell in cells]


def _sums(rows: list[Row]) -> list[str]:
    sums = [sum(row[field] for row in rows) for field in range(2, 7)]
    decimals = (2, 0, 0, 2, 2)
    return [Locale("", ".").number(n, d) for n, d in zip(sums, decimals, strict=True)]


CASES = [
    four_platforms(),
    other_channels(),
    dbt(),
    channel_only(),
    *amounts(),
    *days(),
    *containers(),
    xlsx(),
    grand_total(),
]
