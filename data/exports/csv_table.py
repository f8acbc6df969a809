"""Cells of a CSV file as text, with the line of each row; malformed files raise `DataError`."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError, data_error, shown

SPREADSHEET_ROWS = 1_048_575  # most data rows that spreadsheets hold; they drop the rest
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_NEWLINE = re.compile(rb"\r\n|\n|\r")
_MIN_COLUMNS = 3  # no export has fewer
_DELIMITERS = {";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
_OTHER_FORMATS = {  # first bytes -> format
    b"PK\x03\x04": "a spreadsheet workbook (xlsx) or another zip archive",
    b"\xd0\xcf\x11\xe0": "a spreadsheet workbook (xls)",
    b"\x1f\x8b": "a compressed file (gzip)",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
}
_EXPORT_AS_CSV = "export the file again as comma-separated CSV in UTF-8"


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
    numbered_rows = list(csv_rows(path.name, text))
    if not numbered_rows:
        raise data_error(
            path.name, "every line is blank", "a CSV file with a header", _EXPORT_AS_CSV
        )
    header_line, header = numbered_rows[0][0], tuple(map(str.strip, numbered_rows[0][1]))
    _refuse_title(path.name, header_line, header)
    rows, lines, blank = [], [], 0
    for line, raw_cells in numbered_rows[1:]:
        cells = [cell.strip() for cell in raw_cells]
        if not any(cells):
            blank += 1
            continue
        if len(cells) != len(header):
            last = line == numbered_rows[-1][0]
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
    notes += _shape_notes(path.name, len(rows), blank, text)
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


def read_file(path: Path) -> bytes:
    """Content of a file.

    Raises:
        DataError: the file is absent, a folder or unreadable.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise data_error(
            path.name,
            f"the file cannot be read ({(error.strerror or str(error)).lower()})",
            "a readable CSV file",
            "check that it is a file, that no other program has it open and that you may read it",
        ) from error


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
        raise data_error(
            file,
            "a NUL byte: the file is damaged or not in UTF-8",
            "text in UTF-8",
            _EXPORT_AS_CSV,
            row=_line_of(content, zero),
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise data_error(
            file,
            f"byte 0x{content[error.start]:02x} is not UTF-8; the file looks like Latin-1 or "
            "Windows-1252",
            "text in UTF-8",
            "save it as 'CSV UTF-8 (comma delimited)' or export it again",
            row=_line_of(content, error.start),
        ) from error
    if text.startswith("\ufeff"):
        return text[1:], [f"{file}: skipped a byte order mark before the header."]
    return text, []


def _refuse_other_formats(file: str, content: bytes) -> None:
    """Raises for an empty file and for other formats under the name of a CSV file."""
    if not content.strip(b" ,\t\r\n\xef\xbb\xbf"):
        raise data_error(file, "the file is empty", "a CSV file with a header", _EXPORT_AS_CSV)
    kind = next((k for magic, k in _OTHER_FORMATS.items() if content.startswith(magic)), None)
    if kind is None and content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        kind = "text in UTF-16"
    if kind is None and content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        kind = "a web page (HTML or XML)"
    if kind is not None:
        raise data_error(
            file, f"the content is {kind}, not CSV", "CSV text in UTF-8", _EXPORT_AS_CSV
        )


def _line_of(content: bytes, position: int) -> int:
    """Line of a byte position, counted from 1."""
    return len(_NEWLINE.findall(content, 0, position)) + 1


def csv_rows(file: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows of a CSV text without empty lines, each after the line on which it begins.

    Raises:
        DataError: the columns are not separated by commas, or quotes do not pair.
    """
    # StringIO would take 4 bytes per character.
    lines = (match.group() for match in _LINE.finditer(text))
    reader = csv.reader(lines, strict=True)
    first_line, is_header = 1, True
    try:
        for cells in reader:
            if cells and (not is_header or any(cell.strip() for cell in cells)):
                if is_header:
                    _refuse_delimiter(file, first_line, cells)
                yield first_line, cells
                is_header = False
            first_line = reader.line_num + 1
    except csv.Error as error:
        raise _unbalanced_quotes(file, first_line, error) from error


def _refuse_delimiter(file: str, line: int, header: list[str]) -> None:
    """Raises if the cells of the header contain another delimiter than the comma."""
    text = ",".join(header)
    delimiter = max(_DELIMITERS, key=text.count)
    if text.count(delimiter) >= len(header):
        raise data_error(
            file,
            f"the columns are separated by {_DELIMITERS[delimiter]}",
            "commas between columns and a decimal point in numbers",
            _EXPORT_AS_CSV,
            row=line,
        )


def _unbalanced_quotes(file: str, line: int, error: csv.Error) -> DataError:
    return data_error(
        file,
        f"unbalanced quotes in the record that begins here ({error})",
        'a pair of quotes around a cell, and "" for a quote inside it',
        "correct the quotes of this row or export the file again",
        row=line,
    )


def wrong_width(file: str, line: int, cells: int, expected: int, *, last: bool) -> DataError:
    """Error for a row with more or fewer cells than the header; `last` if it is the last row."""
    if cells > expected:
        fix = "look for a decimal comma, a thousands separator or an unquoted comma in a name"
    elif last:
        fix = "the last line seems to be cut off: export or copy the file again"
    else:
        fix = "complete the row or export the file again"
    return data_error(
        file,
        f"the row has {cells} fields and the header {expected}",
        f"{expected} fields in every row",
        fix,
        row=line,
    )


def _shape_notes(file: str, rows: int, blank: int, text: str) -> list[str]:
    notes = []
    if blank:
        notes.append(f"{file}: skipped {blank} rows without any value.")
    if not text.endswith(("\n", "\r")):
        notes.append(f"{file}: the last line has no line end; make sure that it is complete.")
    if rows == SPREADSHEET_ROWS:
        notes.append(truncation_note(file))
    return notes


def truncation_note(file: str) -> str:
    """Warning for a file with exactly as many rows as a spreadsheet can hold."""
    return (
        f"{file}: WARNING, exactly {SPREADSHEET_ROWS:,} rows, the limit of spreadsheets: "
        "a spreadsheet has probably dropped the rest; use the original export."
    )


def quoted_names(names: list[str]) -> str:
    """Comma-separated list of user-defined names for a message."""
    return ", ".join(shown(name) for name in names)
