"""What spreadsheets, regions and operating systems do to a table: signs, groups, extra lines."""

from collections.abc import Callable

from .generic import BOTH, long_table, rows_by_day
from .market import ExportCase, Row, expect, rows_of
from .writing import (
    COMMA,
    ENGLISH,
    GERMAN,
    Column,
    Locale,
    clicks,
    conversions,
    grid,
    impressions,
    iso,
    name,
    orders,
    spend,
    text_of,
    utf8,
    zipped,
)

ROWS = rows_by_day(("google", "meta"))
META = rows_of("meta")
SWISS = Locale("'", ".")


def lakh(amount: int) -> str:
    """Indian groups: three digits, then two and two, as 1,23,456.78."""
    whole, paise = divmod(amount, 100)
    front, last = str(whole)[:-3], str(whole)[-3:]
    pairs = []
    while front:
        pairs.insert(0, front[-2:])
        front = front[:-2]
    return f"{','.join([*pairs, last])}.{paise:02}"


# Written amount of hundredths, decimals of the other columns, currencies that it may mean.
SIGNS: dict[str, tuple[Callable[[int], str], Locale, str]] = {
    "euro-behind": (lambda n: GERMAN.number(n) + " €", COMMA, "EUR"),
    "euro-no-break": (lambda n: GERMAN.number(n) + "\u00a0€", COMMA, "EUR"),
    "pounds": (lambda n: "£" + ENGLISH.number(n), Locale("", "."), "GBP"),
    "us-dollars": (lambda n: "US$" + ENGLISH.number(n), Locale("", "."), "USD"),
    "reais": (lambda n: "R$ " + GERMAN.number(n), COMMA, "BRL"),
    "rupees-in-lakhs": (lambda n: "₹" + lakh(25 * n), Locale("", "."), "INR"),
    "francs": (lambda n: "CHF " + SWISS.number(n), Locale("", "."), "CHF"),
    "code-behind": (lambda n: ENGLISH.number(n) + " AUD", Locale("", "."), "AUD"),
    "won": (lambda n: "₩" + ENGLISH.number(n, 0), Locale("", "."), "KRW"),
}
SCALES = {"rupees-in-lakhs": 25}
WHOLE = {"won"}  # signs of currencies without decimals


def _money(write: Callable[[int], str], field: str) -> Callable[[Row], str]:
    return lambda row: write(getattr(row, field))


def signs() -> list[ExportCase]:
    """Amounts as spreadsheets of several countries format them."""
    found = []
    for label, (write, locale, currency) in SIGNS.items():
        table = long_table(
            iso, _money(write, "spend"), _money(write, "revenue"), conversions(locale)
        )
        rows = rows_by_day(("google", "meta"), SCALES.get(label, 1))
        money = 1 if label in WHOLE else 100
        expected = expect("google meta", rows, currency, money=money)
        found.append(ExportCase(f"sheet-{label}", f"{label}.csv", utf8(table), expected))
    return found


def around() -> list[ExportCase]:
    """Things that programs add around a table."""
    table = long_table()
    text = utf8(table)
    shouted = [[f" {heading.upper()} " for heading in table[0]], *table[1:]]
    trailing = [[*cells, ""] for cells in table]
    thin = [[*cells, *([""] * 3)] for cells in table]
    found = {
        "separator-line": b"sep=,\r\n" + text,
        "separator-line-semicolon": b"sep=;\r\n" + utf8(table, ";"),
        "trailing-comma": utf8(trailing),
        "empty-columns": utf8(thin),
        "shouted-headings": utf8(shouted),
        "all-quoted": utf8(table, quoted=True),
        "old-mac-lines": text.replace(b"\r\n", b"\r"),
        "blank-lines-between": text_of(table).replace("\r\n", "\r\n\r\n").encode(),
        "reversed": utf8([table[0], *reversed(table[1:])]),
        "utf-16-big-endian": b"\xfe\xff" + text_of(table, "\t").encode("utf-16-be"),
    }
    mac = zipped({"export.csv": text, "__MACOSX/._export.csv": b"\x00\x05\x16\x07\x00\x02Mac"})
    return [
        ExportCase("sheet-zip-of-a-mac", "export.zip", mac, BOTH),
        *(ExportCase(f"sheet-{n}", "export.csv", content, BOTH) for n, content in found.items()),
    ]


# Ads Manager in Japanese and in Brazilian Portuguese: headings as a public importer verified them.
MORE_WORDS = {
    "ja": (
        "レポート開始日|レポート終了日|キャンペーン名|結果|消化金額 (JPY)|インプレッション",
        "JPY",
    ),
    "pt": (
        "Início dos relatórios|Término dos relatórios|Nome da campanha|Resultados"
        "|Valor usado (BRL)|Impressões",
        "BRL",
    ),
}


def meta_languages() -> list[ExportCase]:
    """By day, without clicks."""
    found = []
    for code, (words, currency) in MORE_WORDS.items():
        decimals = 0 if currency == "JPY" else 2
        cells = (iso, iso, name, orders, spend(decimals=decimals), impressions())
        columns: list[Column] = list(zip(words.split("|"), cells, strict=True))
        if code == "ja":
            columns.append(("リンクのクリック", clicks()))
        else:
            columns.append(("Cliques no link", clicks()))
        expected = expect("meta", META, currency, money=10**decimals, revenue=False)
        content = utf8(grid(columns, META))
        found.append(ExportCase(f"meta-{code}", f"{code}.csv", content, expected))
    return found


CASES = [*signs(), *around(), *meta_languages()]
