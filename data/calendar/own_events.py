"""The user's own events, from a YAML or a table with the columns name, date or first and last."""

import datetime
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

from ..errors import DataError, Problems, data_error, shown
from ..sheets import as_utf8, read_content, read_sheets, wrong_width

KEYS = ("name", "date", "first", "last")
MAX_DAYS = 366  # of one occurrence
_MAX_NAME = 100  # characters
_MAX_EVENTS = 10_000  # rows
_MAX_BYTES = 1_000_000  # of a YAML file
_YEARS = range(1970, 2101)
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_ROWS = "rows with name, and either date or first and last"
_EXAMPLE = "write each event as {name: Sale, first: 2025-06-20, last: 2025-07-05}"


class OwnEvent(NamedTuple):
    """One occurrence of an event of the user."""

    name: str  # the same for all occurrences of one event
    first: datetime.date
    last: datetime.date  # not before the first
    row: int  # line of the file, from 1


class _Row(NamedTuple):
    """Texts of one row, by key."""

    row: int  # line of the file, from 1
    texts: Mapping[str, str]  # filled cells alone


def read_own_events(path: Path) -> list[OwnEvent]:
    """Events of a user's file, in the order of its rows.

    Args:
        path: YAML with the suffix yaml or yml, a list of mappings; otherwise a table, CSV or xlsx.
            Keys and columns are `name`, and `date` or `first` and `last` (YYYY-MM-DD).

    Raises:
        DataError: the file cannot be read; a row has an unknown key, no name, an unreadable date,
            both or neither of date and first, or last before first; two names differ in case alone.
            Several problems are reported together, each with its row.
    """
    is_yaml = path.suffix.lower() in (".yaml", ".yml")
    rows = _yaml_rows(path) if is_yaml else _table_rows(path)
    if not rows:
        raise data_error(path.name, "it holds no events", _ROWS, f"{_EXAMPLE}, or omit the file")
    if len(rows) > _MAX_EVENTS:
        given = f"it holds {len(rows):,} events"
        raise data_error(path.name, given, f"at most {_MAX_EVENTS:,}", "leave out old events")
    problems = Problems()
    events: list[OwnEvent] = []
    for row in rows:
        with problems.collected():
            events.append(_event(path.name, row))
    with problems.collected():
        _refuse_like_names(path.name, events)
    problems.raise_if_any()
    return events


def _yaml_rows(path: Path) -> list[_Row]:
    """Rows of a YAML list of mappings, with their lines; values stay texts."""
    file = path.name
    content = read_content(path).data
    if len(content) > _MAX_BYTES:
        given = f"it has {len(content):,} bytes"
        raise data_error(file, given, f"at most {_MAX_BYTES:,} bytes", "leave out old events")
    try:
        root = yaml.compose(as_utf8(file, content)[0].decode(), yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "a character that YAML does not allow"
        line = None if mark is None else mark.line + 1
        raise data_error(file, f"not YAML ({reason})", _ROWS, _EXAMPLE, row=line) from error
    except RecursionError as error:
        raise data_error(file, "lists inside lists without end", _ROWS, _EXAMPLE) from error
    if root is None:
        return []
    if not isinstance(root, yaml.SequenceNode):
        line = root.start_mark.line + 1
        raise data_error(file, "it is not a list", "a list of events", _EXAMPLE, row=line)
    problems, rows = Problems(), []
    for node in root.value:
        with problems.collected():
            rows.append(_Row(node.start_mark.line + 1, dict(_yaml_pairs(file, node))))
    problems.raise_if_any()
    return rows


def _yaml_pairs(file: str, node: yaml.Node) -> Iterator[tuple[str, str]]:
    """Keys and texts of one event."""
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise data_error(file, "the event is not a mapping", _ROWS, _EXAMPLE, row=line)
    seen: set[str] = set()
    for key_node, value in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "a list or a mapping"
        _refuse_unknown(file, key, line)
        if key in seen:
            raise data_error(
                file, f"{key} is given twice", "each key once", "remove one", row=line, column=key
            )
        seen.add(key)
        if not isinstance(value, yaml.ScalarNode):
            given = "a list or a mapping is given"
            fix = "write one event per occurrence, with the same name"
            raise data_error(file, given, "one text or date", fix, row=line, column=key)
        if value.tag != "tag:yaml.org,2002:null":
            yield key, value.value.strip()


def _table_rows(path: Path) -> list[_Row]:
    """Rows of a CSV or of the only sheet of a workbook."""
    sheets = read_sheets(path)
    if len(sheets) > 1:
        given = f"it holds {len(sheets)} tables"
        raise data_error(path.name, given, "one table of events", "keep the events alone")
    sheet = sheets[0]
    header = [cell.casefold() for cell in sheet.rows[0]]
    line = sheet.lines[0]
    for cell in header:
        _refuse_unknown(sheet.file, cell, line)
        if header.count(cell) > 1:
            given = f"the column {cell} is there twice"
            raise data_error(sheet.file, given, "each column once", "remove one", row=line)
    rows = []
    for cells, line in zip(sheet.rows[1:], sheet.lines[1:], strict=True):
        if len(cells) != len(header):
            is_last = line == sheet.lines[-1]
            raise wrong_width(sheet.file, line, len(cells), len(header), last=is_last)
        filled = {key: cell for key, cell in zip(header, cells, strict=True) if cell}
        rows.append(_Row(line, filled))
    return rows


def _refuse_unknown(file: str, key: str, line: int) -> None:
    if key not in KEYS:
        given = f"{shown(key)} is no key of an event" if key else "a column has no name"
        raise data_error(file, given, ", ".join(KEYS), "rename or remove it", row=line)


def _event(file: str, row: _Row) -> OwnEvent:
    """The event of a row, checked."""
    texts, line = row.texts, row.row
    name = " ".join(texts.get("name", "").split())
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        given = f"the name is {shown(name)}" if name else "the name is missing"
        allowed = f"a name of 1 to {_MAX_NAME} printable characters"
        raise data_error(file, given, allowed, "name the event", row=line, column="name")
    dated = {key for key in KEYS[1:] if texts.get(key)}
    if dated not in ({"date"}, {"first", "last"}):
        given = f"the dates given are {' and '.join(k for k in KEYS if k in dated) or 'none'}"
        fix = "give date for one day, or first and last for several"
        raise data_error(file, given, "either date, or first and last", fix, row=line)
    if dated == {"date"}:
        day = _day(file, texts["date"], line, "date")
        return OwnEvent(name, day, day, line)
    first, last = (_day(file, texts[key], line, key) for key in ("first", "last"))
    days = (last - first).days + 1
    if not 1 <= days <= MAX_DAYS:
        given = f"last, {last}, is before first, {first}"
        if days > MAX_DAYS:
            given = f"the event lasts {days:,} days, from {first} to {last}"
        fix = "correct the dates; an event that recurs has one row per occurrence"
        allowed = f"last on or after first, at most {MAX_DAYS} days in all"
        raise data_error(file, given, allowed, fix, row=line, column="last")
    return OwnEvent(name, first, last, line)


def _day(file: str, text: str, line: int, key: str) -> datetime.date:
    """The day of a text."""
    match = _ISO.fullmatch(text)
    try:
        day = datetime.date(*map(int, match.groups())) if match else None
    except ValueError:  # such as February 30
        day = None
    if day is None or day.year not in _YEARS:
        given = f"{shown(text)} is not a date that can be read with certainty"
        allowed = f"YYYY-MM-DD, of the years {_YEARS[0]} to {_YEARS[-1]}"
        fix = "write it as 2025-06-20"
        raise data_error(file, given, allowed, fix, row=line, column=key)
    return day


def _refuse_like_names(file: str, events: list[OwnEvent]) -> None:
    """Raises for two names that differ in case alone: one event would be learnt as two."""
    names: dict[str, OwnEvent] = {}
    problems = Problems()
    for event in events:
        other = names.setdefault(event.name.casefold(), event)
        with problems.collected():
            if other.name != event.name:
                raise _like_names(file, event, other)
    problems.raise_if_any()


def _like_names(file: str, event: OwnEvent, other: OwnEvent) -> DataError:
    given = f"{shown(event.name)} and {shown(other.name)} of row {other.row} differ in case alone"
    return data_error(
        file, given, "one spelling per event", "write both alike", row=event.row, column="name"
    )
