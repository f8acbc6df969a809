"""The site's visits as a frame: every landing checked, column by column."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import data_error, shown
from ..exports import (
    SPREADSHEET_ROWS,
    Column,
    DataSettings,
    decode,
    parse_days,
    read_file,
    truncation_note,
)
from .site_log import (
    CHANNEL,
    CONVERTED,
    SOURCE,
    TIME,
    TYPE,
    USER,
    Lines,
    Source,
    read_cells,
    read_header,
    refuse_ragged,
)

CHANNELS = (
    "direct",
    "organic search",
    "referral",
    "email",
    "display",
    "social",
    "paid",
    "paid search",
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([AaPp])[Mm])?Z?", re.ASCII)
_IDS = "8 characters of 0-9 and a-f, read as text"
_STAMP = "dddd-dd-dd dd:dd:dd"  # the usual shape of a time, d for a digit
_CLOCK_AT = 11  # where the clock begins in it
_HEX = frozenset("0123456789abcdef")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+", re.ASCII)


def read_visits(path: Path, settings: DataSettings) -> tuple[pd.DataFrame, list[str]]:
    """Reads and checks the site analytics export.

    Args:
        path: the CSV file.
        settings: how dates are written, and which columns to leave out.

    Returns:
        One row a landing, in the file's order: the category `User Id`, text of 8 hex characters,
        `Website Landing Time` datetime64[s], `Is Converted` bool, and the categories `Source`,
        `Channel` and `Campaign Type` (first and last may be null); and notes on what was tolerated.

    Raises:
        DataError: anything in the file that cannot be read with certainty.
    """
    source = Source(path.name, read_file(path))
    notes = decode(source.file, source.content)[1]  # the text itself would stay in memory
    names, more = read_header(source, settings.ignore_columns)
    refuse_ragged(source, len(names))
    raw = read_cells(source, names)
    if raw.empty:
        raise data_error(
            source.file,
            "the file has a header and no data under it",
            "at least one row of data",
            "export the landings of the ads' period again, or remove the file",
        )
    users, user_notes = _users(source, raw[USER])
    times, time_notes = _times(source, raw[TIME], settings)
    columns = {
        USER: users,
        TIME: times,
        CONVERTED: _converted(source, raw[CONVERTED]),
        SOURCE: raw[SOURCE],
        CHANNEL: _channels(source, raw[CHANNEL]),
        TYPE: raw[TYPE],
    }
    notes += [*more, *user_notes, *time_notes]
    if len(raw) == SPREADSHEET_ROWS:
        notes.append(truncation_note(source.file))
    return pd.DataFrame(columns), notes


def _first(mask: NDArray[np.bool_]) -> int:
    return int(np.argmax(mask))


def _users(source: Source, cells: "pd.Series[str]") -> tuple["pd.Categorical", list[str]]:
    """User ids in lower case; what a spreadsheet did to some is mended or at least told."""
    blank = cells.isna().to_numpy()
    if blank.any():
        allowed, remedy = _IDS, "complete the row or delete it"
        raise source.error(_first(blank), USER, "the user is blank", allowed, remedy)
    codes, uniques = pd.factorize(cells.to_numpy(dtype=object))
    if _regular(uniques):
        return pd.Categorical.from_codes(codes, categories=pd.Index(uniques, dtype="str")), []
    ids, notes = _mended(source, codes, uniques)
    again, kept = pd.factorize(np.array(ids, dtype=object))
    return pd.Categorical.from_codes(again[codes], categories=pd.Index(kept, dtype="str")), notes


def _regular(ids: NDArray[np.object_]) -> bool:
    """Whether all are 8 characters of 0-9 and a-f."""
    text = "".join(ids)
    if len(text) != 8 * len(ids) or any(map((8).__ne__, map(len, ids))):
        return False
    return not text.encode("utf-8").translate(None, b"0123456789abcdef")


def _mended(
    source: Source, codes: NDArray[np.intp], uniques: NDArray[np.object_]
) -> tuple[list[str], list[str]]:
    """Ids as they were before a spreadsheet or a person changed them, and notes."""
    ids = [str(each).strip().lower() for each in uniques]
    notes = []
    odd = [at for at, each in enumerate(ids) if len(each) != 8 or not _HEX.issuperset(each)]
    numbers = [at for at in odd if ids[at].isascii() and ids[at].isdigit() and len(ids[at]) < 8]
    floats = [at for at in odd if _SCIENTIFIC.fullmatch(ids[at])]
    for at in odd:
        if at not in set(numbers) | set(floats):
            row = _first(codes == at)
            given = f"{shown(uniques[at])} is not a user"
            raise source.error(row, USER, given, _IDS, "export the file again, ids as text")
    for at in numbers:
        ids[at] = ids[at].zfill(8)
    if numbers:
        notes.append(
            f"{source.file}: {len(numbers):,} user ids had lost leading zeros, as happens in a "
            "spreadsheet; restored."
        )
    if floats:
        notes.append(
            f"{source.file}: WARNING, {len(floats):,} user ids were turned into numbers such as "
            f"{shown(uniques[floats[0]])}, as happens in a spreadsheet; kept, yet each may stand "
            "for several users; use the original export."
        )
    return ids, notes


def _times(
    source: Source, cells: "pd.Series[str]", settings: DataSettings
) -> tuple["pd.Series[pd.Timestamp]", list[str]]:
    """Landing times to the second; distinct days and clocks are read once each."""
    days, day_codes, clocks, clock_codes = _stamped(cells) or _split(cells)
    _, first = np.unique(day_codes, return_index=True)
    column = Column(source.file, TIME, days, Lines(source, first))
    parsed, notes = parse_days(column, settings.date_format)
    seconds = np.array([_seconds(clock) for clock in clocks])
    if (wrong := np.flatnonzero(seconds < 0)).size:
        row = _first(np.isin(clock_codes, wrong))
        given = f"{shown(cells.iloc[row])} has no time of day that can be read"
        allowed = "a time as 2024-01-31 23:59:59 (or without seconds) after the date"
        raise source.error(row, TIME, given, allowed, "export the file again")
    if not any(clock.count(":") == 2 for clock in clocks):
        notes.append(f"{source.file}: the landing times have no seconds.")
    times = parsed[day_codes].astype("datetime64[s]") + seconds[clock_codes].astype(
        "timedelta64[s]"
    )
    return pd.Series(times), notes


_Split = tuple[list[str], NDArray[np.int32], list[str], NDArray[np.int32]]


def _stamped(cells: "pd.Series[str]") -> _Split | None:
    """What `_split` returns, by arithmetic; None where a cell has another shape than `_STAMP`."""
    try:
        letters = cells.fillna("").to_numpy(dtype=object).astype(f"S{len(_STAMP) + 1}")
    except UnicodeEncodeError:
        return None
    marks = letters.view(np.uint8).reshape(len(letters), -1)
    numbers = np.zeros((2, len(letters)), np.int32)  # 20240131 and 235959
    for at, shape in enumerate(_STAMP):
        own = marks[:, at] - ord("0" if shape == "d" else shape)  # unsigned: below wraps to above
        if (own > (9 if shape == "d" else 0)).any():
            return None
        if shape == "d":
            half = numbers[int(at >= _CLOCK_AT)]
            half *= 10
            half += own
    if marks[:, -1].any():
        return None
    days, day_codes = _distinct(numbers[0], letters, slice(0, _CLOCK_AT - 1))
    clocks, clock_codes = _distinct(numbers[1], letters, slice(_CLOCK_AT, None))
    return days, day_codes, clocks, clock_codes


def _distinct(
    numbers: NDArray[np.int32], letters: NDArray[np.bytes_], part: slice
) -> tuple[list[str], NDArray[np.int32]]:
    """The text of each distinct number, and each row's position in them."""
    _, first, codes = np.unique(numbers, return_index=True, return_inverse=True)
    return [letters[row].decode()[part] for row in first], codes.astype(np.int32)


def _split(cells: "pd.Series[str]") -> _Split:
    """Distinct days and clocks, each in order of appearance, with each row's position in them."""
    days: dict[str, int] = {}
    clocks: dict[str, int] = {}
    codes = np.empty((2, len(cells)), dtype=np.int32)
    for row, cell in enumerate(cells.fillna("").to_numpy(dtype=object)):
        day, _, clock = cell.strip().replace("T", " ").partition(" ")
        codes[0, row] = days.setdefault(day, len(days))
        codes[1, row] = clocks.setdefault(clock, len(clocks))
    return list(days), codes[0], list(clocks), codes[1]


def _seconds(clock: str) -> int:
    """Seconds since midnight, -1 when it is no time of day."""
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


def _converted(source: Source, cells: "pd.Series[Any]") -> NDArray[np.bool_]:
    values = {"0": False, "1": True, "0.0": False, "1.0": True}
    return np.asarray(_mapped(source, cells, CONVERTED, values, "0 or 1")).astype(bool)


def _channels(source: Source, cells: "pd.Series[Any]") -> "pd.Categorical":
    values = {name: name for name in CHANNELS}
    return pd.Categorical(_mapped(source, cells, CHANNEL, values, ", ".join(CHANNELS)))


def _mapped(
    source: Source, cells: "pd.Series[Any]", column: str, values: dict[str, Any], allowed: str
) -> NDArray[np.object_]:
    """Each cell's meaning; a cell without one is an error."""
    codes = cells.cat.codes.to_numpy()
    names = [str(name) for name in cells.cat.categories]
    known = [values.get(name.strip().lower()) for name in names]
    bad = (codes < 0) | np.isin(codes, [at for at, each in enumerate(known) if each is None])
    if bad.any():
        row = _first(bad)
        cell = names[codes[row]].strip() if codes[row] >= 0 else ""
        given = f"{shown(cell)} is not allowed" if cell else "the cell is blank"
        remedy = "correct the cell or export the file again"
        raise source.error(row, column, given, allowed, remedy)
    return np.array(known, dtype=object)[codes]
