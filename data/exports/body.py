"""Rows below a header: data, and titles, footers, repeated headers and totals, which are none."""

from dataclasses import dataclass

from ..formats import canonical_heading
from ..parsing import is_blank, read_cell
from ..sheets import Sheet, wrong_width
from .records import LeftOut
from .table import Header

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
class Body:
    """Rows below a header; all rows have the header's width."""

    rows: list[list[str]]  # of data, in the order of the file
    lines: list[int]  # (rows,) line of each
    sections: list[int]  # (rows,) 0, and 1 more after each repeated header
    undated: list[list[str]]  # rows of sums without a date: totals, if the sums agree
    undated_lines: list[int]
    undated_sections: list[int]
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
    is_date = {
        cell: read_cell(cell) is not None for cell in {r[date] for r in rows if len(r) > date}
    }
    if header.index == 0 and not spans and all(is_date.values()) and set(map(len, rows)) == {width}:
        return Body(rows, lines, [0] * len(rows), [], [], [], ())  # as most files, and fast
    data: list[list[str]] = []
    kept: list[int] = []
    sections: list[int] = []
    undated: list[list[str]] = []
    undated_lines: list[int] = []
    undated_sections: list[int] = []
    dropped: dict[str, list[int]] = {}
    if header.index:
        dropped["title"] = list(sheet.lines[: header.index])
    section = 0
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            row = _fitted(row, width)
        is_span = spans and len(row) == width and row[date] != row[spans]
        if len(row) == width and is_date.get(row[date], False) and not is_span:
            data.append(row)
            kept.append(line)
            sections.append(section)
            continue
        kind = "sums" if is_span else _kind(row, header, date)
        if kind == "header":
            section += 1
            dropped.setdefault("repeated header", []).append(line)
        elif kind == "footer":
            dropped.setdefault("footer", []).append(line)
        elif len(row) != width:
            last = line == lines[-1]
            raise wrong_width(sheet.file, line, len(row), width, last=last)
        elif kind == "sums":
            undated.append(row)
            undated_lines.append(line)
            undated_sections.append(section)
        else:
            data.append(row)
            kept.append(line)
            sections.append(section)
    notes = tuple(left_out(found, reason) for reason, found in dropped.items())
    return Body(data, kept, sections, undated, undated_lines, undated_sections, notes)


def _end_of_days(header: Header, rows: list[list[str]]) -> int:
    """Position of the last day of each row, where most rows are one day; 0 if it tells nothing.

    A row that spans more days is then a total.
    """
    place = header.position.get("date_end", 0)
    days = [row[place] == row[header.position[header.period]] for row in rows if len(row) > place]
    return place if place and any(days) and not all(days) and sum(days) > len(days) / 2 else 0


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
    return cell.casefold() in _ALL or is_total(cell, words)


def is_total(cell: str, words: tuple[str, ...] = ()) -> bool:
    """True for a cell that begins with a word for totals, such as `Total: Account`."""
    text = canonical_heading(cell).text
    return text.endswith(" total") or any(
        text == word or text.startswith(f"{word} ") for word in (*TOTAL_WORDS, *words)
    )
