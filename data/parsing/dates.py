"""Days of a column of text, in one notation that the whole column settles; time zones; rhythms."""

import datetime
import zoneinfo
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, DataError, data_error, shown, with_setting
from .date_cells import DMY, MDY, YMD, DateCell, DateFormat, not_a_day, read_cell

Days = NDArray[np.datetime64]

_ALLOWED = (
    "days in one notation in the whole file, such as 2024-01-31, 31/01/2024 or 01/31/2024 (one "
    "order), 20240131, 31-Jan-24, Jan 31, 2024 or 31. Januar 2024; a time of day may follow"
)
_MAX_GAP = 3 * 365  # days between neighbouring dates; one of them has a wrong year beyond
_MAX_GAP_OF_SINGLE_DAY = 180  # days, where one side of the gap is a single day
_MAX_SPAN = 20 * 366  # days of a history
_MIN_SWAPPED = 3  # distinct dates that two orders in one file must explain
_MIDNIGHT = datetime.time(0)
_END_OF_DAY = datetime.time(23, 59)


class DateColumn(NamedTuple):
    """Cells of a column of dates and their place in the file."""

    file: str  # name, for messages
    name: str  # name of the column, for messages
    cells: Sequence[str]  # (rows,) trimmed text
    lines: Sequence[int]  # (rows,) line of each cell

    def error(self, cell: str, given: str, fix: str, setting: str | None = None) -> DataError:
        """Error about the first row with this cell."""
        line = self.lines[self.cells.index(cell)]
        return data_error(
            self.file, given, _ALLOWED, fix, row=line, column=self.name, setting=setting
        )


_Cells = dict[str, DateCell]
_DayOf = dict[str, datetime.date]  # by cell


def parse_days(
    column: DateColumn, date_format: DateFormat | None, timezone: str | None = None
) -> tuple[Days, list[str]]:
    """Days of one column, and notes on what was inferred.

    The order of day, month and a year of two digits is that of the whole file: the only one in
    which all dates exist, otherwise the only one in which the days are contiguous. Years of two
    digits are 1969 to 2068. Time stamps with a time zone are read as days of `timezone`, unless all
    are midnights of the zone that they name: these are days. Stamps without a zone are local.

    Args:
        column: the cells, at least one.
        date_format: format given by the user, or None to infer it; the separator is free.
        timezone: the account's time zone (IANA), such as Europe/Berlin; None if not known.

    Returns:
        (rows,) datetime64[D], and the notes.

    Raises:
        ConfigError: the time zone is unknown.
        DataError: a cell is not a day or differs from the others in format, the format is
            ambiguous, two orders are mixed, a year is a typing error, or the days of time stamps
            depend on a time zone that is not known.
    """
    counts = Counter(column.cells)
    cells = {cell: _read(column, cell) for cell in counts}
    _refuse_mixture(column, counts, cells)
    order, notes = _order(column, counts, cells, date_format)
    days = {cell: _day(column, cell, parts, order) for cell, parts in cells.items()}
    _refuse_two_orders(column, cells, order, days)
    if (error := _typing_error(counts, days)) is not None:
        raise column.error(*error)
    days, zone_notes = _in_zone(column, cells, days, timezone)
    result = np.array([days[cell] for cell in column.cells], dtype="datetime64[D]")
    return result, [*notes, *zone_notes]


def _read(column: DateColumn, cell: str) -> DateCell:
    parts = read_cell(cell)
    if parts is not None:
        return parts
    given, fix, setting = f"{shown(cell)} is not a date", "correct the date or delete the row", None
    if not cell:
        given = "the date is blank"
    elif cell.lower() == column.name.lower():
        given, fix = "the header is repeated in this row", "delete this row"
    elif "total" in cell.lower():
        given, fix = f"{shown(cell)} marks a row of totals", "delete this row"
    elif period := not_a_day(cell):
        given = f"{shown(cell)} is {period}, not a day"
        fix = "export one row per day"
        setting = "data.weekly=spread spreads weeks over their days"
    raise column.error(cell, given, fix, setting)


def _refuse_mixture(column: DateColumn, counts: Counter[str], cells: _Cells) -> None:
    """Raises for the first date whose shape differs from that of most rows."""
    shapes: Counter[str] = Counter()
    for cell, parts in cells.items():
        shapes[parts.shape] += counts[cell]
    majority = shapes.most_common(1)[0][0]
    for cell, parts in cells.items():
        if parts.shape != majority:
            example = next(c for c, p in cells.items() if p.shape == majority)
            raise _mixed(column, cell, example, f" ({parts.shape})")


def _mixed(column: DateColumn, cell: str, example: str, shape: str = "") -> DataError:
    return column.error(
        cell,
        f"{shown(cell)}{shape} has another format than {shown(example)} and most rows of the file",
        "export the file again; a spreadsheet may have swapped days and months in some rows, which "
        "cannot be reversed by hand",
    )


def _order(
    column: DateColumn, counts: Counter[str], cells: _Cells, date_format: DateFormat | None
) -> tuple[DateFormat, list[str]]:
    """Order of the parts in the whole file, and a note if it was inferred."""
    orders = [f for f in get_args(DateFormat) if any(f in p.formats for p in cells.values())]
    cell, parts = next(iter(cells.items()))
    if parts.is_serial:
        note = f"{column.file}: day numbers of a spreadsheet, {shown(cell)} is {parts.day(YMD)}."
        return YMD, [note]
    if len(orders) == 1:
        return orders[0], []
    if date_format is not None:
        text = f"{column.file}: dates read as {date_format}."
        return date_format, [with_setting(text, "data.date_format says so")]
    invalid = {
        f: [c for c, p in cells.items() if f not in p.formats or p.day(f) is None] for f in orders
    }
    possible = [f for f in orders if not invalid[f]]
    if not possible:
        raise _no_order(column, counts, cells, invalid)
    if len(possible) == 1:
        example = next(cell for f in reversed(orders) for cell in invalid[f])
        note = f"{column.file}: dates read as {possible[0]}, because of {shown(example)}."
        return possible[0], [note]
    readings = {f: {c: _day(column, c, p, f) for c, p in cells.items()} for f in possible}
    return _order_by_contiguity(column, counts, readings)


def _no_order(
    column: DateColumn,
    counts: Counter[str],
    cells: _Cells,
    invalid: dict[DateFormat, list[str]],
) -> DataError:
    """Error about the first date that does not exist in the order of most rows."""
    order = min(invalid, key=lambda f: sum(counts[cell] for cell in invalid[f]))
    cell = invalid[order][0]
    other = next((f for f in invalid if cell not in invalid[f]), None)
    if other is None:
        return _does_not_exist(column, cell, order)
    example = next((c for c in invalid[other] if c not in invalid[order]), None)
    return _mixed(column, cell, example or next(c for c in cells if c not in invalid[order]))


def _order_by_contiguity(
    column: DateColumn, counts: Counter[str], readings: dict[DateFormat, _DayOf]
) -> tuple[DateFormat, list[str]]:
    plausible = {f for f, days in readings.items() if _typing_error(counts, days) is None}
    is_torn = YMD in readings and (YMD in plausible) == (plausible <= {YMD})
    if is_torn:  # into single days of many years, unless the year is first, or unless it is last
        readings = {f: d for f, d in readings.items() if (f == YMD) == (YMD in plausible)}
    first, *others = readings
    if all(readings[first] == readings[order] for order in others):
        note = f"{column.file}: dates read as {first}; otherwise they lie years apart."
        return first, [note] if is_torn else []
    contiguous = [f for f, days in readings.items() if _missing(days.values()) == 0]
    rest = [days for f, days in readings.items() if f not in contiguous]
    is_monthly = any(all(day.day == 1 for day in days.values()) for days in rest)
    if len(contiguous) == 1 and not is_monthly:  # 01/01 to 01/12 may be twelve months
        note = f"{column.file}: dates read as {contiguous[0]}, in which the days are contiguous."
        return contiguous[0], [note]
    cell = next(c for c in counts if len({days[c] for days in readings.values()}) > 1)
    parts = "the day, the month or the year" if YMD in readings else "the day or the month"
    raise column.error(
        cell,
        f"{shown(cell)} may have {parts} first, and no other row of the file settles which",
        "write the days as YYYY-MM-DD, or export a longer period",
        f"data.date_format is {' or '.join(readings)}",
    )


def _missing(days: Iterable[datetime.date]) -> int:
    """Number of days without a date between the first date and the last."""
    ordinals = {day.toordinal() for day in days}
    return max(ordinals) - min(ordinals) + 1 - len(ordinals)


def _day(column: DateColumn, cell: str, parts: DateCell, order: DateFormat) -> datetime.date:
    if order not in parts.formats:
        raise column.error(
            cell,
            f"{shown(cell)} is not a date of the format {order} that was given",
            "correct the date",
            f"set data.date_format to null or any of {', '.join(get_args(DateFormat))}",
        )
    day = parts.day(order)
    if day is None:
        raise _does_not_exist(column, cell, order)
    return day


def _does_not_exist(column: DateColumn, cell: str, order: DateFormat) -> DataError:
    given = f"{shown(cell)}, read as {order}, does not exist"
    return column.error(cell, given, "correct the date or delete the row")


def _refuse_two_orders(column: DateColumn, cells: _Cells, order: DateFormat, days: _DayOf) -> None:
    """Raises if the days fit together only with day and month swapped wherever both are <= 12.

    So they do after a spreadsheet has swapped some dates: MM/DD for days 1 to 12, DD/MM for the
    rest.
    """
    if order == YMD:
        return
    swapped = {
        cell: day
        for cell, parts in cells.items()
        if MDY in parts.formats
        and DMY in parts.formats
        and (day := parts.day(MDY if order == DMY else DMY)) not in (None, days[cell])
    }
    if len(swapped) < _MIN_SWAPPED or len(swapped) == len(cells):
        return
    mixture = {**days, **swapped}
    steps, steps_of_mixture = (_steps(column.cells, reading) for reading in (days, mixture))
    is_closer = 2 * _missing(mixture.values()) < _missing(days.values())
    if is_closer or steps_of_mixture > max(steps, 0.8):
        example = next(cell for cell in cells if cell not in swapped)
        raise _mixed(column, next(iter(swapped)), example)


def _steps(cells: Sequence[str], days: _DayOf) -> float:
    """Share of the changes of date from row to row that are to a neighbouring day."""
    ordinals = np.array([days[cell].toordinal() for cell in cells])
    changes = np.diff(ordinals)
    changes = np.abs(changes[changes != 0])
    return float(np.mean(changes == 1)) if changes.size else 0.0


def _typing_error(counts: Counter[str], days: _DayOf) -> tuple[str, str, str] | None:
    """Cell, problem and fix of a day so far from all others that its year must be wrong."""
    cells = sorted(days, key=lambda cell: days[cell])
    ordinals = np.array([days[cell].toordinal() for cell in cells])
    for index in np.flatnonzero(np.diff(ordinals) > _MAX_GAP_OF_SINGLE_DAY):
        before, after = cells[: index + 1], cells[index + 1 :]
        minority = min(before, after, key=lambda side: sum(counts[cell] for cell in side))
        single_day = len({days[cell] for cell in minority}) == 1
        gap = int(ordinals[index + 1] - ordinals[index])
        if gap > _MAX_GAP or single_day:
            cell = minority[0]
            given = f"{shown(cell)} is {gap:,} days away from the nearest other date"
            return cell, given, "correct the year or delete the row"
    if ordinals[-1] - ordinals[0] < _MAX_SPAN:
        return None
    given = f"the dates span {shown(cells[0])} to {shown(cells[-1])}, more than twenty years"
    return cells[0], given, "correct the years or export a shorter period"


def _in_zone(
    column: DateColumn, cells: _Cells, days: _DayOf, timezone: str | None
) -> tuple[_DayOf, list[str]]:
    """Days of time stamps in the account's time zone, and notes."""
    zone = None if timezone is None else time_zone(timezone)
    shifted = [c for c, parts in cells.items() if parts.offset is not None]
    if not shifted:
        _refuse_shifted_midnights(column, cells, days)
        return days, []
    late = next((c for c in shifted if cells[c].clock != _MIDNIGHT), None)
    if late is None:
        note = f"{column.file}: midnights such as {shown(shifted[0])} read as the days they name."
        return days, [note]
    if zone is None:
        raise column.error(
            late,
            f"{shown(late)} is a time stamp of a time zone; the account's day may be another",
            "export the account's days alone, without times",
            "data.timezone is the time zone of the ad account, such as Europe/Berlin",
        )
    local = {}
    for cell, parts in cells.items():
        own_zone = datetime.timezone(parts.offset or datetime.timedelta(0))
        stamp = datetime.datetime.combine(days[cell], parts.clock or _MIDNIGHT, own_zone)
        local[cell] = stamp.astimezone(zone).date()
    note = f"{column.file}: time stamps read as days in {timezone}, {shown(late)} as {local[late]}."
    return local, [note]


def _refuse_shifted_midnights(column: DateColumn, cells: _Cells, days: _DayOf) -> None:
    """Raises if all days have one time of day, such as 23:00: a midnight of another time zone.

    Two times, an hour apart, are one midnight in summer and winter.
    """
    times = {parts.clock or _MIDNIGHT for parts in cells.values()}
    minutes = [60 * clock.hour + clock.minute for clock in times]
    if len(set(days.values())) < 2 or max(minutes) - min(minutes) > 60:
        return
    if len(times) <= 2 and _MIDNIGHT < min(times) < _END_OF_DAY:
        raise column.error(
            column.cells[0],
            f"{shown(column.cells[0])} has the same time of day as all rows, perhaps the midnight "
            "of another time zone",
            "write the day alone",
            "if the times are in UTC, end them in Z and set data.timezone to the time zone of the "
            "ad account",
        )


def time_zone(name: str) -> zoneinfo.ZoneInfo:
    """Time zone of an IANA name.

    Raises:
        ConfigError: there is none of this name.
    """
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f"data.timezone: {shown(name)} does not fit. Allowed: an IANA name such as "
            "Europe/Berlin, America/New_York or UTC. To fix: correct it, or set it to null."
        ) from error
