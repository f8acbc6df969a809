"""Cells of one sheet of a workbook, from its XML, as text.

A Python call for every element of the XML would take minutes. The XML is therefore checked by a
parser that calls nothing, and the cells are found in it by patterns.
"""

import datetime
import html
import re
from collections.abc import Iterable
from typing import NamedTuple
from xml.parsers import expat

import numpy as np

from ..errors import DataError, data_error

MAX_COLUMNS = 2_000
MAX_SHEET_ROWS = 1_048_576  # that spreadsheets have
_MAX_CELLS = 100_000_000  # of a sheet, blank ones before the last of a row included
_MAX_ROW_BYTES = 100_000_000  # of XML
_MAX_REMEMBERED = 200_000  # texts of numbers that are not made twice
_CELL = re.compile(  # attributes of a row; or column, row, other attributes, content of a cell
    r'<(?:\w+:)?(?:row\b([^>]*>)|c\b(?:\s+r="([A-Z]{1,3})(\d+)")?'
    r"((?:[^>/]|/(?!>))*)(?:/>|>(.*?)</(?:\w+:)?c>))",
    re.DOTALL,
)
_ROW_START = re.compile(rb"<(?:\w+:)?row[\s/>]")
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\b[^>]*?\sref\s*=\s*[\"'][^\"']*?(\d{1,18})[\"']")
_ROW_NUMBER = re.compile(r"\sr\s*=\s*[\"'](\d+)")
_PLACE = re.compile(r"\sr\s*=\s*[\"']([A-Z]{1,3})(\d+)[\"']")
_ATTRIBUTE = re.compile(r"\b([st])\s*=\s*[\"']([^\"']*)")
_VALUE = re.compile(r"<(?:\w+:)?v\b[^>/]*>([^<]+)")
_FORMULA = re.compile(r"<(?:\w+:)?f\b[^>]*?(?:/>|>([^<]*))")
_TEXT = re.compile(r"<(?:\w+:)?t\b[^>/]*>([^<]*)")
_GUIDE = re.compile(r"<(?:\w+:)?rPh\b.*?</(?:\w+:)?rPh>", re.DOTALL)
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MAX_EXACT = 10**15  # integers up to this have all their digits in a spreadsheet
_SECONDS = 86_400  # of a day
_FIRST_SERIAL, _LAST_SERIAL = 61, 2_958_465  # 1900-03-01, before which spreadsheets err; 9999-12-31
_EPOCH = datetime.datetime(1899, 12, 30)


class Book(NamedTuple):
    """What the cells of all sheets refer to."""

    strings: list[str]
    kinds: list[str]  # of each style: "number", "date" or "elapsed"
    days_to_epoch: int  # from 1899-12-30 to the day that the workbook counts from


def refuse_doctype(*_: object) -> None:
    """Raises for a document type, whose entities might unpack without bound."""
    raise ValueError("a document type, which workbooks do not have")


class SheetReader:
    """Rows of one sheet, from its XML piece by piece."""

    def __init__(self, name: str, book: Book) -> None:
        self.rows: list[list[str]] = []  # that hold anything
        self.lines: list[int] = []  # of each, from 1
        self._name, self._book = name, book
        self._row: list[str] = []
        self._line = self._cells = 0
        self._columns: dict[str, int] = {}  # by letters
        self._looks: dict[str, tuple[str, str]] = {}  # type and kind of number by attributes
        self._numbers: dict[tuple[str, str], str] = {}  # texts by value and kind

    def read(self, parts: Iterable[bytes]) -> None:
        """Appends the rows of a sheet's XML.

        Raises:
            DataError: the sheet is too large.
            ValueError: it is damaged; the other errors of a parser too.
        """
        parser = expat.ParserCreate()  # checks the XML, which is then searched by patterns
        parser.StartDoctypeDeclHandler = refuse_doctype
        tail = b""
        for part in parts:
            parser.Parse(part, False)
            before, end, tail = (tail + part).rpartition(b"row>")
            if len(tail) > _MAX_ROW_BYTES:
                raise ValueError("a row without end")
            self._read_cells((before + end).decode())
        parser.Parse(b"", True)
        self._read_cells(tail.decode())
        self._end_row(self._line + 1)

    def refuse_tall(self, parts: Iterable[bytes]) -> None:
        """Raises DataError if the XML says that there are too many rows, or has too many.

        Counting the beginnings of rows takes a tenth of the time that their cells take.
        """
        count = 0
        for number, part in enumerate(parts):
            if number == 0 and (match := _DIMENSION.search(part)):
                self._require_row(int(match.group(1)))
            count += len(_ROW_START.findall(part))
            self._require_rows(count, f"there are {count:,} rows or more")

    def _require_row(self, line: int) -> None:
        self._require_rows(line, f"there is a row {line:,}")

    def _require_rows(self, count: int, given: str) -> None:
        if count > MAX_SHEET_ROWS:
            allowed = f"at most {MAX_SHEET_ROWS:,} rows in a sheet, as spreadsheets have"
            raise self._too_large(given, allowed)

    def _read_cells(self, xml: str) -> None:
        if "<!" in xml:
            raise ValueError("comments or CDATA within a sheet")
        row, columns, looks = self._row, self._columns, self._looks
        for row_attributes, letters, line, attributes, inner in _CELL.findall(xml):
            if row_attributes:
                place = _ROW_NUMBER.search(row_attributes)
                self._end_row(int(place.group(1)) if place else self._line + 1)
                row = self._row
                if self._line > MAX_SHEET_ROWS:
                    self._require_row(self._line)
                continue
            if not letters and (place := _PLACE.search(attributes)):
                letters, line = place.groups()
                attributes = _PLACE.sub("", attributes)
            look = looks.get(attributes) or self._look(attributes)
            text = self._text(look, inner)
            if line and int(line) != self._line:
                raise ValueError(f"cell {letters}{line} is out of order")
            if text or not letters:
                column = columns.get(letters) or self._column(letters, len(row) + 1)
                if column <= len(row):
                    raise ValueError(f"cell {letters}{line} is out of order")
                row.extend([""] * (column - 1 - len(row)))
                row.append(text)

    def _end_row(self, next_line: int) -> None:
        """Ends the present row and begins the next."""
        if next_line <= self._line:
            raise ValueError(f"row {next_line} is out of order")
        if any(self._row):
            self._cells += len(self._row)
            if self._cells > _MAX_CELLS:
                given = f"the sheet has more than {_MAX_CELLS:,} cells"
                raise self._too_large(given, f"at most {_MAX_CELLS:,} cells in a sheet")
            self.rows.append(self._row)
            self.lines.append(self._line)
        self._row, self._line = [], next_line

    def _column(self, letters: str, following: int) -> int:
        """Position of a column, counted from 1: 28 for AB."""
        number = 0 if letters else following
        for letter in letters:
            number = 26 * number + ord(letter) - ord("A") + 1
        if number > MAX_COLUMNS:
            given = f"a cell in column {number:,} ({letters})"
            raise self._too_large(given, f"at most {MAX_COLUMNS:,} columns")
        if letters:
            self._columns[letters] = number
        return number

    def _too_large(self, given: str, allowed: str) -> DataError:
        fix = "delete what lies far from the table, or save the sheet as CSV UTF-8"
        return data_error(self._name, given, allowed, fix, row=self._line or None)

    def _look(self, attributes: str) -> tuple[str, str]:
        """Type of a cell, and the kind of its number."""
        values = dict(_ATTRIBUTE.findall(attributes))
        kinds, style = self._book.kinds, int(values.get("s", "0"))
        kind = kinds[style] if style < len(kinds) else "number"
        self._looks[attributes] = values.get("t", "n"), kind
        return self._looks[attributes]

    def _text(self, look: tuple[str, str], inner: str) -> str:
        """Text of a cell: ISO dates, shortest numbers, TRUE and FALSE, errors as they are shown."""
        if inner.startswith("<v>") and inner.count("<") == 2:
            value = inner[3:-4]
        elif match := _VALUE.search(inner):
            value = match.group(1)
        else:
            return self._text_without_value(look[0], inner)
        if look[0] == "s":
            return self._book.strings[int(value) if value.isdecimal() else len(self._book.strings)]
        if look[0] == "n":
            key = value, look[1]
            text = self._numbers.get(key)
            if text is None:
                text = _number(value, look[1], self._book.days_to_epoch)
                if len(self._numbers) < _MAX_REMEMBERED:
                    self._numbers[key] = text
            return text
        if look[0] == "b":
            return "TRUE" if value == "1" else "FALSE"
        return _unescaped(value)

    def _text_without_value(self, cell_type: str, inner: str) -> str:
        """Text within the cell; a formula that was saved without its value is shown itself."""
        if cell_type == "inlineStr":
            return _unescaped("".join(_TEXT.findall(_GUIDE.sub("", inner))))
        formula = _FORMULA.search(inner)
        if formula is None or cell_type == "str":
            return ""
        return "=" + _unescaped(formula.group(1) or "")


def _unescaped(text: str) -> str:
    text = html.unescape(text) if "&" in text else text
    if "_x" in text:
        text = _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text)
    return text.strip()


def _number(value: str, kind: str, days_to_epoch: int) -> str:
    """Text of a number: the shortest without exponent, an ISO date and time, or a duration."""
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"the number {value}")
    if kind == "elapsed" and 0 <= number <= _LAST_SERIAL:
        return _clock(round(number * _SECONDS), hours=1)
    if kind == "date" and 0 <= number < 1:
        return _clock(round(number * _SECONDS), hours=2)
    if kind == "date" and _FIRST_SERIAL <= number + days_to_epoch <= _LAST_SERIAL:
        day = _EPOCH + datetime.timedelta(days_to_epoch, round(number * _SECONDS))
        return day.isoformat(" ") if day.time() != datetime.time() else day.date().isoformat()
    if number.is_integer() and abs(number) <= _MAX_EXACT:
        return str(int(number))
    return str(np.format_float_positional(number, trim="-"))


def _clock(seconds: int, *, hours: int) -> str:
    """H:MM:SS, with as many digits of hours at least."""
    return f"{seconds // 3600:0{hours}}:{seconds // 60 % 60:02}:{seconds % 60:02}"
