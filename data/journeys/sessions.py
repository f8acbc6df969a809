"""Landings of rows: one per session where rows are events, with the conversions that follow."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..display import shortened
from ..errors import DataError, data_error, shown
from ..formats import canonical_heading
from ..types import Ints
from .log_table import LogTable

_MAX_LISTED = 8  # events in a message
_NO, _YES = frozenset(("", "0", "false", "no", "n", "f")), frozenset(("true", "yes", "y", "t"))


class Rows(NamedTuple):
    """Rows of a log with a user; every field is (rows,)."""

    place: Ints  # row of the table
    user: Ints  # code
    time: Ints  # seconds since 1970, local
    is_labelled: NDArray[np.bool_]  # the row says where the landing comes from


class LandingRows(NamedTuple):
    """Landings, in the order of their first rows."""

    row: Ints  # (landings,) position in `Rows` of the first row
    label: Ints  # (landings,) position in `Rows` of the row that says where the landing comes from
    converted: NDArray[np.bool_]  # (landings,)
    mark: str  # heading or event that marks the conversions


def find_landings(table: LogTable, rows: Rows) -> tuple[LandingRows, list[str]]:
    """Landings of the rows, and notes.

    With sessions, a landing is a session: its first row, and a conversion if any of its rows is
    one. With events and no sessions, it is an event that begins a landing, and a conversion belongs
    to the user's last landing before it. Otherwise every row is a landing.

    Raises:
        DataError: no column or event marks conversions, or no event begins a landing.
    """
    events = _events(table, rows)
    converted, mark, notes = _converted(table, rows, events)
    sessions = _sessions(table, rows)
    if sessions is not None:
        found = LandingRows(*_by_session(rows, sessions, converted), mark)
        if len(found.row) < len(rows.place):
            notes.append(
                f"{table.file}: {len(rows.place):,} rows read as {len(found.row):,} landings, one "
                "per user and session."
            )
        return found, notes
    if events is None:
        every = np.arange(len(rows.place))
        return LandingRows(every, every, converted, mark), [*notes, *_several(table)]
    begins = np.isin(events, table.format.landing_events)
    if not begins.any():
        raise _no_landing(table, events)
    found = LandingRows(*_by_event(rows, begins, converted), mark)
    notes.append(
        f"{table.file}: {len(rows.place):,} events read as {len(found.row):,} landings "
        f"({', '.join(sorted(set(events[begins])))}), each with the conversions up to the next."
    )
    return found, notes


def _events(table: LogTable, rows: Rows) -> NDArray[np.str_] | None:
    """(rows,) canonical name of each row's event; None without such a column."""
    present = table.present("event")
    if not present:
        return None
    names = {cell: canonical_heading(cell).text for cell in set(table.cells(present[0]))}
    cells = table.cells(present[0])
    return np.array([names[cells[k]] for k in rows.place.tolist()])


def _converted(
    table: LogTable, rows: Rows, events: NDArray[np.str_] | None
) -> tuple[NDArray[np.bool_], str, list[str]]:
    """(rows,) True for conversions, what marks them, and a note on it."""
    present = table.present("converted")
    if present:
        marked = _marked(table, present[0], rows)
        name = table.name(present[0])
        others = [table.name(heading) for heading in present[1:]]
        chosen = f", not {', '.join(others)}" if others else ""
        return marked, name, [f"{table.file}: {name} marks the conversions{chosen}."]
    if events is None:
        headings = table.format.columns.get("converted", ())
        raise table.missing("of conversions", (*headings, *table.format.columns.get("event", ())))
    for name in table.format.conversion_events:
        is_conversion = events == name
        if is_conversion.any():
            note = f"{table.file}: the event {name} marks the conversions."
            return is_conversion, f"the event {name}", [note]
    raise data_error(
        table.file,
        f"no event of the file is a conversion: {_listed(events)}",
        f"one of {', '.join(table.format.conversion_events)}",
        "export the events of conversions too, or declare yours in conversion_events of "
        f"conf/data/landings/{table.format.kind}.yaml",
        column=table.name(table.present("event")[0]),
    )


def _marked(table: LogTable, heading: str, rows: Rows) -> NDArray[np.bool_]:
    """(rows,) True where a cell is yes or a number above 0; blank is no."""
    cells = table.cells(heading)
    values = {cell: _value(cell) for cell in set(cells)}
    for row in rows.place.tolist():
        if values[cells[row]] is None:
            raise data_error(
                table.file,
                f"{shown(cells[row])} does not say whether the landing converted",
                "a number of conversions (0 or more), or yes and no",
                "correct the cell or export the file again",
                row=table.lines[row],
                column=table.name(heading),
            )
    return np.array([bool(values[cells[row]]) for row in rows.place.tolist()], bool)


def _value(cell: str) -> bool | None:
    """True for yes and numbers above 0, None if the cell is neither yes, no nor a number."""
    text = cell.lower()
    if text in _NO or text in _YES:
        return text in _YES
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number > 0 if 0 <= number < 1e6 else None


def _sessions(table: LogTable, rows: Rows) -> Ints | None:
    """(rows,) code of each row's user and session; None without a column of sessions."""
    present = table.present("session")
    if not present:
        return None
    cells = table.cells(present[0])
    codes: dict[tuple[int, str], int] = {}
    keys = zip(rows.user.tolist(), rows.place.tolist(), strict=True)
    return np.array(
        [codes.setdefault((user, cells[row] or f"row {row}"), len(codes)) for user, row in keys]
    )


_Found = tuple[Ints, Ints, NDArray[np.bool_]]  # the first fields of `LandingRows`


def _by_session(rows: Rows, session: Ints, converted: NDArray[np.bool_]) -> _Found:
    order = np.lexsort((rows.time, session))
    starts = np.flatnonzero(np.diff(session[order], prepend=-1))
    first = order[starts]
    any_converted = np.logical_or.reduceat(converted[order], starts)
    # the first labelled row of a session; its first row where none is
    rank = np.where(rows.is_labelled[order], np.arange(len(order)), len(order))
    labelled = np.minimum.reduceat(rank, starts)
    label = order[np.where(labelled < len(order), labelled, starts)]
    by_row = np.argsort(first, kind="stable")
    return first[by_row], label[by_row], any_converted[by_row]


def _by_event(rows: Rows, begins: NDArray[np.bool_], converted: NDArray[np.bool_]) -> _Found:
    """Landings that events begin; a user's conversions before the first begin one too."""
    kept = np.flatnonzero(begins | converted)
    order = kept[np.lexsort((~begins[kept], rows.time[kept], rows.user[kept]))]
    is_first = np.diff(rows.user[order], prepend=-1) != 0
    starts = np.flatnonzero(begins[order] | is_first)
    any_converted = np.logical_or.reduceat(converted[order], starts)
    first = order[starts]
    by_row = np.argsort(first, kind="stable")
    return first[by_row], first[by_row], any_converted[by_row]


def _several(table: LogTable) -> list[str]:
    """Note on rows that stand for several landings of a user in one hour."""
    present = table.present("sessions")
    cells = table.cells(present[0]) if present else []
    several = sum(cell.isdecimal() and int(cell) > 1 for cell in cells)
    if not several:
        return []
    return [
        f"{table.file}: {several:,} rows have more than one session of a user at one time; each is "
        "read as one landing."
    ]


def _no_landing(table: LogTable, events: NDArray[np.str_]) -> DataError:
    return data_error(
        table.file,
        f"no event of the file begins a landing: {_listed(events)}",
        f"{', '.join(table.format.landing_events) or 'rows that are landings'}, or a column of "
        f"sessions ({', '.join(table.format.columns.get('session', ()))})",
        "export these events or the session of each event too",
        column=table.name(table.present("event")[0]),
    )


def _listed(events: NDArray[np.str_]) -> str:
    names, counts = np.unique(events, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_MAX_LISTED]
    return ", ".join(f"{shortened(str(names[k]))} ({counts[k]:,})" for k in order)
