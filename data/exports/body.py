"""Rows below a header: data, and titles, footers, repeated headers and totals, which are none."""

import re
from dataclasses import dataclass

import numpy as np

from ..formats import canonical_heading
from ..parsing import is_blank, read_cell
from ..sheets import Sheet, wrong_width
from .records import LeftOut
from .table import Header

_CUT_DATE = re.compile(r"[0-9]{1,4}[-/.]?[0-9]{0,2}[-/.]?")  # the beginning of a day
_DROPPED = {"header": "repeated header", "footer": "footer"}  # kind of a row -> reason
_FOOTER_CELLS = 2  # most filled cells of a row that is no data
_MAX_LINES = 10  # lines that a note lists
_ALL = {"all", "alle", "todos", "todas", "tous", "tutti", "semua", "すべて"}  # days
TOTAL_WORDS = (
    "total",
    "grand total",
    "all campaigns",
    "all devices",
    "gesamt",
    "summe",
    "totale",
    "totaal",
    "合計",
    "총계",
)


@dataclass(frozen=True, eq=False)
class Rows:
    """Some rows of a sheet, all of the header's width."""

    cells: list[list[str]]
    lines: list[int]  # (rows,) line of each
    sections: list[int]  # (rows,) 0, and 1 more after each repeated header


@dataclass(frozen=True, eq=False)
class Body:
    """Rows below a header."""

    data: Rows
    undated: Rows  # rows of sums without a date: totals, if the sums agree
    left_out: tuple[LeftOut, ...]


def left_out(lines: list[int], reason: str) -> LeftOut:
    """Record of rows that are left out."""
    return LeftOut(tuple(lines[:_MAX_LINES]), len(lines), reason)


def split_body(sheet: Sheet, header: Header) -> Body:
    """Rows below the header, by what they are.

    Args:
        sheet: all cells.
        header: the sheet's header.

    Raises:
        DataError: a row of data has more or fewer cells than the header.
    """
    width, date = len(header.names), header.position[header.period]
    rows, lines = sheet.rows[header.index + 1 :], sheet.lines[header.index + 1 :]
    spans = _end_of_days(header, rows)
    distinct = {row[date] for row in rows if len(row) > date}
    is_date = {cell: read_cell(cell) is not None for cell in distinct}
    if header.index == 0 and not spans and all(is_date.values()) and set(map(len, rows)) == {width}:
        return Body(Rows(rows, lines, [0] * len(rows)), Rows([], [], []), ())  # as most files
    rows = [row if len(row) == width else _fitted(row, width) for row in rows]
    kinds = []
    for row in rows:
        dated = len(row) == width and is_date.get(row[date], False)
        is_span = dated and spans > 0 and row[date] != row[spans]
        kinds.append(("sums" if is_span else "data") if dated else _kind(row, header, date))
    _refuse_broken(sheet.file, rows, lines, kinds, width)
    sections = np.cumsum([kind == "header" for kind in kinds]).tolist()

    def chosen(wanted: str) -> Rows:
        places = [place for place, kind in enumerate(kinds) if kind == wanted]
        return Rows(
            [rows[place] for place in places],
            [lines[place] for place in places],
            [sections[place] for place in places],
        )

    dropped = {"title": sheet.lines[: header.index]}
    dropped |= {name: chosen(kind).lines for kind, name in _DROPPED.items()}
    notes = tuple(left_out(found, reason) for reason, found in dropped.items() if found)
    return Body(chosen("data"), chosen("sums"), notes)


def _refuse_broken(
    file: str, rows: list[list[str]], lines: list[int], kinds: list[str], width: int
) -> None:
    """Raises for data of another width, footers among the data, and a last row that is cut off.

    Raises:
        DataError: names the row.
    """
    ahead = ""  # kind of the nearest row below that is data, sums or a header
    for row, line, kind in reversed(list(zip(rows, lines, kinds, strict=True))):
        is_cut = line == lines[-1] and len(row) == 1 and _CUT_DATE.fullmatch(row[0])
        if (kind in ("data", "sums") and len(row) != width) or is_cut:
            raise wrong_width(file, line, len(row), width, last=line == lines[-1])
        if kind == "footer" and ahead == "data":
            raise wrong_width(file, line, len(row), width, last=False)
        ahead = ahead if kind == "footer" else kind


def _end_of_days(header: Header, rows: list[list[str]]) -> int:
    """Position of the last day of each row, where most rows are one day; 0 if it tells nothing.

    A row that spans more days is then a total.
    """
    date, place = header.position[header.period], header.position.get("date_end", 0)
    if not place:
        return 0
    days = [row[place] == row[date] for row in rows if len(row) > max(place, date)]
    return place if any(days) and not all(days) and sum(days) > len(days) / 2 else 0


def _fitted(row: list[str], width: int) -> list[str]:
    """Row without blank cells beyond the header."""
    return row[:width] if len(row) > width and not any(row[width:]) else row


def _kind(row: list[str], header: Header, date: int) -> str:
    """What a row without a readable date, or of another width, is."""
    filled = [cell for cell in row if not is_blank(cell)]
    if len(row) == len(header.names) and _is_header(row, header):
        return "header"
    dated = len(row) > date and read_cell(row[date]) is not None
    if dated:
        return "data"
    words = is_total(row[0], header.format.totals) or (
        len(row) > date and is_all(row[date], header.format.totals)
    )
    blank_date = len(row) <= date or is_blank(row[date])
    if not words and not blank_date and len(filled) > _FOOTER_CELLS:
        return "data"
    has_cost = len(row) == len(header.names) and any(
        character.isdigit() for character in row[header.position["cost"]]
    )
    if has_cost and (words or blank_date):
        return "sums"
    is_footer = words or blank_date or len(filled) <= _FOOTER_CELLS
    return "footer" if is_footer and not has_cost else "data"


def _is_header(row: list[str], header: Header) -> bool:
    """True for the header once more: the headings that are read stand in their columns."""
    return all(
        canonical_heading(row[place]).text == header.headings[place].text
        for place in header.position.values()
    )


def is_all(cell: str, words: tuple[str, ...]) -> bool:
    """True for a word for totals, or one that stands for all days or all campaigns."""
    return canonical_heading(cell).text in _ALL or is_total(cell, words)


def is_total(cell: str, words: tuple[str, ...] = ()) -> bool:
    """True for a cell that begins with a word for totals, such as `Total: Account`."""
    text = canonical_heading(cell).text
    return text.endswith(" total") or any(
        text == word or text.startswith(f"{word} ") for word in (*TOTAL_WORDS, *words)
    )
