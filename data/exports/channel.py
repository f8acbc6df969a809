"""Export of one channel, read from a CSV file into one row per day and campaign type."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, data_error, shown
from ..history import METRICS
from ..types import Floats
from .columns import STANDARD_NAMES, ColumnPositions, canonical, find_columns
from .csv_table import Table, read_table
from .dates import DateColumn, parse_days
from .numbers import Kind, parse_numbers
from .settings import DataSettings

_MICROS = 1e6
_MAX_CPC = 10_000.0  # dollars per click, ten times the most expensive keywords
_KINDS: dict[str, Kind] = {
    "impressions": "count",
    "clicks": "count",
    "spend": "money",
    "conversions": "number",
    "revenue": "money",
}
_MIN_MEAN_CPC = 1e-4  # dollars per click over a whole file
_ODDITIES: tuple[tuple[str, Callable[[Floats], NDArray[np.bool_]]], ...] = (
    # description, and test of the (len(METRICS), rows) values
    ("with impressions or clicks and no cost", lambda m: (m[0] == 0) & (m[1] + m[2] > 0)),
    ("of zeros only, kept as observed zeros", lambda m: np.all(np.nan_to_num(m) == 0, axis=0)),
    ("with a fraction of a conversion", lambda m: m[3] % 1 > 0),
    ("with conversions and no revenue", lambda m: (m[3] > 0) & (m[4] == 0)),
    ("with revenue and no conversions", lambda m: (m[3] == 0) & (m[4] > 0)),
    ("with more conversions than clicks", lambda m: m[3] > m[2]),
    ("with more clicks than impressions", lambda m: m[2] > m[1]),
)
_DayAndType = tuple[np.datetime64, str | None]


@dataclass(frozen=True, eq=False)
class ChannelDays:
    """One channel's metrics, one row per day and campaign type, sorted by both."""

    channel: str
    file: str  # name of the export
    days: NDArray[np.datetime64]  # (rows,) datetime64[D]
    types: tuple[str | None, ...]  # (rows,) spelled as in the settings; None without types
    metrics: Floats  # (len(METRICS), rows) >= 0, money in dollars; NaN: not exported
    notes: tuple[str, ...]  # tolerated irregularities


def read_channel(path: Path, channel: str, settings: DataSettings) -> ChannelDays:
    """Validated content of one channel's export.

    Args:
        path: the CSV file.
        channel: its ad platform.
        settings: reading options.

    Raises:
        DataError: the file is malformed or ambiguous.
    """
    table = read_table(path)
    known_types = settings.campaign_types[channel]
    columns = find_columns(table, has_types=bool(known_types), ignore=settings.ignore_columns)
    date_cells = table.column(columns.position["date"])
    dates = DateColumn(table.file, STANDARD_NAMES["date"], date_cells, table.lines)
    days, date_notes = parse_days(dates, settings.date_format)
    types, type_notes = _campaign_types(table, columns, channel, known_types)
    metrics, money_notes = _metrics(table, columns, channel, settings)
    groups = _group_rows(table, columns, days, types, metrics)
    totals = np.array([_sums(metrics, rows) for rows in groups.values()]).T
    notes = [*table.notes, *columns.notes, *date_notes, *type_notes, *money_notes]
    notes += _row_notes(table, len(groups), columns, totals)
    if bool(np.any(days[1:] < days[:-1])):
        notes.append(f"{table.file}: the rows were not in order of date; sorted.")
    return ChannelDays(
        channel,
        table.file,
        np.array([day for day, _ in groups], dtype="datetime64[D]"),
        tuple(campaign_type for _, campaign_type in groups),
        totals,
        tuple(notes),
    )


def _campaign_types(
    table: Table, columns: ColumnPositions, channel: str, known_types: tuple[str, ...]
) -> tuple[list[str | None], list[str]]:
    """Campaign type of each row in the settings' spelling, None without types; and notes."""
    if not known_types:
        return [None] * len(table.rows), []
    spelling = {canonical(name): name for name in known_types}
    cells = table.column(columns.position["campaign_type"])
    type_of: dict[str, str] = {}  # campaign type by text of the cell
    for line, cell in zip(table.lines, cells, strict=True):
        if cell not in type_of:
            name = spelling.get(canonical(cell))
            if name is None:
                raise _unknown_type(table.file, line, cell, channel, known_types)
            type_of[cell] = name
    variants = [f"{shown(cell)} as {name}" for cell, name in type_of.items() if cell != name]
    notes = [f"{table.file}: read campaign type {', '.join(variants)}."] if variants else []
    return [type_of[cell] for cell in cells], notes


def _unknown_type(
    file: str, line: int, cell: str, channel: str, known_types: tuple[str, ...]
) -> DataError:
    given = f"{shown(cell)} is not a known campaign type of {channel}"
    close = get_close_matches(cell, known_types, n=1)
    fix = f"add it to data.campaign_types.{channel} if {channel} has such campaigns"
    if close:
        fix = f"write {shown(close[0])} if that is what you mean, or {fix}"
    if not cell:
        given, fix = "the campaign type is blank", "fill it in or delete the row"
    elif "total" in cell.lower():
        given, fix = f"{shown(cell)} marks a row of totals", "delete this row"
    return data_error(
        file,
        given,
        ", ".join(known_types),
        fix,
        row=line,
        column=STANDARD_NAMES["campaign_type"],
    )


def _metrics(
    table: Table, columns: ColumnPositions, channel: str, settings: DataSettings
) -> tuple[Floats, list[str]]:
    """(len(METRICS), rows) values with money in dollars, and notes."""
    metrics = np.empty((len(METRICS), len(table.rows)))
    notes: list[str] = []
    for index, metric in enumerate(METRICS):
        if metric not in columns.position:  # an export without conversions
            metrics[index] = np.nan
            continue
        cells = table.column(columns.position[metric])
        name = STANDARD_NAMES[metric]
        parsed = parse_numbers(cells, table.lines, table.file, name, kind=_KINDS[metric])
        metrics[index] = parsed.values
        notes += parsed.notes
    micros = columns.cost_in_micros or channel in settings.cost_in_micros
    if micros:
        metrics[0] /= _MICROS
        notes.append(f"{table.file}: cost read as millionths of a dollar and divided by 1,000,000.")
    _refuse_scale(table, channel, metrics, micros=micros)
    return metrics, notes


def _refuse_scale(table: Table, channel: str, metrics: Floats, *, micros: bool) -> None:
    """Raises if the costs are zero, or too large or too small by a factor of a million."""
    spend, clicks = metrics[0], metrics[2]
    too_large = np.flatnonzero(spend > _MAX_CPC * np.where(clicks > 0, clicks, np.inf))
    if too_large.size:
        row = int(too_large[0])
        raise data_error(
            table.file,
            f"{spend[row]:,.2f} for {clicks[row]:g} clicks looks like micros (millionths of a "
            "dollar)",
            f"at most ${_MAX_CPC:,.0f} per click",
            f"add {channel} to data.cost_in_micros if the column is in micros, otherwise correct "
            "the cell",
            row=table.lines[row],
            column=STANDARD_NAMES["spend"],
        )
    if float(spend.sum()) == 0.0:
        raise data_error(
            table.file,
            "the whole column sums to 0",
            "some spend in every channel",
            f"export the costs too, or remove {channel} from data.channels",
            column=STANDARD_NAMES["spend"],
        )
    if micros and spend.sum() < _MIN_MEAN_CPC * clicks.sum():
        raise data_error(
            table.file,
            f"read as micros, the whole file costs ${spend.sum():.4f} for {clicks.sum():,.0f} "
            "clicks",
            "costs in micros where the column's name or data.cost_in_micros declares them",
            f"remove {channel} from data.cost_in_micros, or rename the column to Cost if it is in "
            "dollars",
            column=STANDARD_NAMES["spend"],
        )


def _group_rows(
    table: Table,
    columns: ColumnPositions,
    days: NDArray[np.datetime64],
    types: list[str | None],
    metrics: Floats,
) -> dict[_DayAndType, list[int]]:
    """Rows of each day and campaign type, sorted by both.

    Without breakdown columns a second row is a duplicate. With them, rows of equal labels may be
    two campaigns, unless their metrics are equal too.
    """
    groups: dict[_DayAndType, list[int]] = {}
    first_row: dict[tuple[object, ...], int] = {}
    for row, key in enumerate(zip(days, types, strict=True)):
        groups.setdefault(key, []).append(row)
        labels = tuple(table.rows[row][position] for position in columns.breakdown)
        values = np.nan_to_num(metrics[:, row])
        compared = tuple(values) if columns.breakdown else ()
        first = first_row.setdefault((key, labels, compared), row)
        if first != row and (not columns.breakdown or values.any()):
            raise _duplicate(table, first, row, key)
    return {key: groups[key] for key in sorted(groups, key=lambda k: (k[0], k[1] or ""))}


def _duplicate(table: Table, first: int, second: int, key: _DayAndType) -> DataError:
    day, campaign_type = key
    subject = f"{day} and {campaign_type}" if campaign_type else f"{day}"
    return data_error(
        table.file,
        f"duplicate of row {table.lines[first]}, for {subject}",
        "one row per day and campaign type, or a column such as Campaign ID that distinguishes "
        "the rows",
        "delete one of the two rows, or export with the Campaign ID",
        row=table.lines[second],
        column=STANDARD_NAMES["date"],
    )


def _sums(metrics: Floats, rows: list[int]) -> list[float]:
    """Sums over rows, rounded to a millionth; independent of the order of the rows."""
    if len(rows) == 1:
        return [float(value) for value in metrics[:, rows[0]]]
    return [round(math.fsum(values), 6) for values in metrics[:, rows]]


def _row_notes(table: Table, groups: int, columns: ColumnPositions, totals: Floats) -> list[str]:
    notes = []
    if groups < len(table.rows):
        names = ", ".join(shown(table.header[position]) for position in columns.breakdown)
        notes.append(
            f"{table.file}: {len(table.rows)} rows by {names} were summed to {groups} rows, "
            "one per day and campaign type."
        )
    for metric, values in zip(METRICS, totals, strict=True):
        if not values.any():
            notes.append(f"{table.file}: no {metric} at all in the whole file; accepted.")
    for description, test in _ODDITIES:
        count = int(np.count_nonzero(test(totals)))
        if count:
            notes.append(f"{table.file}: {count} of {groups} rows {description}; accepted.")
    return notes
