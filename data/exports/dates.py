"""Parsing of date columns; one format per file, inferred from the whole file."""

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, data_error, shown
from .settings import DateFormat

Days = NDArray[np.datetime64]

_CLOCK = r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?(?:Z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_CLOCK}", re.ASCII)
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_CLOCK}", re.ASCII)
_ALLOWED = (
    "a date as 2024-01-31 (YYYY-MM-DD), or as 31-01-2024 or 01-31-2024 with the same order in the "
    "whole file; - / or . between the parts, optionally followed by a time of day"
)
_MAX_GAP = 3 * 365  # days between neighbouring dates, above which one has a wrong year
_MAX_GAP_OF_SINGLE_DAY = 180  # the same, in days, if one side of the gap is a single day
_MAX_SPAN = 20 * 366  # maximum length of a history, days


class _DateParts(NamedTuple):
    """The three numbers of one date, in the order of its text."""

    year_first: bool
    separator: str
    first: int
    second: int
    third: int


class DateColumn(NamedTuple):
    """Cells of a column of dates and their place in the file."""

    file: str  # name, for messages
    name: str  # name of the column, for messages
    cells: Sequence[str]  # (rows,) trimmed text
    lines: Sequence[int]  # (rows,) line of each cell

    def error(self, cell: str, given: str, fix: str) -> DataError:
        """Error about the first row with this cell."""
        line = self.lines[self.cells.index(cell)]
        return data_error(self.file, given, _ALLOWED, fix, row=line, column=self.name)


def parse_days(column: DateColumn, date_format: DateFormat | None) -> tuple[Days, list[str]]:
    """Days of one column, and notes on the inferred format.

    Ambiguous dates (01-02-2024) take the format of the rest of the file: that of any entry with a
    day above 12, otherwise the one in which the days are contiguous.

    Args:
        column: the cells, at least one.
        date_format: format given by the user, or None to infer it.

    Returns:
        (rows,) datetime64[D], and the notes.

    Raises:
        DataError: a cell is not a date or differs from the others in format, the format is
            ambiguous, or a year is a typing error.
    """
    counts = Counter(column.cells)
    parts = {cell: _split(column, cell) for cell in counts}
    _refuse_mixture(column, counts, parts)
    order, notes = _order(column, counts, parts, date_format)
    days = {cell: _day(column, cell, part, order) for cell, part in parts.items()}
    _refuse_typing_errors(column, counts, days)
    return np.array([days[cell] for cell in column.cells], dtype="datetime64[D]"), notes


def _split(column: DateColumn, cell: str) -> _DateParts:
    if match := _YEAR_FIRST.fullmatch(cell):
        return _DateParts(True, match[2], int(match[1]), int(match[3]), int(match[4]))
    if match := _YEAR_LAST.fullmatch(cell):
        return _DateParts(False, match[2], int(match[1]), int(match[3]), int(match[4]))
    given, fix = f"{shown(cell)} is not a date", "correct the date or delete the row"
    if not cell:
        given = "the date is blank"
    elif cell.lower() == column.name.lower():
        given, fix = "the header is repeated in this row", "delete this row"
    elif "total" in cell.lower():
        given, fix = f"{shown(cell)} marks a row of totals", "delete this row"
    elif re.fullmatch(r"\d{5}(?:\.\d+)?", cell):
        given = f"{shown(cell)} looks like the day number of a spreadsheet"
        fix = "format the column as YYYY-MM-DD dates and save again"
    elif re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}.*", cell):
        given, fix = f"{shown(cell)} has a year of two digits", "write years with four digits"
    raise column.error(cell, given, fix)


def _refuse_mixture(column: DateColumn, counts: Counter[str], parts: dict[str, _DateParts]) -> None:
    """Raises for the first date whose order or separator differs from that of most rows."""
    shapes: Counter[tuple[bool, str]] = Counter()
    for cell, part in parts.items():
        shapes[part.year_first, part.separator] += counts[cell]
    majority = shapes.most_common(1)[0][0]
    for cell, part in parts.items():
        if (part.year_first, part.separator) != majority:
            example = next(c for c, p in parts.items() if (p.year_first, p.separator) == majority)
            raise _mixed(column, cell, example)


def _mixed(column: DateColumn, cell: str, example: str) -> DataError:
    return column.error(
        cell,
        f"{shown(cell)} has another format than {shown(example)} and most rows of the file",
        "export the file again; a spreadsheet may have swapped days and months in some rows, which "
        "cannot be reversed by hand",
    )


def _order(
    column: DateColumn,
    counts: Counter[str],
    parts: dict[str, _DateParts],
    date_format: DateFormat | None,
) -> tuple[DateFormat, list[str]]:
    """Format of the whole file, and a note if it was inferred."""
    if next(iter(parts.values())).year_first:
        return "YYYY-MM-DD", []
    if date_format is not None:
        return date_format, [f"{column.file}: dates read as {date_format} (data.date_format)."]
    day_first = {cell: counts[cell] for cell, part in parts.items() if 12 < part.first <= 31}
    month_first = {cell: counts[cell] for cell, part in parts.items() if 12 < part.second <= 31}
    if day_first and month_first:
        minority, majority = sorted((month_first, day_first), key=lambda c: sum(c.values()))
        raise _mixed(column, next(iter(minority)), next(iter(majority)))
    if day_first or month_first:
        order: DateFormat = "DD-MM-YYYY" if day_first else "MM-DD-YYYY"
        example = next(iter(day_first or month_first))
        return order, [f"{column.file}: dates read as {order}, because of {shown(example)}."]
    return _order_by_contiguity(column, parts)


def _order_by_contiguity(
    column: DateColumn, parts: dict[str, _DateParts]
) -> tuple[DateFormat, list[str]]:
    readings: dict[DateFormat, set[datetime.date]] = {
        order: {_day(column, cell, part, order) for cell, part in parts.items()}
        for order in ("DD-MM-YYYY", "MM-DD-YYYY")
    }
    if all(part.first == part.second for part in parts.values()):
        return "DD-MM-YYYY", []
    contiguous = [order for order, days in readings.items() if _is_contiguous(days)]
    if len(contiguous) == 1:
        note = f"{column.file}: dates read as {contiguous[0]}, in which the days are contiguous."
        return contiguous[0], [note]
    cell = next(cell for cell, part in parts.items() if part.first != part.second)
    raise column.error(
        cell,
        f"{shown(cell)} may have the day or the month first, and no other row of the file settles "
        "which",
        "set data.date_format to DD-MM-YYYY or MM-DD-YYYY",
    )


def _is_contiguous(days: Iterable[datetime.date]) -> bool:
    ordinals = {day.toordinal() for day in days}
    return max(ordinals) - min(ordinals) + 1 == len(ordinals)


def _day(column: DateColumn, cell: str, part: _DateParts, order: DateFormat) -> datetime.date:
    if part.year_first != (order == "YYYY-MM-DD"):
        raise column.error(
            cell,
            f"{shown(cell)} is not a date of the format {order} of data.date_format",
            f"set data.date_format to null or any of {', '.join(get_args(DateFormat))}",
        )
    year, month, day = part.first, part.second, part.third
    if order == "DD-MM-YYYY":
        year, month, day = part.third, part.second, part.first
    elif order == "MM-DD-YYYY":
        year, month, day = part.third, part.first, part.second
    try:
        return datetime.date(year, month, day)
    except ValueError:
        given = f"{shown(cell)}, read as {order}, does not exist"
        raise column.error(cell, given, "correct the date or delete the row") from None


def _refuse_typing_errors(
    column: DateColumn, counts: Counter[str], days: dict[str, datetime.date]
) -> None:
    """Raises for days so far from all others that their year must be wrong."""
    cells = sorted(days, key=lambda cell: days[cell])
    ordinals = np.array([days[cell].toordinal() for cell in cells])
    for index in np.flatnonzero(np.diff(ordinals) > _MAX_GAP_OF_SINGLE_DAY):
        before, after = cells[: index + 1], cells[index + 1 :]
        minority = min(before, after, key=lambda side: sum(counts[cell] for cell in side))
        single_day = len({days[cell] for cell in minority}) == 1
        gap = int(ordinals[index + 1] - ordinals[index])
        if gap > _MAX_GAP or single_day:
            raise column.error(
                minority[0],
                f"{shown(minority[0])} is {gap:,} days away from the nearest other date",
                "correct the year or delete the row",
            )
    if ordinals[-1] - ordinals[0] >= _MAX_SPAN:
        raise column.error(
            cells[0],
            f"the dates span {shown(cells[0])} to {shown(cells[-1])}, more than twenty years",
            "correct the years or export a shorter period",
        )
