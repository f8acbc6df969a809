"""Days from text: one format for a whole file, decided from the whole file."""

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
    "a date as 2024-01-31 (YYYY-MM-DD), or as 31-01-2024 or 01-31-2024 with one order in the whole "
    "file; - / or . between the parts, a time of day after it or not"
)
_FAR = 3 * 365  # days between neighbours beyond which one of them has a wrong year
_LONE = 180  # days from all others at which a single day has a wrong year
_LONGEST = 20 * 366  # days a history may span


class _Parts(NamedTuple):
    """The three numbers of one date, in the order they were written."""

    year_first: bool
    separator: str
    first: int
    second: int
    third: int


class Column(NamedTuple):
    """One column of dates and where it came from."""

    file: str  # name, for messages
    name: str  # name of the column, for messages
    cells: Sequence[str]  # (rows,) trimmed text
    lines: Sequence[int]  # (rows,) line of each cell

    def error(self, cell: str, given: str, remedy: str) -> DataError:
        """The error about the first row that holds a cell."""
        line = self.lines[self.cells.index(cell)]
        return data_error(self.file, given, _ALLOWED, remedy, row=line, column=self.name)


def parse_days(column: Column, date_format: DateFormat | None) -> tuple[Days, list[str]]:
    """Days of one column.

    A date whose order is ambiguous (01-02-2024) is read as the rest of the file demands: an entry
    with a day above 12 decides, else the reading in which the days are contiguous.

    Args:
        column: the cells, at least one.
        date_format: what the user said the format is, or None to decide.

    Returns:
        (rows,) datetime64[D], and notes on what was decided.

    Raises:
        DataError: a cell is no date or has another format than the others, the order cannot be
            decided, or a year is a typing error.
    """
    counts = Counter(column.cells)
    parts = {cell: _split(column, cell) for cell in counts}
    _refuse_mixture(column, counts, parts)
    order, notes = _order(column, counts, parts, date_format)
    days = {cell: _day(column, cell, part, order) for cell, part in parts.items()}
    _refuse_typing_errors(column, counts, days)
    return np.array([days[cell] for cell in column.cells], dtype="datetime64[D]"), notes


def _split(column: Column, cell: str) -> _Parts:
    if match := _YEAR_FIRST.fullmatch(cell):
        return _Parts(True, match[2], int(match[1]), int(match[3]), int(match[4]))
    if match := _YEAR_LAST.fullmatch(cell):
        return _Parts(False, match[2], int(match[1]), int(match[3]), int(match[4]))
    given, remedy = f"{shown(cell)} is not a date", "correct the date or delete the row"
    if not cell:
        given = "the date is blank"
    elif cell.lower() == column.name.lower():
        given, remedy = "the header is repeated here", "delete this row"
    elif "total" in cell.lower():
        given, remedy = f"{shown(cell)} marks a row of totals", "delete this row"
    elif re.fullmatch(r"\d{5}(?:\.\d+)?", cell):
        given = f"{shown(cell)} looks like a spreadsheet's day number"
        remedy = "format the column as a date YYYY-MM-DD and save again"
    elif re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}.*", cell):
        given, remedy = f"{shown(cell)} has a year of two digits", "write years with four digits"
    raise column.error(cell, given, remedy)


def _refuse_mixture(column: Column, counts: Counter[str], parts: dict[str, _Parts]) -> None:
    """One shape of date a file: what most rows have; the first row that differs is named."""
    shapes: Counter[tuple[bool, str]] = Counter()
    for cell, part in parts.items():
        shapes[part.year_first, part.separator] += counts[cell]
    usual = shapes.most_common(1)[0][0]
    for cell, part in parts.items():
        if (part.year_first, part.separator) != usual:
            example = next(c for c, p in parts.items() if (p.year_first, p.separator) == usual)
            raise _mixed(column, cell, example)


def _mixed(column: Column, cell: str, example: str) -> DataError:
    return column.error(
        cell,
        f"{shown(cell)} is written otherwise than {shown(example)} and most rows of the file",
        "export the file again; a spreadsheet may have swapped days and months in some rows, which "
        "cannot be undone by hand",
    )


def _order(
    column: Column,
    counts: Counter[str],
    parts: dict[str, _Parts],
    date_format: DateFormat | None,
) -> tuple[DateFormat, list[str]]:
    """The format of the whole file, and a note when it had to be decided."""
    if next(iter(parts.values())).year_first:
        return "YYYY-MM-DD", []
    if date_format is not None:
        return date_format, [f"{column.file}: dates read as {date_format} (data.date_format)."]
    day_first = {cell: counts[cell] for cell, part in parts.items() if 12 < part.first <= 31}
    month_first = {cell: counts[cell] for cell, part in parts.items() if 12 < part.second <= 31}
    if day_first and month_first:
        fewer, more = sorted((month_first, day_first), key=lambda cells: sum(cells.values()))
        raise _mixed(column, next(iter(fewer)), next(iter(more)))
    if day_first or month_first:
        order: DateFormat = "DD-MM-YYYY" if day_first else "MM-DD-YYYY"
        proof = next(iter(day_first or month_first))
        return order, [f"{column.file}: dates read as {order}, as {shown(proof)} shows."]
    return _order_by_contiguity(column, parts)


def _order_by_contiguity(column: Column, parts: dict[str, _Parts]) -> tuple[DateFormat, list[str]]:
    readings: dict[DateFormat, set[datetime.date]] = {
        order: {_day(column, cell, part, order) for cell, part in parts.items()}
        for order in ("DD-MM-YYYY", "MM-DD-YYYY")
    }
    if all(part.first == part.second for part in parts.values()):
        return "DD-MM-YYYY", []
    fitting = [order for order, days in readings.items() if _contiguous(days)]
    if len(fitting) == 1:
        note = f"{column.file}: dates read as {fitting[0]}, which makes the days contiguous."
        return fitting[0], [note]
    cell = next(cell for cell, part in parts.items() if part.first != part.second)
    raise column.error(
        cell,
        f"{shown(cell)} can be read with the day first or the month first, and no other row of "
        "the file decides it",
        "set data.date_format to DD-MM-YYYY or MM-DD-YYYY",
    )


def _contiguous(days: Iterable[datetime.date]) -> bool:
    ordinals = {day.toordinal() for day in days}
    return max(ordinals) - min(ordinals) + 1 == len(ordinals)


def _day(column: Column, cell: str, part: _Parts, order: DateFormat) -> datetime.date:
    if part.year_first != (order == "YYYY-MM-DD"):
        raise column.error(
            cell,
            f"{shown(cell)} is not written as {order}, which data.date_format asks for",
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
        given = f"{shown(cell)} read as {order} is a day that does not exist"
        raise column.error(cell, given, "correct the date or delete the row") from None


def _refuse_typing_errors(
    column: Column, counts: Counter[str], days: dict[str, datetime.date]
) -> None:
    """Years that cannot be meant: days far from all others."""
    cells = sorted(days, key=lambda cell: days[cell])
    ordinals = np.array([days[cell].toordinal() for cell in cells])
    for at in np.flatnonzero(np.diff(ordinals) > _LONE):
        before, after = cells[: at + 1], cells[at + 1 :]
        fewer = min(before, after, key=lambda side: sum(counts[cell] for cell in side))
        lone = len({days[cell] for cell in fewer}) == 1
        gap = int(ordinals[at + 1] - ordinals[at])
        if gap > _FAR or lone:
            raise column.error(
                fewer[0],
                f"{shown(fewer[0])} is {gap:,} days away from the nearest other date of the file",
                "correct the year or delete the row",
            )
    if ordinals[-1] - ordinals[0] >= _LONGEST:
        raise column.error(
            cells[0],
            f"the dates span {shown(cells[0])} to {shown(cells[-1])}, more than twenty years",
            "correct the years or export a shorter period",
        )
