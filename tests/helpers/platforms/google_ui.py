"""Exports of the web interface of Google Ads, in seven languages."""

from typing import Any, NamedTuple

from .market import ExportCase, Row, expect, rows_of, split, total
from .writing import (
    COMMA,
    ENGLISH,
    FRENCH,
    GERMAN,
    Column,
    Locale,
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
    totals_row,
    utf8,
    utf16,
    workbook,
)

TYPE_NAMES = {"SEARCH": "Search", "PERFORMANCE_MAX": "Performance Max"}
ROWS = rows_of("google")


class Language(NamedTuple):
    """Words of one language of the interface."""

    code: str
    title: str
    period: str
    headings: str  # day to conversion value; apart by bars
    types: tuple[str, str]  # Search, Performance Max
    totals: tuple[str, str, str]  # account, Search, Performance Max
    locale: Locale
    currency: str
    scale: int = 1  # of money, for currencies of small units
    decimals: int = 2  # of money


# Headings of the Campaigns view, segmented by day, then Download > .csv: title, period, table,
# totals rows with " --" where a sum has no sense. English, French, German and Spanish as in the
# fixtures and parsers of public importers; Japanese and Indonesian words as in public parsers of
# Japanese and Indonesian agencies; Portuguese as in Brazilian ones. Days are ISO in all languages.
LANGUAGES = (
    Language(
        "en",
        "Campaign report",
        "January 1, 2025 - March 31, 2025",
        "Day|Campaign|Campaign type|Currency code|Cost|Impr.|Clicks|CTR|Avg. CPC|Conversions"
        "|Conv. value",
        ("Search", "Performance Max"),
        ("Total: Account", "Total: Search", "Total: Performance Max"),
        ENGLISH,
        "USD",
    ),
    Language(
        "de",
        "Kampagnenbericht",
        "1. Januar 2025 - 31. März 2025",
        "Tag|Kampagne|Kampagnentyp|Währungscode|Kosten|Impr.|Klicks|CTR|Durchschn. CPC"
        "|Conversions|Conv.-Wert",
        ("Suche", "Performance Max"),
        ("Gesamt: Konto", "Gesamt: Suche", "Gesamt: Performance Max"),
        GERMAN,
        "EUR",
    ),
    Language(
        "es",
        "Informe de campañas",
        "1 de enero de 2025 - 31 de marzo de 2025",
        "Día|Campaña|Tipo de campaña|Código de moneda|Coste|Impr.|Clics|CTR|CPC medio"
        "|Conversiones|Valor de conv.",
        ("Búsqueda", "Máximo rendimiento"),
        ("Total: Cuenta", "Total: Búsqueda", "Total: Máximo rendimiento"),
        GERMAN,
        "EUR",
    ),
    Language(
        "fr",
        "Rapport sur les campagnes",
        "1 janv. 2025 - 31 mars 2025",
        "Jour|Campagne|Type de campagne|Code de la devise|Coût|Impr.|Clics|CTR|CPC moy."
        "|Conversions|Valeur de conv.",
        ("Réseau de Recherche", "Performance Max"),
        ("Total : compte", "Total : Réseau de Recherche", "Total : Performance Max"),
        FRENCH,
        "EUR",
    ),
    Language(
        "pt",
        "Relatório de campanhas",
        "1 de janeiro de 2025 - 31 de março de 2025",
        "Dia|Campanha|Tipo de campanha|Código da moeda|Custo|Impr.|Cliques|CTR|CPC méd."
        "|Conversões|Valor da conv.",
        ("Pesquisa", "Performance Max"),
        ("Total: Conta", "Total: Pesquisa", "Total: Performance Max"),
        GERMAN,
        "BRL",
    ),
    Language(
        "ja",
        "キャンペーン レポート",
        "2025年1月1日 - 2025年3月31日",
        "日|キャンペーン|キャンペーン タイプ|通貨コード|費用|表示回数|クリック数|クリック率"
        "|平均クリック単価|コンバージョン|コンバージョン値",
        ("検索", "P-MAX"),
        ("合計: アカウント", "合計: 検索", "合計: P-MAX"),
        ENGLISH,
        "JPY",
        1,
        0,
    ),
    Language(
        "id",
        "Laporan kampanye",
        "1 Januari 2025 - 31 Maret 2025",
        "Hari|Kampanye|Jenis kampanye|Kode mata uang|Biaya|Tayangan|Klik|RKT|BPK Rata-Rata"
        "|Konversi|Nilai konversi",
        ("Penelusuran", "Performance Max"),
        ("Total: Akun", "Total: Penelusuran", "Total: Performance Max"),
        GERMAN,
        "IDR",
        160,
        2,
    ),
)


def columns_of(language: Language) -> list[Column]:
    """Columns of the Campaigns view."""
    where, decimals = language.locale, language.decimals
    search, performance = language.types
    cells = (
        iso,
        name,
        lambda row: search if row.campaign.type == "SEARCH" else performance,
        constant(language.currency),
        spend(where, decimals),
        impressions(where),
        clicks(where),
        ctr(where),
        cpc(where, decimals),
        conversions(where),
        revenue(where, decimals),
    )
    return list(zip(language.headings.split("|"), cells, strict=True))


def report(
    language: Language, rows: list[Row], *, period: str = "", totals: bool = True
) -> list[list[Any]]:
    """Title, period, table and totals."""
    columns = columns_of(language)
    table = [[language.title], [period or language.period], *grid(columns, rows)]
    if totals:
        groups = (
            rows,
            [row for row in rows if row.campaign.type == "SEARCH"],
            [row for row in rows if row.campaign.type != "SEARCH"],
        )
        table += [
            totals_row(columns, total(group), label, " --", 3)
            for label, group in zip(language.totals, groups, strict=True)
        ]
    return table


def interface(language: Language) -> ExportCase:
    """The .csv of one language."""
    rows = rows_of("google", language.scale)
    money = 10**language.decimals
    return ExportCase(
        f"google-ui-{language.code}",
        f"{language.title}.csv",
        utf8(report(language, rows)),
        expect("google", rows, language.currency, money=money),
    )


ENGLISH_UI = LANGUAGES[0]


def excel_csv() -> ExportCase:
    """Download > "Excel .csv": the same in UTF-16 with tabs."""
    return ExportCase(
        "google-ui-excel-csv",
        "Campaign report (1).csv",
        utf16(report(ENGLISH_UI, ROWS)),
        expect("google", ROWS, "USD"),
    )


def german_resaved() -> ExportCase:
    """The German report after a German spreadsheet saved it: semicolons, dd.mm.yyyy, no title."""
    cells = (
        lambda row: f"{row.day:%d.%m.%Y}",
        *(cell for _, cell in columns_of(LANGUAGES[1])[1:4]),
        spend(COMMA),
        impressions(),
        clicks(),
        conversions(COMMA),
        revenue(COMMA),
    )
    words = [w for w in LANGUAGES[1].headings.split("|") if w not in {"CTR", "Durchschn. CPC"}]
    german = list(zip(words, cells, strict=True))
    content = utf8(grid(german, ROWS), ";")
    return ExportCase(
        "google-ui-de-semicolon", "Kampagnenbericht.csv", content, expect("google", ROWS, "EUR")
    )


def no_type() -> ExportCase:
    """The view without campaign type and currency, plain: columns are the user's choice."""
    columns: list[Column] = [
        ("Day", iso),
        ("Campaign", name),
        ("Campaign ID", number_id),
        ("Cost", spend()),
        ("Impr.", impressions()),
        ("Clicks", clicks()),
        ("Conversions", conversions()),
        ("Conv. value", revenue()),
    ]
    plain = {
        "day": "Day",
        "spend": "Cost",
        "impressions": "Impr.",
        "clicks": "Clicks",
        "conversions": "Conversions",
        "revenue": "Conv. value",
    }
    return ExportCase(
        "google-ui-without-type",
        "google_campaigns.csv",
        utf8(grid(columns, ROWS)),
        expect("google", ROWS),
        plain=plain,
    )


def _with_part(heading: str, parts: tuple[str, ...], title: str) -> list[list[Any]]:
    """The English report, a row per part of each campaign."""
    columns = columns_of(ENGLISH_UI)
    table: list[list[Any]] = [[title], [ENGLISH_UI.period]]
    table.append([h for h, _ in columns[:2]] + [heading] + [h for h, _ in columns[2:]])
    for row in ROWS:
        for part, share in zip(parts, split(row, len(parts)), strict=True):
            cells = [cell(share) for _, cell in columns]
            table.append([*cells[:2], part, *cells[2:]])
    sums = [cell(total(ROWS)) for _, cell in columns]
    table.append(["Total: Account", " --", " --", " --", *sums[3:]])
    return table


def ad_groups() -> ExportCase:
    """Ad groups view by day: several rows per campaign and day."""
    table = _with_part("Ad group", ("Core", "Long tail", "Competitors"), "Ad group report")
    return ExportCase(
        "google-ui-ad-groups", "Ad group report.csv", utf8(table), expect("google", ROWS, "USD")
    )


def keywords() -> ExportCase:
    """Search keywords view by day; phrase matches are in quotes, exact ones in brackets."""
    words = ('"running shoes"', "[trail shoes, men]", "+cheap +shoes", "=shoes")
    table = _with_part("Search keyword", words, "Search keyword report")
    return ExportCase(
        "google-ui-keywords",
        "Search keyword report.csv",
        utf8(table),
        expect("google", ROWS, "USD"),
    )


def devices() -> ExportCase:
    """By day and device, with a row of all devices per campaign and day (a pivot of the report)."""
    columns = columns_of(ENGLISH_UI)
    table = [["Day", "Campaign", "Device", *(h for h, _ in columns[2:])]]
    names = ("Mobile phones", "Computers", "Tablets")
    for row in ROWS:
        parts = zip((*names, "All devices"), (*split(row, 3), row), strict=True)
        for device, part in parts:
            cells = [cell(part) for _, cell in columns]
            table.append([*cells[:2], device, *cells[2:]])
    return ExportCase(
        "google-devices-with-all",
        "campaigns by device.csv",
        utf8(table),
        expect("google", ROWS, "USD"),
    )


def xlsx() -> ExportCase:
    """Download > .xlsx: the titles above, true dates and numbers in the cells."""
    columns = columns_of(ENGLISH_UI)
    table: list[list[Any]] = [["Campaign report"], [ENGLISH_UI.period], [h for h, _ in columns]]
    for row in (*ROWS, total(ROWS)):
        label = TYPE_NAMES[row.campaign.type]
        rate = row.clicks / row.impressions if row.impressions else 0
        cost, value = row.spend / 100, row.revenue / 100
        price = round(cost / row.clicks, 2) if row.clicks else 0
        numbers = [cost, row.impressions, row.clicks, rate, price, row.conversions / 100, value]
        table.append([row.day, row.campaign.name, label, "USD", *numbers])
    table[-1][:3] = ["Total: Account", " --", " --"]
    return ExportCase(
        "google-ui-xlsx",
        "Campaign report.xlsx",
        workbook(table, "Campaign report"),
        expect("google", ROWS, "USD"),
    )


CASES = [
    *(interface(language) for language in LANGUAGES),
    excel_csv(),
    german_resaved(),
    no_type(),
    ad_groups(),
    keywords(),
    devices(),
    xlsx(),
]
