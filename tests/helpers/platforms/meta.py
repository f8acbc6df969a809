"""Exports of Meta Ads Manager, and of the Marketing API flattened to a table."""

from collections.abc import Callable
from typing import Any

from .market import ExportCase, Row, expect, rows_of, split_whole, total
from .writing import (
    COMMA,
    ENGLISH,
    Column,
    Locale,
    blank_zero,
    clicks,
    constant,
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

ROWS = rows_of("meta")


def _purchases(row: Row) -> str:
    return orders(row) if row.conversions else ""


def _value(locale: Locale | None = None) -> Callable[[Row], str]:
    cell = revenue(locale) if locale else revenue()
    return blank_zero(cell, lambda row: row.revenue)


def _roas(row: Row) -> str:
    """A dozen digits, as Meta writes ratios; blank without purchases."""
    return f"{row.revenue / row.spend:.12f}" if row.revenue and row.spend else ""


def _all_clicks(row: Row) -> str:
    """Clicks (all): reactions and link clicks; sums up, as clicks do."""
    return str(2 * row.clicks)


# Ads Manager > Reports > Export table data > .csv, breakdown by day. The file begins with the
# breakdowns and ends with the two reporting columns, both the day itself; nothing is written in
# a result that did not happen.
DAILY: list[Column] = [
    ("Campaign name", name),
    ("Day", iso),
    ("Campaign delivery", constant("active")),
    ("Results", _purchases),
    (
        "Result indicator",
        lambda row: "actions:offsite_conversion.fb_pixel_purchase" if row.conversions else "",
    ),
    ("Reach", lambda row: str(row.impressions * 4 // 5)),
    ("Frequency", constant("1.25")),
    ("Amount spent (EUR)", spend()),
    ("Impressions", impressions()),
    ("Clicks (all)", _all_clicks),
    ("Link clicks", clicks()),
    ("CTR (link click-through rate)", ctr()),
    ("Purchases", _purchases),
    ("Purchases conversion value", _value()),
    ("Purchase ROAS (return on ad spend)", _roas),
    ("Reporting starts", iso),
    ("Reporting ends", iso),
]


def daily() -> ExportCase:
    """Plain export; the amounts have a currency in the heading."""
    plain = {
        "day": "Day",
        "spend": "Amount spent (EUR)",
        "impressions": "Impressions",
        "clicks": "Link clicks",
        "conversions": "Purchases",
        "revenue": "Purchases conversion value",
    }
    return ExportCase(
        "meta-daily",
        "Untitled-report-Jan-1-2025-to-Mar-31-2025.csv",
        utf8(grid(DAILY, ROWS)),
        expect("meta", ROWS, "EUR"),
        plain=plain,
    )


OLDER: list[Column] = [
    ("Reporting starts", iso),
    ("Reporting ends", iso),
    ("Campaign name", name),
    ("Results", _purchases),
    ("Amount spent (USD)", spend()),
    ("Impressions", impressions()),
    ("Link clicks", clicks()),
]


def reporting_columns_only() -> ExportCase:
    """Older exports by day: no Day, both reporting columns in front; Results are all there is."""
    expected = expect("meta", ROWS, "USD", revenue=False)
    content = utf8(grid(OLDER, ROWS))
    return ExportCase("meta-reporting-starts", "My-Report.csv", content, expected)


def _sums(columns: list[Column], rows: list[Row], first: str) -> list[Any]:
    """Row of sums: `first` for its day, no campaign, and the whole period of the report."""
    text = {
        "Campaign name": "",
        "Day": first,
        "Campaign delivery": "",
        "Reporting starts": rows[0].day.isoformat(),
        "Reporting ends": rows[-1].day.isoformat(),
    }
    sums = total(rows)
    return [text.get(heading, cell(sums)) for heading, cell in columns]


def totals_first() -> list[ExportCase]:
    """Exports with a summary row: it comes first, and has neither campaign nor day."""
    table = grid(DAILY, ROWS)
    table.insert(1, _sums(DAILY, ROWS, ""))
    table[1][4] = ""  # the indicator
    older = grid(OLDER, ROWS)
    older.insert(1, _sums(OLDER, ROWS, ""))
    dollars = expect("meta", ROWS, "USD", revenue=False)
    return [
        ExportCase("meta-totals-first", "am.csv", utf8(table), expect("meta", ROWS, "EUR")),
        ExportCase("meta-totals-first-without-day", "My-Report.csv", utf8(older), dollars),
    ]


def day_all() -> ExportCase:
    """Pivot table export: a row "All" for each campaign before its days, sums of the others."""
    table = [[heading for heading, _ in DAILY]]
    for campaign in dict.fromkeys(row.campaign for row in ROWS):
        rows = [row for row in ROWS if row.campaign == campaign]
        table.append([campaign.name, *_sums(DAILY, rows, "All")[1:]])
        table += grid(DAILY, rows)[1:]
    return ExportCase("meta-day-all", "pivot.csv", utf8(table), expect("meta", ROWS, "EUR"))


def _by_parts(headings: tuple[str, ...], names: tuple[tuple[str, ...], ...]) -> list[list[Any]]:
    """The daily export, several rows per campaign and day."""
    columns = [c for c in DAILY if c[0] not in {"Results", "Result indicator", "Campaign delivery"}]
    table = [["Campaign name", *headings, *(h for h, _ in columns[1:])]]
    for row in ROWS:
        for labels, part in zip(names, split_whole(row, len(names)), strict=True):
            table.append([row.campaign.name, *labels, *(cell(part) for _, cell in columns[1:])])
    return table


def ad_sets() -> ExportCase:
    """Ad sets view by day."""
    names = (("Women 25-44",), ("Men 25-44",), ("LAL 1 %",))
    table = _by_parts(("Ad set name",), names)
    return ExportCase("meta-ad-sets", "Ad-sets.csv", utf8(table), expect("meta", ROWS, "EUR"))


def ads() -> ExportCase:
    """Ads view by day; names with line breaks and emoji."""
    names = (
        ("Women 25-44", "Video 15s 🎬", "120201"),
        ("Women 25-44", "Carousel\nsecond line", "120202"),
        ("LAL 1 %", 'Static "Sale", v2', "120203"),
    )
    table = _by_parts(("Ad set name", "Ad name", "Ad ID"), names)
    return ExportCase("meta-ads", "Ads.csv", utf8(table), expect("meta", ROWS, "EUR"))


def xlsx() -> ExportCase:
    """Export table data > .xlsx: days as text, numbers as numbers, empty results as no cell."""
    metrics = {
        "Amount spent (EUR)": lambda row: row.spend / 100,
        "Impressions": lambda row: row.impressions,
        "Link clicks": lambda row: row.clicks,
        "Purchases": lambda row: row.conversions // 100 or None,
        "Purchases conversion value": lambda row: row.revenue / 100 or None,
    }
    columns = [(h, metrics.get(h, cell)) for h, cell in DAILY if h not in {"Reach", "Results"}]
    content = workbook(grid(columns, ROWS), "Worksheet")
    return ExportCase("meta-xlsx", "report.xlsx", content, expect("meta", ROWS, "EUR"))


# Words of the interface in other languages, as a public importer verified them on exports: day,
# campaign, amount spent, impressions, link clicks, purchases (German: results), conversion value,
# both reporting columns. Ads Manager writes numbers with points in all languages.
WORDS = {
    "de": "Tag|Name der Kampagne|Ausgegebener Betrag (EUR)|Impressionen|Link-Klicks|Ergebnisse"
    "||Berichtsstart|Berichtsende",
    "es": "Día|Nombre de la campaña|Importe gastado (EUR)|Impresiones|Clics en el enlace|Compras"
    "|Valor de conversión de compras|Inicio del informe|Fin del informe",
    "fr": "Jour|Nom de la campagne|Montant dépensé (EUR)|Impressions|Clics sur un lien|Achats"
    "|Valeur de conversion des achats|Début des rapports|Fin des rapports",
}
FOREIGN = (iso, name, spend(), impressions(), clicks(), _purchases, _value(), iso, iso)


def _german_day(row: Row) -> str:
    return f"{row.day:%d.%m.%Y}"


def foreign(code: str, cells: tuple[Callable[[Row], str], ...] = FOREIGN) -> list[list[Any]]:
    """The daily export in another language."""
    words = WORDS[code].split("|")
    return grid([c for c in zip(words, cells, strict=True) if c[0]], ROWS)


def languages() -> list[ExportCase]:
    """The daily export in German, Spanish and French."""
    return [
        ExportCase(
            f"meta-{code}",
            f"bericht-{code}.csv",
            utf8(foreign(code)),
            expect("meta", ROWS, "EUR", revenue=code != "de"),
        )
        for code in WORDS
    ]


def german_resaved() -> ExportCase:
    """The German export, saved again by a German spreadsheet in Windows' code page."""
    day, cost = _german_day, spend(COMMA)
    cells = (day, name, cost, impressions(), clicks(), _purchases, _value(COMMA), day, day)
    content = utf8(foreign("de", cells), ";").decode().encode("cp1252")
    expected = expect("meta", ROWS, "EUR", revenue=False)
    return ExportCase("meta-de-cp1252", "Meta Bericht Q1.csv", content, expected)


def thousands() -> ExportCase:
    """Amounts pasted from the screen: a sign and thousands."""
    columns = [
        ("Day", iso),
        ("Campaign name", name),
        ("Amount spent", lambda row: "$" + spend(ENGLISH)(row)),
        ("Impressions", impressions(ENGLISH)),
        ("Link clicks", clicks(ENGLISH)),
        ("Website purchases", orders),
        ("Website purchases conversion value", lambda row: "$" + revenue(ENGLISH)(row)),
    ]
    expected = expect("meta", ROWS, "$|USD")
    return ExportCase("meta-signs", "fb ads daily.csv", utf8(grid(columns, ROWS)), expected)


def api() -> ExportCase:
    """Insights of the Marketing API, `actions` flattened to a column per action type."""
    columns: list[Column] = [
        ("date_start", iso),
        ("date_stop", iso),
        ("account_id", constant("act_1029384756")),
        ("account_currency", constant("GBP")),
        ("campaign_id", number_id),
        ("campaign_name", name),
        ("spend", spend()),
        ("impressions", impressions()),
        ("clicks", _all_clicks),
        ("inline_link_clicks", clicks()),
        ("actions:link_click", clicks()),
        ("actions:landing_page_view", lambda row: str(row.clicks * 4 // 5)),
        ("actions:offsite_conversion.fb_pixel_purchase", _purchases),
        ("action_values:offsite_conversion.fb_pixel_purchase", _value()),
    ]
    return ExportCase(
        "meta-api",
        "insights.csv",
        utf8(grid(columns, ROWS)),
        expect("meta", ROWS, "GBP"),
    )


CASES = [
    daily(),
    reporting_columns_only(),
    *totals_first(),
    day_all(),
    ad_sets(),
    ads(),
    xlsx(),
    *languages(),
    german_resaved(),
    thousands(),
    api(),
]
