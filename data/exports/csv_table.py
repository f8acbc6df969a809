"""Cells of a CSV file as text, with the line of each row; malformed files raise `DataError`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import data_error, shown
from .cells import numbered_rows, shape_notes, wrong_width
from .content import EXPORT_AS_CSV, other_format, read_file, refuse_empty
from .encodings import SAVE_AS_UTF8, byte_order_mark_note, line_of, nul_byte

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_MIN_COLUMNS = 3  # no export has fewer
_DELIMITERS = {";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}


@dataclass(frozen=True)
class Table:
    """Cells of one CSV file, not yet parsed."""

    file: str  # name, for messages
    header: tuple[str, ...]  # (columns,) as spelled in the file, trimmed
    rows: list[list[str]]  # data rows x columns, trimmed, without blank rows
    lines: list[int]  # line on which each row begins, counted from 1
    notes: tuple[str, ...]  # tolerated irregularities

    def column(self, position: int) -> list[str]:
        """Cells of one column, (rows,)."""
        return [row[position] for row in self.rows]


def read_table(path: Path) -> Table:
    """Table of a CSV file, with at least one data row.

    Raises:
        DataError: the file is not a complete comma-separated UTF-8 file with a header.
    """
    text, notes = decode(path.name, read_file(path))
    all_rows = list(csv_rows(path.name, text))
    if not all_rows:
        raise data_error(
            path.name, "every line is blank", "a CSV file with a header", EXPORT_AS_CSV
        )
    header_line, header = all_rows[0][0], tuple(map(str.strip, all_rows[0][1]))
    _refuse_title(path.name, header_line, header)
    rows, lines, blank = [], [], 0
    for line, raw_cells in all_rows[1:]:
        cells = [cell.strip() for cell in raw_cells]
        if not any(cells):
            blank += 1
            continue
        if len(cells) != len(header):
            last = line == all_rows[-1][0]
            raise wrong_width(path.name, line, len(cells), len(header), last=last)
        rows.append(cells)
        lines.append(line)
    if not rows:
        raise data_error(
            path.name,
            f"the file has a header in row {header_line} and no data below it",
            "at least one row of data",
            "export again for a period in which the campaigns ran",
        )
    complete = text.endswith(("\n", "\r"))
    notes += shape_notes(path.name, len(rows), blank, complete)
    return Table(path.name, header, rows, lines, tuple(notes))


def _refuse_title(file: str, line: int, header: tuple[str, ...]) -> None:
    """Raises for a title above the header, and for lines that are quoted as a whole."""
    if len(header) >= _MIN_COLUMNS:
        return
    fix = "delete every line above the header"
    if "," in header[0]:
        fix = "remove the quotes around each whole line, or export the file again"
    given = f"{quoted_names(list(header))} is not a header"
    raise data_error(file, given, "the column names on the first line", fix, row=line)


def decode(file: str, content: bytes) -> tuple[str, list[str]]:
    """Text of a UTF-8 file without its byte order mark, and notes on tolerated irregularities.

    Args:
        file: name, for messages.
        content: the file's bytes.

    Raises:
        DataError: the file is empty, of another format or of another encoding.
    """
    _refuse_other_formats(file, content)
    zero = content.find(b"\0")
    if zero >= 0:
        raise nul_byte(file, content, zero)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise data_error(
            file,
            f"byte 0x{content[error.start]:02x} is not UTF-8; the file looks like Latin-1 or "
            "Windows-1252",
            "text in UTF-8",
            SAVE_AS_UTF8,
            row=line_of(content, error.start),
        ) from error
    if text.startswith("\ufeff"):
        return text[1:], [byte_order_mark_note(file)]
    return text, []


def _refuse_other_formats(file: str, content: bytes) -> None:
    """Raises for an empty file and for other formats under the name of a CSV file."""
    refuse_empty(file, content)
    kind = other_format(content)
    if kind is not None:
        raise data_error(
            file, f"the content is {kind}, not CSV", "CSV text in UTF-8", EXPORT_AS_CSV
        )


def csv_rows(file: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows of a CSV text without empty lines, each after the line on which it begins.

    Raises:
        DataError: the columns are not separated by commas, or quotes do not pair.
    """
    # StringIO would take 4 bytes per character.
    lines = (match.group() for match in _LINE.finditer(text))
    is_header = True
    for line, cells in numbered_rows(file, lines, ","):
        if is_header:
            if not any(cell.strip() for cell in cells):
                continue
            _refuse_delimiter(file, line, cells)
        yield line, cells
        is_header = False


def _refuse_delimiter(file: str, line: int, header: list[str]) -> None:
    """Raises if the cells of the header contain another delimiter than the comma."""
    text = ",".join(header)
    delimiter = max(_DELIMITERS, key=text.count)
    if text.count(delimiter) >= len(header):
        raise data_error(
            file,
            f"the columns are separated by {_DELIMITERS[delimiter]}",
            "commas between columns and a decimal point in numbers",
            EXPORT_AS_CSV,
            row=line,
        )


def quoted_names(names: list[str]) -> str:
    """Comma-separated list of user-defined names for a message."""
    return ", ".join(shown(name) for name in names)
