"""Cells of a spreadsheet workbook (xlsx) as text, read as a stream within bounds."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from xml.parsers import expat

from ..errors import data_error, shown
from .content import UNPACKING_ERRORS, damaged, member_bytes, refuse_unpacked_size, zip_members
from .worksheet import Book, SheetReader, refuse_doctype

_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}  # built in
_ELAPSED_FORMAT = 46  # built in, [h]:mm:ss
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_DAYS_TO_1904 = 1_462
_NO_BOOK = Book([], [], 0)
_XML_ERRORS = (expat.ExpatError, *UNPACKING_ERRORS)
_Start = Callable[[str, dict[str, str]], None]
_End = Callable[[str, str], None]


class SheetCells(NamedTuple):
    """Cells of one sheet."""

    name: str  # "book.xlsx, sheet Daily"
    rows: list[list[str]]  # rows that hold anything, trimmed, of equal length
    lines: list[int]  # row of the spreadsheet of each
    notes: tuple[str, ...]


class _Member(NamedTuple):
    """One sheet as the workbook lists it."""

    name: str
    is_hidden: bool
    part: str  # name within the archive


def workbook_sheets(file: str, data: bytes) -> list[SheetCells]:
    """All sheets of a workbook that hold a table, hidden ones included.

    Args:
        file: name, for messages.
        data: content of the file.

    Raises:
        DataError: the workbook is damaged or too large, or no sheet holds a table.
    """
    try:
        tables = list(_tables(file, data))
    except _XML_ERRORS as error:
        raise damaged(file, error) from error
    sheets = [t for t in tables if sum(sum(map(bool, row)) > 1 for row in t.rows) > 1]
    without_table = [t.name.removeprefix(f"{file}, sheet ") for t in tables if t not in sheets]
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


def _tables(file: str, data: bytes) -> Iterator[SheetCells]:
    """Cells of every worksheet."""
    members = {member.filename: member for member in zip_members(file, data)}
    refuse_unpacked_size(file, sum(member.file_size for member in members.values()))

    def part(name: str) -> Iterable[bytes]:
        return member_bytes(file, data, members[name]) if name in members else ()

    listed, is_1904 = _listed_sheets(part)
    for sheet in listed:  # before the texts of all cells are made
        SheetReader(f"{file}, sheet {sheet.name}", _NO_BOOK).refuse_tall(part(sheet.part))
    strings = _shared_strings(part("xl/sharedStrings.xml"))
    book = Book(strings, _style_kinds(part("xl/styles.xml")), _DAYS_TO_1904 if is_1904 else 0)
    for sheet in listed:
        if "worksheets/" not in sheet.part:
            continue  # a chart
        name = f"{file}, sheet {sheet.name}"
        reader = SheetReader(name, book)
        reader.read(part(sheet.part))
        notes = (f"{name}: the sheet is hidden; read all the same.",) if sheet.is_hidden else ()
        yield SheetCells(name, _rectangle(reader.rows), reader.lines, notes)


def _rectangle(rows: list[list[str]]) -> list[list[str]]:
    """Rows of equal length, without the blank columns before them."""
    first = min((next(k for k, cell in enumerate(row) if cell) for row in rows), default=0)
    width = max(map(len, rows), default=0)
    return [[*row[first:], *[""] * (width - len(row))] for row in rows]


def _parse(parts: Iterable[bytes], start: _Start, end: _End | None = None) -> None:
    """Calls `start(tag, attributes)` and `end(tag, text)` for the elements of an XML document.

    Tags are without prefix. The text is what follows the last start or end.
    """
    parser = expat.ParserCreate()
    text: list[str] = []

    def started(tag: str, attributes: dict[str, str]) -> None:
        text.clear()
        start(tag[tag.find(":") + 1 :], attributes)

    def ended(tag: str) -> None:
        if end is not None:
            end(tag[tag.find(":") + 1 :], "".join(text))
        text.clear()

    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.CharacterDataHandler = text.append
    parser.StartDoctypeDeclHandler = refuse_doctype
    is_empty = True
    for part in parts:
        is_empty = False
        parser.Parse(part, False)
    if not is_empty:
        parser.Parse(b"", True)


def _listed_sheets(part: Callable[[str], Iterable[bytes]]) -> tuple[list[_Member], bool]:
    """Sheets of the workbook in its order, and True if its days count from 1904."""
    targets: dict[str, str] = {}
    sheets: list[_Member] = []
    is_1904 = False

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            path = posixpath.join("/xl", attributes["Target"])
            targets[attributes["Id"]] = posixpath.normpath(path).lstrip("/")

    def element(tag: str, attributes: dict[str, str]) -> None:
        nonlocal is_1904
        if tag == "workbookPr":
            is_1904 = attributes.get("date1904", "0") in ("1", "true")
        if tag == "sheet":
            identity = next((v for k, v in attributes.items() if k.endswith(":id")), "")
            hidden = attributes.get("state", "visible") != "visible"
            sheets.append(_Member(attributes["name"], hidden, targets[identity]))

    _parse(part("xl/_rels/workbook.xml.rels"), relation)
    _parse(part("xl/workbook.xml"), element)
    return sheets, is_1904


def _shared_strings(parts: Iterable[bytes]) -> list[str]:
    """Trimmed texts that cells refer to by number; without phonetic guides."""
    strings: list[str] = []
    runs: list[str] = []
    in_guide = False

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal in_guide
        if tag == "si":
            runs.clear()
        elif tag == "rPh":
            in_guide = True

    def end(tag: str, text: str) -> None:
        nonlocal in_guide
        if tag == "t" and not in_guide:
            runs.append(text)
        elif tag == "rPh":
            in_guide = False
        elif tag == "si":
            strings.append("".join(runs).strip())

    _parse(parts, start, end)
    return strings


def _style_kinds(parts: Iterable[bytes]) -> list[str]:
    """Kind of number of each style: number, date or elapsed."""
    codes: dict[int, str] = {}
    kinds: list[str] = []
    in_cells = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal in_cells
        if tag == "numFmt":
            codes[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif tag == "cellXfs":
            in_cells = True
        elif tag == "xf" and in_cells:
            number = int(attributes.get("numFmtId", "0"))
            kinds.append(_kind(number, codes.get(number, "")))

    def end(tag: str, _: str) -> None:
        nonlocal in_cells
        in_cells = in_cells and tag != "cellXfs"

    _parse(parts, start, end)
    return kinds


def _kind(number: int, code: str) -> str:
    """Kind of the numbers of a format, by its number and, of a custom one, its code."""
    if not code:
        if number == _ELAPSED_FORMAT:
            return "elapsed"
        return "date" if number in _DATE_FORMATS else "number"
    code = _LITERAL.sub("", code.partition(";")[0]).lower()
    if _ELAPSED.search(code):
        return "elapsed"
    return "date" if set("dmyhs") & set(code) and "#" not in code else "number"
