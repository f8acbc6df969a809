"""One CSV file as text: rows and the lines they stand on, or an error that says why not."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError, data_error, shown

SPREADSHEET_ROWS = 1_048_575  # data rows a spreadsheet holds under a header; it drops the rest
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_NEWLINE = re.compile(rb"\r\n|\n|\r")
_FEWEST_COLUMNS = 3  # no export has fewer
_DELIMITERS = {";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
_DISGUISES = {
    b"PK\x03\x04": "a spreadsheet workbook (xlsx) or another zip archive",
    b"\xd0\xcf\x11\xe0": "a spreadsheet workbook (xls)",
    b"\x1f\x8b": "a compressed file (gzip)",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
}
_AS_CSV = "export the file again as comma-separated CSV in UTF-8"


@dataclass(frozen=True)
class Table:
    """The cells of one CSV file, none of them judged yet."""

    file: str  # name, for messages
    header: tuple[str, ...]  # (columns,) as spelled in the file, trimmed
    rows: list[list[str]]  # data rows x columns, trimmed, blank rows left out
    lines: list[int]  # line each row begins on; the header is line 1
    notes: tuple[str, ...]  # what was tolerated

    def column(self, position: int) -> list[str]:
        """The cells of one column, (rows,)."""
        return [row[position] for row in self.rows]


def read_table(path: Path) -> Table:
    """Reads a CSV file's cells.

    Args:
        path: the file.

    Returns:
        The table, with at least one data row.

    Raises:
        DataError: the file is not a whole comma-separated UTF-8 file with a header.
    """
    text, notes = decode(path.name, read_file(path))
    found = list(records(path.name, text))
    if not found:
        raise data_error(path.name, "every line is blank", "a CSV file with a header", _AS_CSV)
    header_line, header = found[0][0], tuple(name.strip() for name in found[0][1])
    _refuse_title(path.name, header_line, header)
    rows, lines, blank = [], [], 0
    for line, record in found[1:]:
        cells = [cell.strip() for cell in record]
        if not any(cells):
            blank += 1
            continue
        if len(cells) != len(header):
            last = line == found[-1][0]
            raise wrong_width(path.name, line, len(cells), len(header), last=last)
        rows.append(cells)
        lines.append(line)
    if not rows:
        raise data_error(
            path.name,
            f"the file has a header in row {header_line} and no data under it",
            "at least one row of data",
            "choose a period in which the campaigns ran and export again",
        )
    notes += _shape_notes(path.name, len(rows), blank, text)
    return Table(path.name, header, rows, lines, tuple(notes))


def _refuse_title(file: str, line: int, header: tuple[str, ...]) -> None:
    """Some platforms write a title above the header, and some programs quote whole lines."""
    if len(header) >= _FEWEST_COLUMNS:
        return
    remedy = "delete every line above the header"
    if "," in header[0]:
        remedy = "remove the quotes around each whole line, or export the file again"
    given = f"{named(list(header))} is not a header"
    raise data_error(file, given, "the names of the columns on the first line", remedy, row=line)


def read_file(path: Path) -> bytes:
    """Reads a file that a user named.

    Raises:
        DataError: it is absent, a folder, or may not be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise data_error(
            path.name,
            f"the file cannot be read ({(error.strerror or str(error)).lower()})",
            "a readable CSV file",
            "check that it is a file, that it is closed in other programs and that you may read it",
        ) from error


def decode(file: str, content: bytes) -> tuple[str, list[str]]:
    """Text of a UTF-8 file.

    Args:
        file: name, for messages.
        content: the file's bytes.

    Returns:
        The text without a byte order mark, and notes on what was tolerated.

    Raises:
        DataError: the bytes are empty, of another kind of file or of another encoding.
    """
    _refuse_disguise(file, content)
    zero = content.find(b"\0")
    if zero >= 0:
        raise data_error(
            file,
            "there is a NUL byte, so the file is damaged or not in UTF-8",
            "text in UTF-8",
            _AS_CSV,
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
        return text[1:], [f"{file}: a byte order mark before the header was skipped."]
    return text, []


def _refuse_disguise(file: str, content: bytes) -> None:
    """Another kind of file under a CSV's name."""
    if not content.strip(b" ,\t\r\n\xef\xbb\xbf"):
        raise data_error(file, "the file is empty", "a CSV file with a header", _AS_CSV)
    what = next((w for magic, w in _DISGUISES.items() if content.startswith(magic)), None)
    if what is None and content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        what = "text in UTF-16"
    if what is None and content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        what = "a web page (HTML or XML)"
    if what is not None:
        raise data_error(file, f"the content is {what}, not CSV", "CSV text in UTF-8", _AS_CSV)


def _line_of(content: bytes, position: int) -> int:
    """Line that a byte stands on, counted from 1."""
    return len(_NEWLINE.findall(content, 0, position)) + 1


def records(file: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Records of a CSV text, empty lines left out, each with the line it begins on.

    Raises:
        DataError: the columns are not separated by commas, or quotes do not pair.
    """
    lines = (match.group() for match in _LINE.finditer(text))  # StringIO takes 4 bytes a letter
    reader = csv.reader(lines, strict=True)
    begins, header = 1, True
    try:
        for record in reader:
            if record and (not header or any(cell.strip() for cell in record)):
                if header:
                    _refuse_delimiter(file, begins, record)
                yield begins, record
                header = False
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _unbalanced(file, begins, error) from error


def _refuse_delimiter(file: str, line: int, record: list[str]) -> None:
    """A header cut by something else than commas shows it in its own cells."""
    text = ",".join(record)
    found = max(_DELIMITERS, key=text.count)
    if text.count(found) >= len(record):
        raise data_error(
            file,
            f"the columns are separated by {_DELIMITERS[found]}",
            "a comma between columns and a point before decimals",
            _AS_CSV,
            row=line,
        )


def _unbalanced(file: str, line: int, error: csv.Error) -> DataError:
    return data_error(
        file,
        f"the quotes of the record that begins here do not close properly ({error})",
        'quotes in pairs around a cell, and "" for a quote inside it',
        "mend the quotes of this row or export the file again",
        row=line,
    )


def wrong_width(file: str, line: int, got: int, wanted: int, *, last: bool) -> DataError:
    """The error for a row with more or fewer cells than the header."""
    if got > wanted:
        remedy = (
            "look for a decimal comma, a thousands separator or a comma in a name that is not in "
            "quotes"
        )
    elif last:
        remedy = "the last line seems cut off, so export or copy the file again"
    else:
        remedy = "complete the row or export the file again"
    return data_error(
        file,
        f"the row has {got} fields and the header {wanted}",
        f"{wanted} fields in every row",
        remedy,
        row=line,
    )


def _shape_notes(file: str, rows: int, blank: int, text: str) -> list[str]:
    notes = []
    if blank:
        notes.append(f"{file}: {blank} rows without a single value were skipped.")
    if not text.endswith(("\n", "\r")):
        notes.append(f"{file}: the last line has no line end; make sure that it is whole.")
    if rows == SPREADSHEET_ROWS:
        notes.append(truncation_note(file))
    return notes


def truncation_note(file: str) -> str:
    """The warning for a file that is exactly as long as a spreadsheet can be."""
    return (
        f"{file}: WARNING, exactly {SPREADSHEET_ROWS:,} rows, the most that a spreadsheet holds: "
        "a spreadsheet probably saved it and dropped the rest; use the original export."
    )


def named(names: list[str]) -> str:
    """A list of user's names for a message."""
    return ", ".join(shown(name) for name in names)
