"""Text and rows of the site log: comma-separated UTF-8 only; all else raises `DataError`."""

import re
from collections.abc import Iterator

from ..errors import data_error
from ..sheets import (
    EXPORT_AS_CSV,
    SAVE_AS_UTF8,
    byte_order_mark_note,
    line_of,
    nul_byte,
    numbered_rows,
    other_format,
    refuse_empty,
)

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_DELIMITERS = {";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}


def canonical(name: str) -> str:
    """Name in lower case, with underscores and brackets as spaces and no double spaces."""
    return " ".join(re.sub(r"[_()\[\]]", " ", name).lower().split())


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
