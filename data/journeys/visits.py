"""Site visits as a data frame, validated column by column."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import data_error, shown
from ..exports import DataSettings
from ..parsing import DateColumn, parse_days
from ..sheets import SPREADSHEET_ROWS, read_file, truncation_note
from .csv_text import decode
from .site_log import (
    CAMPAIGN_TYPE,
    CHANNEL,
    IS_CONVERTED,
    LANDING_TIME,
    SOURCE,
    TRAFFIC_CHANNELS,
    USER_ID,
    RowLines,
    SiteLog,
    read_cells,
    read_header,
    refuse_ragged,
)
from .times import TimeCells, in_account, seconds_of

_ALLOWED_IDS = "8 characters of 0-9 and a-f, stored as text"
_ONE_ZONE = "export the file again in the time zone of the ad account"
_TIMESTAMP = "dddd-dd-dd dd:dd:dd"  # the usual format of a time, d for a digit
_CLOCK_START = 11  # position at which the time of day begins in it
_HEX = frozenset("0123456789abcdef")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+", re.ASCII)


def read_visits(path: Path, settings: DataSettings) -> tuple[pd.DataFrame, list[str]]:
    """Visits of the site log, validated, and notes on tolerated irregularities.

    Args:
        path: the CSV file.
        settings: date format, time zone of the ad account, and columns to ignore.

    Returns:
        One row per landing, in the file's order: the category `User Id`, text of 8 hexadecimal
        characters, `Website Landing Time` datetime64[s], `Is Converted` bool, and the categories
        `Source`, `Channel` and `Campaign Type` (the first and last may be null); and the notes.

    Raises:
        DataError: the file is malformed or ambiguous.
    """
    log = SiteLog(path.name, read_file(path))
    notes = decode(log.file, log.content)[1]  # the text is not kept, to save memory
    names, header_notes = read_header(log, settings.ignore_columns)
    refuse_ragged(log, len(names))
    raw = read_cells(log, names)
    if raw.empty:
        raise data_error(
            log.file,
            "the file has a header and no data below it",
            "at least one row of data",
            "export the landings of the ads' period again, or remove the file",
        )
    users, user_notes = _users(log, raw[USER_ID])
    times, time_notes = _times(log, raw[LANDING_TIME], settings)
    columns = {
        USER_ID: users,
        LANDING_TIME: times,
        IS_CONVERTED: _converted(log, raw[IS_CONVERTED]),
        SOURCE: raw[SOURCE],
        CHANNEL: _channels(log, raw[CHANNEL]),
        CAMPAIGN_TYPE: raw[CAMPAIGN_TYPE],
    }
    notes += [*header_notes, *user_notes, *time_notes]
    if len(raw) == SPREADSHEET_ROWS:
        notes.append(truncation_note(log.file))
    return pd.DataFrame(columns), notes


def _first(mask: NDArray[np.bool_]) -> int:
    """Index of the first True."""
    return int(np.argmax(mask))


def _users(log: SiteLog, cells: "pd.Series[str]") -> tuple["pd.Categorical", list[str]]:
    """User ids in lower case, and notes on ids that a spreadsheet has changed."""
    blank = cells.isna().to_numpy()
    if blank.any():
        fix = "complete the row or delete it"
        raise log.error(_first(blank), USER_ID, "the user id is blank", _ALLOWED_IDS, fix)
    codes, uniques = pd.factorize(cells.to_numpy(dtype=object))
    if _are_valid(uniques):
        return pd.Categorical.from_codes(codes, categories=pd.Index(uniques, dtype="str")), []
    ids, notes = _restored(log, codes, uniques)
    merged_codes, merged_ids = pd.factorize(np.array(ids, dtype=object))
    categories = pd.Index(merged_ids, dtype="str")
    return pd.Categorical.from_codes(merged_codes[codes], categories=categories), notes


def _are_valid(ids: NDArray[np.object_]) -> bool:
    """True if every id has 8 characters of 0-9 and a-f."""
    text = "".join(ids)
    if len(text) != 8 * len(ids) or any(map((8).__ne__, map(len, ids))):
        return False
    return not text.encode("utf-8").translate(None, b"0123456789abcdef")


def _restored(
    log: SiteLog, codes: NDArray[np.intp], uniques: NDArray[np.object_]
) -> tuple[list[str], list[str]]:
    """Unique ids with changes by a spreadsheet undone where possible, and notes."""
    ids = [str(each).strip().lower() for each in uniques]
    notes = []
    invalid = [k for k, each in enumerate(ids) if len(each) != 8 or not _HEX.issuperset(each)]
    numbers = [k for k in invalid if ids[k].isascii() and ids[k].isdigit() and len(ids[k]) < 8]
    floats = [k for k in invalid if _SCIENTIFIC.fullmatch(ids[k])]
    for k in invalid:
        if k not in set(numbers) | set(floats):
            row = _first(codes == k)
            given = f"{shown(uniques[k])} is not a user id"
            fix = "export the file again with ids as text"
            raise log.error(row, USER_ID, given, _ALLOWED_IDS, fix)
    for k in numbers:
        ids[k] = ids[k].zfill(8)
    if numbers:
        notes.append(
            f"{log.file}: restored {len(numbers):,} user ids that had lost leading zeros, as "
            "happens in a spreadsheet."
        )
    if floats:
        notes.append(
            f"{log.file}: WARNING, {len(floats):,} user ids were turned into numbers such as "
            f"{shown(uniques[floats[0]])}, as happens in a spreadsheet; each may stand for "
            "several users, so use the original export."
        )
    return ids, notes


def _times(
    log: SiteLog, cells: "pd.Series[str]", settings: DataSettings
) -> tuple["pd.Series[pd.Timestamp]", list[str]]:
    """Landing times to the second, and notes; each distinct day and clock is parsed once."""
    days, day_codes, clocks, clock_codes = _split_timestamps(cells) or _split(cells)
    _, first = np.unique(day_codes, return_index=True)
    column = DateColumn(log.file, LANDING_TIME, days, RowLines(log, first))
    parsed, notes = parse_days(column, settings.date_format)
    seconds = np.array([seconds_of(clock) for clock in clocks])
    if (invalid := np.flatnonzero(seconds < 0)).size:
        row = _first(np.isin(clock_codes, invalid))
        given = f"{shown(cells.iloc[row])} has no valid time of day"
        allowed = "a time of day after the date, as in 2024-01-31 23:59:59, seconds optional"
        raise log.error(row, LANDING_TIME, given, allowed, "export the file again")
    in_utc = np.array([clock.endswith("Z") for clock in clocks])
    if in_utc.any() and not in_utc.all():
        row = _first(in_utc[clock_codes])
        given = f"{shown(cells.iloc[row])} has a time zone, and other rows have none"
        raise log.error(row, LANDING_TIME, given, "all times with a zone, or none", _ONE_ZONE)
    if not any(clock.count(":") == 2 for clock in clocks):
        notes.append(f"{log.file}: the landing times have no seconds.")
    times = parsed[day_codes].astype("datetime64[s]") + seconds[clock_codes].astype(
        "timedelta64[s]"
    )
    if in_utc.all():
        example = TimeCells(log.file, LANDING_TIME, [cells.iloc[0]], RowLines(log, np.arange(1)))
        times, zone_notes = in_account(example, times.astype(np.int64), settings)
        notes += zone_notes
    return pd.Series(times), notes


_Split = tuple[list[str], NDArray[np.int32], list[str], NDArray[np.int32]]


def _split_timestamps(cells: "pd.Series[str]") -> _Split | None:
    """Fast `_split` by arithmetic; None if a cell has another format than `_TIMESTAMP`."""
    try:
        texts = cells.fillna("").to_numpy(dtype=object).astype(f"S{len(_TIMESTAMP) + 1}")
    except UnicodeEncodeError:
        return None
    characters = texts.view(np.uint8).reshape(len(texts), -1)
    numbers = np.zeros((2, len(texts)), np.int32)  # 20240131 and 235959
    for position, expected in enumerate(_TIMESTAMP):
        base = "0" if expected == "d" else expected
        digit = characters[:, position] - ord(base)  # unsigned: a smaller code wraps to a large one
        if (digit > (9 if expected == "d" else 0)).any():
            return None
        if expected == "d":
            number = numbers[int(position >= _CLOCK_START)]
            number *= 10
            number += digit
    if characters[:, -1].any():  # a longer text
        return None
    days, day_codes = _distinct(numbers[0], texts, slice(0, _CLOCK_START - 1))
    clocks, clock_codes = _distinct(numbers[1], texts, slice(_CLOCK_START, None))
    return days, day_codes, clocks, clock_codes


def _distinct(
    numbers: NDArray[np.int32], texts: NDArray[np.bytes_], part: slice
) -> tuple[list[str], NDArray[np.int32]]:
    """Part of the text of each distinct number, and each row's code into these parts."""
    _, first, codes = np.unique(numbers, return_index=True, return_inverse=True)
    return [texts[row].decode()[part] for row in first], codes.astype(np.int32)


def _split(cells: "pd.Series[str]") -> _Split:
    """Distinct days and clocks, in order of appearance, each with the rows' codes into them."""
    days: dict[str, int] = {}
    clocks: dict[str, int] = {}
    codes = np.empty((2, len(cells)), dtype=np.int32)
    for row, cell in enumerate(cells.fillna("").to_numpy(dtype=object)):
        day, _, clock = cell.strip().replace("T", " ").partition(" ")
        codes[0, row] = days.setdefault(day, len(days))
        codes[1, row] = clocks.setdefault(clock, len(clocks))
    return list(days), codes[0], list(clocks), codes[1]


def _converted(log: SiteLog, cells: "pd.Series[Any]") -> NDArray[np.bool_]:
    values = {"0": False, "1": True, "0.0": False, "1.0": True}
    return np.asarray(_mapped(log, cells, IS_CONVERTED, values, "0 or 1")).astype(bool)


def _channels(log: SiteLog, cells: "pd.Series[Any]") -> "pd.Categorical":
    values = {name: name for name in TRAFFIC_CHANNELS}
    allowed = ", ".join(TRAFFIC_CHANNELS)
    return pd.Categorical(_mapped(log, cells, CHANNEL, values, allowed))


def _mapped(
    log: SiteLog, cells: "pd.Series[Any]", column: str, values: dict[str, Any], allowed: str
) -> NDArray[np.object_]:
    """(rows,) value of each cell, looked up in `values`; raises for any other cell."""
    codes = cells.cat.codes.to_numpy()
    names = [str(name) for name in cells.cat.categories]
    mapped = [values.get(name.strip().lower()) for name in names]
    invalid = (codes < 0) | np.isin(codes, [k for k, each in enumerate(mapped) if each is None])
    if invalid.any():
        row = _first(invalid)
        cell = names[codes[row]].strip() if codes[row] >= 0 else ""
        given = f"{shown(cell)} is not allowed" if cell else "the cell is blank"
        fix = "correct the cell or export the file again"
        raise log.error(row, column, given, allowed, fix)
    return np.array(mapped, dtype=object)[codes]
