"""Bytes of an export: encodings, archives and workbooks, written without the reader's code."""

import datetime
import gzip
import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from .export import Export

_SUFFIXES = {"": "", "gz": ".gz", "zip": ".zip"}
_EPOCH = datetime.date(1899, 12, 30)  # day 0 of spreadsheets
_ZIP_TIME = (2025, 1, 1, 0, 0, 0)  # archives of one seed are equal
_NAMESPACE = "http://schemas.openxmlformats.org"
_MAIN = f'xmlns="{_NAMESPACE}/spreadsheetml/2006/main"'
_RELATIONS = f"{_NAMESPACE}/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_NAMESPACE}/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_NAMESPACE}/package/2006/relationships">'
    f'<Relationship Id="a" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_RELATIONS}">'
    '<sheets><sheet name="Daily" sheetId="1" r:id="b"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_NAMESPACE}/package/2006/relationships">'
    f'<Relationship Id="b" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>",
    "xl/styles.xml": f'<styleSheet {_MAIN}><cellXfs count="2"><xf numFmtId="0"/>'
    '<xf numFmtId="14"/></cellXfs></styleSheet>',
}


def file_of(export: Export) -> tuple[str, bytes]:
    """Name and bytes of an export."""
    if export.packing == "xlsx":
        return f"{Path(export.name).stem}.xlsx", workbook(sheet_of(export))
    return export.name + _SUFFIXES[export.packing], packed(export, export.text())


def packed(export: Export, text: str) -> bytes:
    """Text in the encoding and packing of an export."""
    return pack(export.name, encoded(text, export.encoding), export.packing)


def encoded(text: str, encoding: str) -> bytes:
    """Bytes of text; UTF-16 with its byte order mark, UTF-8 if the encoding lacks a character."""
    if encoding == "utf-16-be":
        return b"\xfe\xff" + text.encode("utf-16-be")
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode("utf-8")


def pack(name: str, data: bytes, packing: str) -> bytes:
    """Bytes as they are, or as gz or zip."""
    if packing == "gz":
        return gzip.compress(data, mtime=0)
    return archive({name: data}) if packing == "zip" else data


def archive(members: dict[str, bytes]) -> bytes:
    """A zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, data)
    return stream.getvalue()


def workbook(sheet: str, before: str = "") -> bytes:
    """An xlsx file of one sheet.

    Args:
        sheet: content of its XML element `sheetData`.
        before: XML before its root.
    """
    content = f"{_HEAD}{before}<worksheet {_MAIN}><sheetData>{sheet}</sheetData></worksheet>"
    parts = {name: _HEAD + text for name, text in _PARTS.items()}
    parts["xl/worksheets/sheet1.xml"] = content
    return archive({name: text.encode() for name, text in parts.items()})


def sheet_of(export: Export) -> str:
    """Rows of a sheet in XML; numbers and days as spreadsheets keep them, all else as text."""
    typed = export.cells()
    first = len(export.titles) + 1
    values: list[list[object]] = [list(row) for row in typed]
    for index, row in enumerate(export.rows):
        for position, cell in enumerate(row):
            if isinstance(cell, str) or typed[first + index][position] == "":
                continue
            is_micros = export.micros and export.roles[position] == "cost"
            values[first + index][position] = (
                round(cell * 1e6) if is_micros and isinstance(cell, float) else cell
            )
    return "".join(_row_xml(number, row) for number, row in enumerate(values, 1))


def _row_xml(number: int, row: list[object]) -> str:
    cells = "".join(_cell_xml(f"{_letters(k)}{number}", v) for k, v in enumerate(row) if v != "")
    return f'<row r="{number}">{cells}</row>'


def _cell_xml(place: str, value: object) -> str:
    if isinstance(value, datetime.date):
        return f'<c r="{place}" s="1"><v>{(value - _EPOCH).days}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    text = escape(str(value))
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _letters(position: int) -> str:
    """Letters of a column, counted from 0: AB for 27."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
