"""Notations of cells, and files of several kinds, without any of the libraries that read them."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from .market import Row

Column = tuple[str, Callable[[Row], Any]]  # heading, cell of a row
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SERIAL_ORIGIN = date(1899, 12, 30)  # day 0 of spreadsheets


class Locale(NamedTuple):
    """How a language writes numbers."""

    group: str  # between thousands
    point: str  # before decimals

    def number(self, amount: int, decimals: int = 2) -> str:
        """`1.234,56` of 123456 hundredths; `decimals` says how many digits are decimals."""
        whole, rest = divmod(amount, 10**decimals)
        text = f"{whole:,}".replace(",", self.group)
        return text + (f"{self.point}{rest:0{decimals}}" if decimals else "")

    def percent(self, part: int, whole: int) -> str:
        """`2,10 %` without the space; 0 of nothing."""
        return self.number(round(10_000 * part / whole) if whole else 0) + "%"


PLAIN = Locale("", ".")
ENGLISH = Locale(",", ".")
GERMAN = Locale(".", ",")
FRENCH = Locale("\u202f", ",")
COMMA = Locale("", ",")


def iso(row: Row) -> str:
    """2025-01-31."""
    return row.day.isoformat()


def us_date(row: Row) -> str:
    """1/31/2025."""
    return f"{row.day.month}/{row.day.day}/{row.day.year}"


def name(row: Row) -> str:
    return row.campaign.name


def number_id(row: Row) -> str:
    return row.campaign.id


def constant(value: str) -> Callable[[Row], str]:
    """The same cell in every row."""
    return lambda _: value


def spend(locale: Locale = PLAIN, decimals: int = 2) -> Callable[[Row], str]:
    return lambda row: locale.number(row.spend, decimals)


def revenue(locale: Locale = PLAIN, decimals: int = 2) -> Callable[[Row], str]:
    return lambda row: locale.number(row.revenue, decimals)


def impressions(locale: Locale = PLAIN) -> Callable[[Row], str]:
    return lambda row: locale.number(row.impressions, 0)


def clicks(locale: Locale = PLAIN) -> Callable[[Row], str]:
    return lambda row: locale.number(row.clicks, 0)


def conversions(locale: Locale = PLAIN) -> Callable[[Row], str]:
    """With two decimals."""
    return lambda row: locale.number(row.conversions, 2)


def orders(row: Row) -> str:
    """Conversions as whole numbers."""
    return str(row.conversions // 100)


def ctr(locale: Locale = PLAIN) -> Callable[[Row], str]:
    return lambda row: locale.percent(row.clicks, row.impressions)


def cpc(locale: Locale = PLAIN, decimals: int = 2) -> Callable[[Row], str]:
    return lambda row: locale.number(round(row.spend / row.clicks) if row.clicks else 0, decimals)


def blank_zero(cell: Callable[[Row], str], zero: Callable[[Row], int]) -> Callable[[Row], str]:
    """An empty cell where `zero` is 0, as Meta writes results."""
    return lambda row: cell(row) if zero(row) else ""


def grid(columns: Sequence[Column], rows: Iterable[Row]) -> list[list[Any]]:
    """Headings and cells."""
    cells = [[cell(row) for _, cell in columns] for row in rows]
    return [[heading for heading, _ in columns], *cells]


def totals_row(
    columns: Sequence[Column], row: Row, label: str, blank: str, texts: int
) -> list[Any]:
    """A totals row: a label, `blank` in the other leading columns of text, then the sums."""
    return [label, *[blank] * (texts - 1), *(cell(row) for _, cell in columns[texts:])]


def text_of(table: Iterable[Sequence[Any]], separator: str = ",", *, quoted: bool = False) -> str:
    """A table as CSV; lines end in CRLF, an empty row is an empty line."""
    stream = io.StringIO()
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(stream, delimiter=separator, quoting=quoting)
    for cells in table:
        if cells:
            writer.writerow(cells)
        else:
            stream.write("\r\n")
    return stream.getvalue()


def utf8(table: Iterable[Sequence[Any]], separator: str = ",", *, quoted: bool = False) -> bytes:
    return text_of(table, separator, quoted=quoted).encode()


def utf16(table: Iterable[Sequence[Any]]) -> bytes:
    """UTF-16 with its mark, little endian, tabs: what Google and LinkedIn call "Excel .csv"."""
    return b"\xff\xfe" + text_of(table, "\t").encode("utf-16-le")


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip archive; the times in it are fixed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in files.items():
            archive.writestr(zipfile.ZipInfo(file, (2025, 4, 1, 9, 30, 0)), content)
    return stream.getvalue()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(table: Iterable[Sequence[Any]], sheet: str = "Sheet1") -> bytes:
    """A workbook of one sheet; dates are day numbers with a date format, texts are inline."""
    lines = []
    for r, cells in enumerate(table, 1):
        found = "".join(_cell(f"{_letters(c)}{r}", value) for c, value in enumerate(cells))
        lines.append(f'<row r="{r}">{found}</row>')
    types = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{SHEET_TYPE}.{kind}+xml"/>'
        for part, kind in (
            ("workbook", "sheet.main"),
            ("worksheets/sheet1", "worksheet"),
            ("styles", "styles"),
        )
    )
    rels = f'<Relationships xmlns="{PACKAGE}/relationships">'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>',
        "_rels/.rels": f'{rels}<Relationship Id="rId1" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'{rels}<Relationship Id="rId1" Type="{OFFICE}/worksheet" '
        f'Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{OFFICE}/styles" '
        'Target="styles.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/styles.xml": STYLES,
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}'
        "</sheetData></worksheet>",
    }
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return zipped({part: (head + xml).encode() for part, xml in parts.items()})


STYLES = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font>'
    '</fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" '
    'fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" '
    'fillId="0" borderId="0" xfId="0"/><xf numFmtId="14" fontId="0" fillId="0" borderId="0" '
    'xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


def _cell(place: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, date):
        return f'<c r="{place}" s="1"><v>{(value - SERIAL_ORIGIN).days}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    text = escape(str(value))
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _letters(column: int) -> str:
    """Column A is 0."""
    first, last = divmod(column, 26)
    return (chr(64 + first) if first else "") + chr(65 + last)
