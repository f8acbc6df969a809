"""An independent reading of a damaged log, by the module csv and plain rules.

It knows how the log was written, so that it need not guess; where a cell that matters is not as it
was written, it is not sure and says so.
"""

import csv
import datetime
import io
import re
from collections.abc import Callable

from .. import Export
from .kinds import KINDS, STRICT

_CHANNELS = ("direct", "organic search", "referral", "email", "display", "social", "paid")
_NO_IDS = ("", "null", "none", "nan", "undefined", "(not set)")
_FIRST, _LAST = 1_600_000_000, 1_900_000_000  # seconds since 1970 that a log may have


def cleaned(export: Export, data: bytes, kind: str) -> bytes | None:
    """A damaged log written again plainly: UTF-8, commas, a quote around every cell.

    Args:
        export: the log before the damage, comma-separated UTF-8 without packing.
        data: the bytes after it.
        kind: of the log.

    Returns:
        The log; None if the reading is not sure.
    """
    try:
        text = data.decode("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None
    if "\0" in text or "\ufffd" in text:
        return None
    rows = [row for row in rows if row]
    if not rows or rows[0] != export.headings or len(rows) < 2:
        return None
    if not all(_is_sure(row, export.roles, kind) for row in rows[1:]):
        return None
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return stream.getvalue().encode()


def file_name(kind: str) -> str:
    """Name of the file of a kind of log."""
    return KINDS[kind].file


def _is_sure(row: list[str], roles: list[str], kind: str) -> bool:
    """True if every cell of a row has the form in which it was written."""
    if len(row) != len(roles) or any(cell != cell.strip() for cell in row):
        return False
    rules: dict[str, Callable[[str], bool]] = {
        "user": _is_user if kind == STRICT else _is_id,
        "session": _is_id,
        "time": _is_time,
        "seconds": lambda cell: _is_number(cell, 10, 1),
        "microseconds": lambda cell: _is_number(cell, 16, 1_000_000),
        "converted": lambda cell: cell in ("0", "1"),
        "channel": lambda cell: cell in _CHANNELS,
        "event": lambda cell: len(cell) < 200,  # one name counts, and any other is another event
        "text": lambda cell: len(cell) < 200 and cell.isprintable(),
    }
    return all(rules[role](cell) for role, cell in zip(roles, row, strict=True))


def _is_user(cell: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{8}", cell) is not None


def _is_id(cell: str) -> bool:
    """An id that no program takes for a word that means none."""
    return cell.lower() not in _NO_IDS


def _is_number(cell: str, digits: int, per_second: int) -> bool:
    is_number = re.fullmatch(rf"[0-9]{{{digits}}}", cell) is not None
    return is_number and _FIRST <= int(cell) // per_second < _LAST


def _is_time(cell: str) -> bool:
    try:
        time = datetime.datetime.strptime(cell, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return False
    return time.strftime("%Y-%m-%d %H:%M:%S") == cell and 2020 <= time.year < 2030
