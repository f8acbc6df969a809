"""An independent reading of a damaged file, by the module csv and plain arithmetic.

It knows in which style the file was written, so that it need not guess; where anything is not as it
was written, it is not sure and says so.
"""

import csv
import datetime
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Sequence

from .export import METRICS, Export, Key, Values

Records = list[tuple[Key, Values]]
_FAULTS = (OSError, EOFError, ValueError, KeyError, zlib.error, zipfile.BadZipFile, csv.Error)


def read_again(export: Export, data: bytes) -> Records | None:
    """Rows of a file that was written in the style of an export and then damaged.

    Args:
        export: the file before the damage.
        data: the bytes after it.

    Returns:
        One record per row, copies of a row once; None if the reading is not sure.
    """
    try:
        text = _unpacked(export, data).decode(_encoding(export))
    except (*_FAULTS, NotImplementedError, RuntimeError):
        return None
    if "\0" in text or "\ufffd" in text:
        return None
    try:
        lines = io.StringIO(text.removeprefix("\ufeff"), newline="")
        rows = list(csv.reader(lines, delimiter=export.delimiter, strict=True))
    except csv.Error:
        return None
    return _records(export, [[cell.strip() for cell in row] for row in rows])


def merged(files: Sequence[Records]) -> Records | None:
    """Rows of all files, copies of a row once; None if two rows contradict each other."""
    known: dict[Key, Values] = {}
    for records in files:
        for key, values in records:
            if known.setdefault(key, values) != values:
                return None
    return list(known.items())


def _encoding(export: Export) -> str:
    return {"utf-8-sig": "utf-8", "utf-16-be": "utf-16"}.get(export.encoding, export.encoding)


def _unpacked(export: Export, data: bytes) -> bytes:
    if export.packing == "gz":
        return gzip.decompress(data)
    if export.packing == "zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            (name,) = archive.namelist()
            return archive.read(name)
    if export.packing == "xlsx":
        raise ValueError("workbooks are not read again")
    return data


def _records(export: Export, rows: list[list[str]]) -> Records | None:
    """Records of the rows of a file; None if a row is neither a record nor what was written."""
    header = [heading.strip() for heading in export.headings]
    if header not in rows:
        return None
    start = rows.index(header)
    after = export.cells()[len(export.titles) + 1 + len(export.rows) :]
    around = [[cell.strip() for cell in row] for row in [*export.titles, *after]]
    records: Records = []
    for number, row in enumerate(rows):
        if row == header or not any(row) or row in around:
            continue
        record = _record(export, row) if number > start and len(row) == len(header) else None
        if record is None:
            return None
        records.append(record)
    return merged([records])


def _record(export: Export, row: list[str]) -> tuple[Key, Values] | None:
    by_role = dict(zip(export.roles, row, strict=True))
    day = _day(by_role["date"], export.date_pattern)
    values = [_number(export, metric, by_role[metric]) for metric in METRICS]
    if day is None or None in values:
        return None
    key = (
        export.platform or by_role["platform"],
        day.isoformat(),
        by_role.get("campaign", ""),
        by_role.get("campaign_type", ""),
    )
    return key, tuple(value for value in values if value is not None)


def _day(cell: str, pattern: str) -> datetime.date | None:
    try:
        day = datetime.datetime.strptime(cell, pattern).date()
    except ValueError:
        return None
    return day if day.strftime(pattern) == cell else None


def _number(export: Export, role: str, cell: str) -> float | None:
    """A number in the notation of the export; None if it is not exactly that."""
    if cell == "" and export.blank_zeros and role in ("conversions", "revenue"):
        return 0.0
    if role in ("cost", "revenue") and export.sign:
        if not cell.startswith(export.sign):
            return None
        cell = cell.removeprefix(export.sign)
    mark = re.escape(export.decimal)
    grouped = rf"[0-9]{{1,3}}(?:{re.escape(export.thousands)}[0-9]{{3}})*"
    whole = "[0-9]+" if not export.thousands else grouped
    if not re.fullmatch(rf"{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+", cell):
        return None
    plain = cell.replace(export.thousands, "") if export.thousands else cell
    value = float(plain.replace(export.decimal, "."))
    return value / 1e6 if export.micros and role == "cost" else value
