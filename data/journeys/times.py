"""Times of landings: text in one notation, or units since 1970, as the account's local time."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DataError, data_error, shown
from ..exports import DataSettings
from ..formats import TimeColumn
from ..parsing import DateColumn, parse_days
from ..types import Ints

Times = NDArray[np.datetime64]  # datetime64[s]
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([AaPp])[Mm])?Z?", re.ASCII)
_STAMP = re.compile(
    r"(?P<day>.+?)(?:T|,? +)(?P<clock>\d{1,2}(?::\d{2}(?::\d{2}(?:[.,]\d+)?)?)?"
    r"(?P<half> ?[AaPp]\.?[Mm]\.?)?) ?(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
_UNITS = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}  # per second
_DIGITS = {10: "seconds", 13: "milliseconds", 16: "microseconds"}  # of a number since 1970
_YEARS = (946_684_800, 4_102_444_800)  # seconds since 1970 of the years 2000 to 2099
_FIRST_AMBIGUOUS = 2_000_000_000  # from here, ten digits may be YYYYMMDDHH; it is the year 2033
_MAX_OFFSET = 14 * 3600  # of a time zone from UTC, seconds
_COMPACT = {"date hour": 10, "date hour minute": 12}  # digits


class TimeCells(NamedTuple):
    """Cells of a column of times and their place in the file."""

    file: str  # name, for messages
    name: str  # heading, for messages
    cells: Sequence[str]  # (rows,) trimmed text
    lines: Sequence[int]  # (rows,) line of each cell

    def error(
        self, row: int, given: str, allowed: str, fix: str, setting: str | None = None
    ) -> DataError:
        """Error about one row."""
        line, name = self.lines[row], self.name
        return data_error(self.file, given, allowed, fix, row=line, column=name, setting=setting)


def parse_times(
    column: TimeCells, declared: TimeColumn, settings: DataSettings
) -> tuple[Times, list[str]]:
    """Local times of a column, and notes on what was inferred.

    Args:
        column: the cells, at least one.
        declared: notation and zone of the column.
        settings: date format, and the time zone of the ad account.

    Returns:
        (rows,) datetime64[s], local times of the account, and the notes.

    Raises:
        DataError: a cell is not a time of the notation, notations or zones are mixed, or times are
            in UTC and the time zone of the account is not known.
    """
    blank = next((row for row, cell in enumerate(column.cells) if not cell), None)
    if blank is not None:
        allowed = "a date and a time of day in every row"
        raise column.error(blank, "the time is blank", allowed, "complete the row or delete it")
    notation = _notation(column) if declared.notation == "any" else declared.notation
    if notation in _UNITS:
        return in_account(column, _since_1970(column, notation), settings)
    if notation in _COMPACT and all(map(str.isdecimal, column.cells)):
        return _compact(column, _COMPACT[notation]), []
    return _text(column, declared, settings)


def seconds_of(clock: str) -> int:
    """Seconds since midnight, -1 if the text is not a time of day."""
    match = _CLOCK.fullmatch(clock.strip())
    if match is None:
        return -1
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        if not 1 <= hour <= 12:
            return -1
        hour = hour % 12 + (12 if match[4] in "Pp" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return -1
    return hour * 3600 + minute * 60 + second


def _notation(column: TimeCells) -> str:
    """Unit of a column of numbers, by their digits; text if the first cell is no number."""
    first = column.cells[0]
    unit = _DIGITS.get(len(first)) if first.isdecimal() else None
    if unit is None:
        return "text"
    if int(first) // _UNITS[unit] >= _FIRST_AMBIGUOUS:
        raise column.error(
            0,
            f"{shown(first)} may be a date and hour or a number of {unit} since 1970",
            "a date and time such as 2024-01-31 23:59:59",
            "write the times as text",
        )
    return unit


def _since_1970(column: TimeCells, unit: str) -> Ints:
    """(rows,) seconds since 1970."""
    per_second = _UNITS[unit]
    first, last = (year * per_second for year in _YEARS)
    try:
        values = np.array(column.cells, dtype="U20").astype(np.int64)
        is_valid = (values >= first) & (values < last)
    except (ValueError, OverflowError):
        is_valid = np.array([c.isdecimal() and first <= int(c) < last for c in column.cells])
        values = np.zeros(len(is_valid), np.int64)
    if not is_valid.all():
        row = int(np.argmin(is_valid))
        raise column.error(
            row,
            f"{shown(column.cells[row])} is not a time",
            f"whole {unit} since 1970, of the years 2000 to 2099",
            "export the file again; a spreadsheet may have rounded the numbers",
        )
    return np.asarray(values // per_second, np.int64)


def in_account(
    column: TimeCells, utc: Ints, settings: DataSettings, row: int = 0
) -> tuple[Times, list[str]]:
    """Local times of seconds since 1970 in UTC, and a note; `row` is the example of messages.

    Raises:
        DataError: the time zone of the account is not known.
    """
    cell = shown(column.cells[row])
    if settings.timezone is None:
        raise column.error(
            row,
            f"{cell} is a time in UTC or with a time zone; in the ad account it may be another day",
            "local times of the ad account; others with its time zone",
            "export local times, without a time zone",
            "data.timezone is the time zone of the ad account, such as Europe/Berlin, or UTC",
        )
    stamps = pd.DatetimeIndex(utc.astype("datetime64[s]")).tz_localize("UTC")
    local = (
        stamps.tz_convert(settings.timezone).tz_localize(None).to_numpy().astype("datetime64[s]")
    )
    example = str(local[row]).replace("T", " ")
    return local, [f"{column.file}: times read in {settings.timezone}, {cell} as {example}."]


def _compact(column: TimeCells, digits: int) -> Times:
    """Times of YYYYMMDDHH or YYYYMMDDHHMM."""
    parsed: dict[str, np.datetime64] = {}
    for row, cell in enumerate(column.cells):
        if cell not in parsed:
            day, hour, minute = cell[:8], cell[8:10], cell[10:12] or "00"
            try:
                if len(cell) != digits:
                    raise ValueError
                text = f"{day[:4]}-{day[4:6]}-{day[6:]}T{hour}:{minute}:00"
                parsed[cell] = np.datetime64(text, "s")
            except ValueError as error:
                given, allowed = f"{shown(cell)} is not a time", "YYYYMMDDHHMM"[:digits]
                raise column.error(row, given, allowed, "export the file again") from error
    return np.array([parsed[cell] for cell in column.cells], dtype="datetime64[s]")


def _text(
    column: TimeCells, declared: TimeColumn, settings: DataSettings
) -> tuple[Times, list[str]]:
    """Times of text, with or without a zone."""
    days: dict[str, int] = {}  # text of a day -> its row
    clocks: dict[tuple[str, str], int] = {}  # time of day and zone -> code
    codes = np.empty((2, len(column.cells)), np.int64)
    seconds: list[int] = []
    offsets: list[int | None] = []
    first_rows: list[int] = []
    has_hours = len(declared.headings) == 2 or declared.notation in _COMPACT
    for row, cell in enumerate(column.cells):
        match = _STAMP.fullmatch(cell)
        clock = "" if match is None else _clock(match, has_hours=has_hours)
        zone = "" if match is None else match["zone"] or ""
        key = (clock, zone)
        if match is None or key not in clocks:
            clocks[key] = len(clocks)
            seconds.append(_valid_seconds(column, row, clock))
            offsets.append(_valid_offset(column, row, zone))
        day = "" if match is None else match["day"]
        if day not in days:
            days[day] = len(days)
            first_rows.append(row)
        codes[:, row] = days[day], clocks[key]
    lines = [column.lines[row] for row in first_rows]
    cells = DateColumn(column.file, column.name, list(days), lines)
    parsed, notes = parse_days(cells, settings.date_format)
    local = parsed[codes[0]].astype("datetime64[s]").astype(np.int64)
    local += np.array(seconds, np.int64)[codes[1]]
    return _zoned(column, declared, settings, (local, codes[1], offsets, notes))


def _zoned(
    column: TimeCells,
    declared: TimeColumn,
    settings: DataSettings,
    read: tuple[Ints, Ints, list[int | None], list[str]],
) -> tuple[Times, list[str]]:
    """Local times of seconds as written, whose codes lead to offsets from UTC in seconds."""
    seconds, codes, offsets, notes = read
    if all(offset is None for offset in offsets):
        if declared.zone == "account":
            return seconds.astype("datetime64[s]"), notes
        local, zone_notes = in_account(column, seconds, settings)
        return local, [*notes, *zone_notes]
    if None in offsets:
        row = int(np.argmax(codes == offsets.index(None)))
        given = f"{shown(column.cells[row])} has no time zone, other rows have one"
        raise column.error(row, given, "a time zone in all rows or in none", "correct the row")
    utc = seconds - np.array(offsets, np.int64)[codes]
    local, zone_notes = in_account(column, utc, settings)
    return local, [*notes, *zone_notes]


def _clock(match: re.Match[str], *, has_hours: bool) -> str:
    """Time of day as `seconds_of` reads it; an hour alone only where hours are declared."""
    text = match["clock"].replace(",", ".")
    if match["half"]:
        half = "am" if "a" in match["half"].lower() else "pm"
        text = text[: -len(match["half"])]
        return f"{text if ':' in text else f'{text}:00'} {half}"
    return f"{text}:00" if ":" not in text and has_hours else text


def _valid_seconds(column: TimeCells, row: int, clock: str) -> int:
    seconds = seconds_of(clock)
    if seconds < 0:
        raise column.error(
            row,
            f"{shown(column.cells[row])} has no valid time of day",
            "a date and a time of day, as in 2024-01-31 23:59:59",
            "export the file with times, not days",
        )
    return seconds


def _valid_offset(column: TimeCells, row: int, zone: str) -> int | None:
    """Seconds from UTC of Z, UTC, GMT, +01, +0100 or +01:00; None without a zone."""
    if not zone:
        return None
    if zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    if seconds > _MAX_OFFSET or int(digits[2:]) > 59:
        given = f"{shown(column.cells[row])} has no time zone that exists"
        raise column.error(row, given, "offsets up to +14:00", "export the file again")
    return -seconds if zone[0] == "-" else seconds
