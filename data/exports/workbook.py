"""Cells of a spreadsheet workbook (xlsx) as text."""

import datetime
import html
import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from ..errors import data_error, shown
from .content import (
    UNPACKING_ERRORS,
    damaged,
    member_bytes,
    refuse_unpacked_size,
    zip_members,
)

_MAX_CELLS = 40_000_000  # of a sheet's rectangle, blank ones included, which is held as a whole
_ROW = re.compile(rb"row[^>]{0,200}?\sr=[\"'](\d+)")
_WIDE = re.compile(rb"\sr=[\"']([A-Z]{2,3})\d")  # columns from AA
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*[^/])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb"\br=[\"']([A-Z]+)(\d+)")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]+)")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^>]*>([^<]*)")
_MAX_ROW_BYTES = 100_000_000
_MAX_EXACT = 2**53  # integers up to this are exact in a spreadsheet
_Overlay = dict[tuple[int, int], str]  # (row, column), from 1 -> text
_Cell = str | int | float | bool | datetime.date | datetime.time | datetime.timedelta


class SheetCells(NamedTuple):
    """Cells of one sheet."""

    name: str  # "book.xlsx, sheet Daily"
    rows: list[list[str]]  # rows that hold anything, trimmed
    lines: list[int]  # row of the spreadsheet of each
    notes: tuple[str, ...]


def workbook_sheets(file: str, data: bytes) -> list[SheetCells]:
    """All sheets of a workbook that hold a table, hidden ones included.

    Args:
        file: name, for messages.
        data: content of the file.

    Raises:
        DataError: the workbook is damaged or too large, or no sheet holds a table.
    """
    sheets, without_table = [], []
    for metadata, cells in _read(file, data):
        name = f"{file}, sheet {metadata.name}"
        rows, lines = _filled_rows(cells)
        if sum(sum(map(bool, row)) > 1 for row in rows) < 2:
            without_table.append(metadata.name)
            continue
        hidden = metadata.visible != SheetVisibleEnum.Visible
        notes = (f"{name}: the sheet is hidden; read all the same.",) if hidden else ()
        sheets.append(SheetCells(name, rows, lines, notes))
    if not sheets:
        raise data_error(
            file,
            f"none of its {len(without_table)} sheets holds a table",
            "a sheet with a header and at least one row of data",
            "save the workbook again with the export in it, or export as CSV",
        )
    if without_table:
        names = ", ".join(map(shown, without_table))
        note = f"{file}: no table in sheet {names}; not read."
        sheets[0] = sheets[0]._replace(notes=(note, *sheets[0].notes))
    return sheets


def _scan(file: str, data: bytes) -> dict[str, _Overlay]:
    """Cells of each part that the library reads as blank; before it takes memory for anything.

    Raises:
        DataError: the workbook is damaged or too large.
    """
    size = 0
    overlays: dict[str, _Overlay] = {}
    for member in zip_members(file, data):
        rows, columns, tail = 0, 26, b""
        is_sheet = member.filename.startswith("xl/worksheets/")
        overlay = overlays.setdefault(member.filename, {})
        for part in member_bytes(file, data, member):
            size += len(part)
            refuse_unpacked_size(file, size)
            if not is_sheet:
                continue
            text, _, tail = (tail + part).rpartition(b"row>")
            if len(tail) > _MAX_ROW_BYTES:
                raise damaged(file, ValueError("a row without end"))
            rows = max(rows, max(map(int, _ROW.findall(text)), default=0))
            columns = max(columns, max(map(_column_number, set(_WIDE.findall(text))), default=0))
            if b't="e"' in text or _FORMULA.search(text):
                overlay.update(_unread_cells(text))
        if rows * columns > _MAX_CELLS:
            raise data_error(
                file,
                f"a sheet of {rows:,} rows and up to {columns:,} columns",
                f"at most {_MAX_CELLS:,} cells in a sheet, blank ones included",
                "delete what lies far from the table, or save the sheet as CSV UTF-8",
            )
    return overlays


def _unread_cells(text: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    """Row, column and text of errors (#REF!) and of formulas that were saved without a value."""
    for attributes, inner in _CELL.findall(text):
        place = _PLACE.search(attributes)
        value, formula = _VALUE.search(inner), _FORMULA.search(inner)
        if place is None:
            continue
        where = (int(place.group(2)), _column_number(place.group(1)))
        if b't="e"' in attributes:
            yield where, (value.group(1) if value else b"#ERROR!").decode("utf-8", "replace")
        elif formula and value is None and b't="str"' not in attributes:
            yield where, "=" + html.unescape(formula.group(1).decode("utf-8", "replace"))


def _column_number(letters: bytes) -> int:
    """Position of a column, counted from 1: 28 for AB."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number


def _read(file: str, data: bytes) -> Iterator[tuple[SheetMetadata, list[list[str]]]]:
    """Text of the cells of each worksheet, from its first row.

    Raises:
        DataError: the workbook is damaged or too large.
    """
    overlays = _scan(file, data)
    try:
        parts = _sheet_parts(data)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for metadata in workbook.sheets_metadata:
            if metadata.typ == SheetTypeEnum.WorkSheet:
                sheet = workbook.get_sheet_by_name(metadata.name)
                yield metadata, _rows(sheet, overlays[parts[metadata.name]])
    except (CalamineError, ElementTree.ParseError, *UNPACKING_ERRORS) as error:
        raise damaged(file, error) from error
    except BaseException as error:  # a panic of the library is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise damaged(file, error) from error


def _sheet_parts(data: bytes) -> dict[str, str]:
    """Name within the archive of each sheet's cells."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        book, relations = (
            ElementTree.fromstring(archive.read(name))  # noqa: S314
            for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
        )
    targets = {
        node.attrib["Id"]: posixpath.normpath(posixpath.join("/xl", node.attrib["Target"]))[1:]
        for node in relations
    }
    sheets = (node for node in book.iter() if node.tag.endswith("}sheet"))
    return {
        node.attrib["name"]: targets[
            next((v for k, v in node.attrib.items() if k.endswith("}id")), "")
        ]
        for node in sheets
    }


def _rows(sheet: CalamineSheet, overlay: _Overlay) -> list[list[str]]:
    """Rows of a sheet as text, from row 1."""
    first_column = sheet.start[1] if sheet.start is not None else 0
    rows = [list(map(_text, cells)) for cells in sheet.iter_rows()] if sheet.start else []
    for (line, column), text in overlay.items():
        rows += [[] for _ in range(line - len(rows))]
        row = rows[line - 1]
        position = column - 1 - first_column
        if position < 0:
            raise ValueError("a formula without a value left of the table")
        row += [""] * (position + 1 - len(row))
        row[position] = row[position] or text
    return rows


def _filled_rows(rows: list[list[str]]) -> tuple[list[list[str]], list[int]]:
    """Rows that hold anything, and their positions."""
    lines = [line for line, row in enumerate(rows, 1) if any(row)]
    return [rows[line - 1] for line in lines], lines


def _text(cell: _Cell) -> str:
    """Text of a cell: ISO dates, shortest numbers, TRUE and FALSE."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ") if cell.time() != datetime.time() else cell.date().isoformat()
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    seconds = round(cell.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _number(value: float) -> str:
    """Shortest text of a number, without an exponent."""
    if value.is_integer() and abs(value) <= _MAX_EXACT:
        return str(int(value))
    return np.format_float_positional(value, trim="-")
