"""Cells of an export as text, whatever its encoding, delimiter or packing.

What a file is must be certain: from its bytes and the shape of all its rows, never its name.
"""

import csv
import gc
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..errors import DataError, data_error, shown
from .content import EXPORT_AS_CSV, Content, read_contents
from .encodings import as_utf8, line_of
from .workbook import workbook_sheets
from .worksheet import MAX_COLUMNS

MAX_ROWS = 20_000_000
MAX_CELL = 131_072  # characters, the limit of the module csv
SPREADSHEET_ROWS = 1_048_575  # most data rows that spreadsheets hold; they drop the rest
_MAX_LINE = 16_000_000  # bytes; bounds the cells of a row before they are made
_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
_SEPARATOR_LINE = re.compile(rb'"?sep=([,;|\t])"?(?=[\r\n])', re.IGNORECASE)
_NUMBER = re.compile(r"[\d .,:/%+\-()'’$€£¥\u00a0\u202f]*")
_SAMPLE = 200  # rows of a width that are searched for other delimiters
_MIN_SCORE_RATIO = 1.5  # of the best delimiter to the second
_CHUNK = 16_384  # rows
_MAX_UNIQUE_SHARE = 0.5  # of a column's cells; above, equal cells are not worth looking for


class Sheet(NamedTuple):
    """All cells of one table of a file, as text."""

    file: str  # name for messages; "book.xlsx, sheet Daily" for a sheet of a workbook
    rows: list[
        list[str]
    ]  # rows with any cell, titles and footers included; trimmed; those of text ragged
    lines: list[int]  # (rows,) line or row of the spreadsheet on which each begins, from 1
    notes: tuple[str, ...]  # encoding, delimiter, packing: what was tolerated


class _Reading(NamedTuple):
    """Shape of a file if a delimiter is taken for the right one."""

    delimiter: str
    width: int  # most frequent number of cells above 1, 0 if there is none
    score: float  # share of rows of that width, times the share of cells without other delimiters


def read_sheets(path: Path) -> list[Sheet]:
    """Sheets of an export: one of a text file, all that hold a table of a workbook.

    Args:
        path: delimited text or xlsx, also as gz or zip.

    Raises:
        DataError: the file is not readable with certainty, too large, damaged or cut off.
    """
    return [sheet for content in read_contents(path) for sheet in _sheets(content)]


def _sheets(content: Content) -> list[Sheet]:
    """Sheets of one text file or workbook."""
    if content.is_workbook:
        with uncollected():
            tables = workbook_sheets(content.file, content.data)
        return [
            Sheet(name, rows, lines, (*content.notes, *notes, *_limit_notes(name, lines[-1] - 1)))
            for name, rows, lines, notes in tables
        ]
    return [_text_sheet(content.file, content.data, list(content.notes))]


def _text_sheet(file: str, data: bytes, notes: list[str]) -> Sheet:
    data, encoding_notes = as_utf8(file, data)
    notes += encoding_notes
    separator = _SEPARATOR_LINE.match(data)
    if separator:
        data = data[separator.end() :]
        notes.append(f"{file}: skipped the line {shown(separator.group().decode())}.")
    _refuse_long_lines(file, data)
    delimiter = separator.group(1).decode() if separator else _delimiter(file, data)
    with uncollected():
        rows, lines, blank = _filled_rows(file, data, delimiter)
    if not rows:
        raise data_error(file, "every line is blank", "a CSV file with a header", EXPORT_AS_CSV)
    _refuse_one_column(file, rows)
    complete = data.endswith((b"\n", b"\r"))
    if not complete:
        _refuse_cut(file, rows, lines)
    if delimiter != ",":
        notes.append(f"{file}: the columns are separated by {_DELIMITERS[delimiter]}.")
    return Sheet(file, rows, lines, (*notes, *shape_notes(file, len(rows) - 1, blank, complete)))


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection, which would visit millions of new rows again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _refuse_long_lines(file: str, data: bytes) -> None:
    position = 0
    while len(data) - position > _MAX_LINE:
        end = position + _MAX_LINE
        last = max(data.rfind(b"\n", position, end), data.rfind(b"\r", position, end))
        if last < 0:
            raise data_error(
                file,
                f"a line of more than {_MAX_LINE:,} bytes",
                "one row in every line",
                EXPORT_AS_CSV,
                row=line_of(data, position),
            )
        position = last + 1


def numbered_rows(
    file: str, text_lines: Iterable[str], delimiter: str
) -> Iterator[tuple[int, list[str]]]:
    """Rows of a CSV text without empty lines, each after the line on which it begins.

    Args:
        file: name, for messages.
        text_lines: the text, divided after each line end.
        delimiter: character between cells.

    Raises:
        DataError: quotes do not pair.
    """
    reader = csv.reader(text_lines, delimiter=delimiter, strict=True)
    first_line = 1
    try:
        for cells in reader:
            if cells:
                yield first_line, cells
            first_line = reader.line_num + 1
    except csv.Error as error:
        raise _unbalanced_quotes(file, first_line, error) from error


def _text_lines(data: bytes) -> Iterable[str]:
    """Lines of UTF-8, decoded one by one, as text takes up to 4 bytes per character."""
    return io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="")


def _filled_rows(file: str, data: bytes, delimiter: str) -> tuple[list[list[str]], list[int], int]:
    """Trimmed rows that hold anything, their lines, and the number of rows of blank cells."""
    rows: list[list[str]] = []
    lines: list[int] = []
    blank = 0
    repeated: dict[int, dict[str, str] | None] = {}
    chunk: list[list[str]] = []
    for line, cells in numbered_rows(file, _text_lines(data), delimiter):
        if not cells[0].strip() and not any(map(str.strip, cells)):
            blank += 1
            continue
        if len(cells) > MAX_COLUMNS or len(lines) >= MAX_ROWS:
            raise _too_large(file, line, len(cells))
        chunk.append(cells)
        lines.append(line)
        if len(chunk) == _CHUNK:
            rows += _shared(chunk, repeated)
            chunk = []
    rows += _shared(chunk, repeated)
    return rows, lines, blank


def _shared(
    rows: list[list[str]], repeated: dict[int, dict[str, str] | None]
) -> Iterator[list[str]]:
    """Trimmed rows in which equal cells of a column are one object, where a column repeats itself.

    Args:
        rows: rows as read.
        repeated: cells of each column so far, None where most differ; updated in place.
    """
    if len({len(row) for row in rows}) != 1:
        return (list(map(str.strip, row)) for row in rows)
    columns = []
    for position, column in enumerate(zip(*rows, strict=True)):
        cells = list(map(str.strip, column))
        known = repeated.setdefault(position, {})
        if known is not None:
            before = len(known)
            cells = list(map(known.setdefault, cells, cells))
            if len(known) - before > _MAX_UNIQUE_SHARE * len(cells):
                repeated[position] = None
        columns.append(cells)
    return map(list, zip(*columns, strict=True))


def _delimiter(file: str, data: bytes) -> str:
    """The delimiter by which the rows of the whole file are even.

    Raises:
        DataError: two delimiters explain the file about as well.
    """
    candidates = [delimiter for delimiter in _DELIMITERS if delimiter.encode() in data]
    if len(candidates) < 2:
        return candidates[0] if candidates else ","
    readings = [_reading(data, delimiter) for delimiter in candidates]
    readings = sorted((r for r in readings if r.width), key=lambda r: r.score, reverse=True)
    if not readings:
        return candidates[0]
    if len(readings) > 1 and readings[0].score < _MIN_SCORE_RATIO * readings[1].score:
        best, second = (_DELIMITERS[reading.delimiter] for reading in readings[:2])
        raise data_error(
            file,
            f"the columns may be separated by {best} ({readings[0].width} columns) or by {second} "
            f"({readings[1].width} columns)",
            "one delimiter that divides all rows into the same columns",
            "export the file again with another delimiter, or with quotes around every cell",
        )
    return readings[0].delimiter


def _reading(data: bytes, delimiter: str) -> _Reading:
    """Shape of the file under one delimiter, up to the first fault in its quotes."""
    widths: Counter[int] = Counter()
    samples: dict[int, list[list[str]]] = {}
    try:
        for _, cells in numbered_rows("", _text_lines(data), delimiter):
            width = len(cells)
            widths[width] += 1
            if widths[width] <= _SAMPLE:
                samples.setdefault(width, []).append(cells)
    except DataError:
        pass  # raised again if this is the right delimiter
    wide = [(count, width) for width, count in widths.items() if width > 1]
    if not wide:
        return _Reading(delimiter, 0, 0.0)
    count, width = max(wide)
    others = set(_DELIMITERS) - {delimiter}
    cells = [cell for row in samples[width] for cell in row]
    clean = sum(_NUMBER.fullmatch(cell) is not None or not others & set(cell) for cell in cells)
    return _Reading(delimiter, width, count / widths.total() * clean / len(cells))


def _refuse_one_column(file: str, rows: list[list[str]]) -> None:
    if any(len(row) > 1 for row in rows):
        return
    fix = EXPORT_AS_CSV
    if any("," in row[0] for row in rows):
        fix = "remove the quotes around each whole line, or export the file again"
    raise data_error(
        file,
        f"the file has one column: no delimiter divides its lines, such as {shown(rows[0][0])}",
        "columns separated by a comma, a semicolon, a tab or a vertical bar",
        fix,
    )


def _refuse_cut(file: str, rows: list[list[str]], lines: list[int]) -> None:
    """Raises if the last row, without line end, is shorter than the row before it.

    So it is if its last cell alone is blank in the column. A last row of one cell may be a footer,
    and is left to those who know the header.
    """
    if len(rows) > 1 and 1 < len(rows[-1]) < len(rows[-2]):
        raise wrong_width(file, lines[-1], len(rows[-1]), len(rows[-2]), last=True)
    last = [row[-1] for row in rows if len(row) == len(rows[-1])]
    if len(last) > 2 and not last[-1] and all(last[:-1]):
        raise data_error(
            file,
            "the last cell of the file is blank, its line has no end, and no other row has a blank "
            "there: the file seems to be cut off",
            "a complete file",
            "export or copy the file again",
            row=lines[-1],
        )


def _too_large(file: str, line: int, columns: int) -> DataError:
    if columns > MAX_COLUMNS:
        given, allowed = f"the row has {columns:,} cells", f"at most {MAX_COLUMNS:,} columns"
    else:
        given, allowed = f"more than {MAX_ROWS:,} rows", f"at most {MAX_ROWS:,} rows"
    fix = "export fewer columns or a shorter period"
    return data_error(file, given, allowed, fix, row=line)


def _unbalanced_quotes(file: str, line: int, error: csv.Error) -> DataError:
    given = f"unbalanced quotes in the record that begins here ({error})"
    if "field limit" in str(error):
        given = f"a cell of more than {MAX_CELL:,} characters, or a quote that is never closed"
    return data_error(
        file,
        given,
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


def shape_notes(file: str, rows: int, blank: int, complete: bool) -> list[str]:
    """Notes on the rows of a file.

    Args:
        file: name, for messages.
        rows: number of data rows.
        blank: number of rows without any value.
        complete: the last line has a line end.
    """
    notes = []
    if blank:
        notes.append(f"{file}: skipped {blank} rows without any value.")
    if not complete:
        notes.append(f"{file}: the last line has no line end; make sure that it is complete.")
    return notes + _limit_notes(file, rows)


def _limit_notes(file: str, rows: int) -> list[str]:
    return [truncation_note(file)] if rows == SPREADSHEET_ROWS else []


def truncation_note(file: str) -> str:
    """Warning for a file with exactly as many rows as a spreadsheet can hold."""
    return (
        f"{file}: WARNING, exactly {SPREADSHEET_ROWS:,} rows, the limit of spreadsheets: "
        "a spreadsheet has probably dropped the rest; use the original export."
    )
