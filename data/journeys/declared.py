"""Visits of a landing log that a declaration of `conf/data/landings` describes."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

from ..errors import data_error, shown
from ..exports import DataSettings
from ..types import Ints
from .labels import Label, read_labels
from .log_file import LandingLog
from .log_table import LogTable, read_table
from .sessions import LandingRows, Rows, find_landings
from .site_log import (
    CAMPAIGN_TYPE,
    CHANNEL,
    IS_CONVERTED,
    LANDING_TIME,
    SOURCE,
    TRAFFIC_CHANNELS,
    USER_ID,
)
from .times import TimeCells, Times, parse_times

_NO_USERS = frozenset(("", "null", "none", "nan", "undefined", "(not set)"))


class DeclaredVisits(NamedTuple):
    """Visits of a declared log."""

    frame: pd.DataFrame  # columns as in `visits.read_visits`; Campaign Type has the campaign's name
    label: Ints  # (landings,) index into labels
    labels: list[Label]
    mark: str  # heading or event that marks the conversions
    notes: list[str]  # tolerated irregularities


def read_declared(log: LandingLog, settings: DataSettings) -> DeclaredVisits:
    """Visits of a landing log, validated, and notes; of several files, in the order of time.

    Args:
        log: the files and their kind.
        settings: date format, time zone, columns to ignore, and channels of sources.

    Raises:
        DataError: a file is malformed, lacks a column, or is ambiguous; two files overlap or mark
            conversions in different ways.
    """
    logs = [log, *(log._replace(path=path) for path in log.others)]
    parts = [(each.path.name, _read(each, settings)) for each in logs]
    if len(parts) == 1:
        return parts[0][1]
    parts.sort(key=lambda part: part[1].frame[LANDING_TIME].min())
    for (first, earlier), (second, later) in pairwise(parts):
        _refuse_differences(first, earlier, second, later)
    return _joined([visits for _, visits in parts])


def _refuse_differences(
    first: str, earlier: DeclaredVisits, second: str, later: DeclaredVisits
) -> None:
    """Raises if two files overlap in time or mark conversions in different ways."""
    start, end = later.frame[LANDING_TIME].min(), earlier.frame[LANDING_TIME].max()
    fix, setting = "remove one of the files", "data.landings_file names the one to read"
    if start < end:
        given = f"its landings from {start} on overlap with those of {shown(first)}, up to {end}"
        allowed = "landing logs of different periods"
        raise data_error(second, given, allowed, fix, setting=setting)
    if earlier.mark != later.mark:
        given = f"{later.mark} marks the conversions, in {shown(first)} it is {earlier.mark}"
        allowed = "one mark of conversions in all landing logs"
        raise data_error(second, given, allowed, fix, setting=setting)


def _joined(parts: list[DeclaredVisits]) -> DeclaredVisits:
    """Visits of several files, one after the other."""
    columns = {}
    for name in parts[0].frame:
        cells = [part.frame[name] for part in parts]
        is_category = isinstance(cells[0].dtype, pd.CategoricalDtype)
        columns[name] = union_categoricals(cells) if is_category else np.concatenate(cells)
    starts = np.cumsum([0, *(len(part.labels) for part in parts[:-1])])
    codes = [part.label + start for part, start in zip(parts, starts, strict=True)]
    return DeclaredVisits(
        pd.DataFrame(columns),
        np.concatenate(codes),
        [label for part in parts for label in part.labels],
        parts[0].mark,
        [note for part in parts for note in part.notes],
    )


def _read(log: LandingLog, settings: DataSettings) -> DeclaredVisits:
    """Visits of one file."""
    table = read_table(log, settings)
    notes = [f"{table.file}: read as {table.format.title}.", *table.notes]
    kept, users, ids = _users(table, notes)
    times, time_notes = _times(table, kept, settings)
    codes, labels, label_notes = read_labels(table, settings)
    is_known = np.array([label.is_known for label in labels], bool)
    rows = Rows(kept, users, times.astype(np.int64), is_known[codes[kept]])
    landings, landing_notes = find_landings(table, rows)
    code = codes[kept[landings.label]]
    frame = _frame(ids, rows, landings, [labels[k] for k in code])
    notes += [*time_notes, *landing_notes, *label_notes]
    return DeclaredVisits(frame, code, labels, landings.mark, notes)


def _users(table: LogTable, notes: list[str]) -> tuple[Ints, Ints, NDArray[np.object_]]:
    """Rows with a user, the code of each, and the ids; adds a note on rows without one."""
    heading = table.present("user")[0]
    cells = table.cells(heading)
    kept = np.array([k for k, cell in enumerate(cells) if cell.lower() not in _NO_USERS], np.int64)
    if not kept.size:
        raise data_error(
            table.file,
            "no row has a user",
            "an id of the user in most rows",
            "export the file with ids of users",
            column=table.name(heading),
        )
    if kept.size < len(cells):
        missing = len(cells) - kept.size
        notes.append(
            f"{table.file}: left out {missing:,} rows ({missing / len(cells):.1%}) without a user, "
            "which belong to no journey."
        )
    codes, ids = pd.factorize(np.array([cells[k] for k in kept], dtype=object))
    return kept, codes.astype(np.int64), ids


def _times(table: LogTable, kept: Ints, settings: DataSettings) -> tuple[Times, list[str]]:
    """(rows,) times of the rows with a user, and notes."""
    declared = table.format.time_column(table.headings)
    if declared is None:
        raise table.missing("of a time", ())
    columns = [table.cells(heading) for heading in declared.headings]
    cells = [" ".join(column[row] for column in columns).strip() for row in kept.tolist()]
    name = " and ".join(table.name(heading) for heading in declared.headings)
    lines = [table.lines[row] for row in kept.tolist()]
    return parse_times(TimeCells(table.file, name, cells, lines), declared, settings)


def _frame(
    ids: NDArray[np.object_], rows: Rows, landings: LandingRows, labels: list[Label]
) -> pd.DataFrame:
    user, with_landing = pd.factorize(rows.user[landings.row])
    users = pd.Index(ids[with_landing], dtype="str")
    return pd.DataFrame(
        {
            USER_ID: pd.Categorical.from_codes(user, categories=users),
            LANDING_TIME: rows.time[landings.row].astype("datetime64[s]"),
            IS_CONVERTED: landings.converted,
            SOURCE: _category([label.source for label in labels]),
            CHANNEL: pd.Categorical([label.channel for label in labels], list(TRAFFIC_CHANNELS)),
            CAMPAIGN_TYPE: _category([label.campaign or label.campaign_type for label in labels]),
        }
    )


def _category(texts: list[str]) -> "pd.Categorical":
    """Category of texts, null where blank."""
    names = sorted({text for text in texts if text})
    return pd.Categorical([text or None for text in texts], categories=names)
