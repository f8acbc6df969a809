"""One channel's export: from a CSV file to one row a day and campaign type."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, data_error, shown
from ..history import METRICS
from .columns import NAMES, Columns, canonical, resolve
from .csv_table import Table, read_table
from .dates import Column, parse_days
from .numbers import parse_numbers
from .settings import DataSettings

_COLUMN = {"spend": "cost"}  # the one metric that exports call otherwise
_MICROS = 1e6
_ABSURD_CPC = (
    10_000.0  # dollars a click; the dearest keywords cost about a tenth of a percent of it
)
_TINY_CPC = 1e-4  # dollars a click over a whole file
_KINDS: tuple[tuple[str, Callable[[NDArray[np.float64]], NDArray[np.bool_]]], ...] = (
    ("with impressions or clicks and no cost", lambda m: (m[0] == 0) & (m[1] + m[2] > 0)),
    ("of zeros only, kept as observed zeros", lambda m: np.all(np.nan_to_num(m) == 0, axis=0)),
    ("with a fraction of a conversion", lambda m: m[3] % 1 > 0),
    ("with conversions and no revenue", lambda m: (m[3] > 0) & (m[4] == 0)),
    ("with revenue and no conversions", lambda m: (m[3] == 0) & (m[4] > 0)),
    ("with more conversions than clicks", lambda m: m[3] > m[2]),
    ("with more clicks than impressions", lambda m: m[2] > m[1]),
)


@dataclass(frozen=True, eq=False)
class ChannelDays:
    """One channel's rows, one a day and campaign type, sorted by both."""

    channel: str
    file: str  # name of the export
    days: NDArray[np.datetime64]  # (rows,) datetime64[D]
    types: tuple[str | None, ...]  # (rows,) canonical spelling; None where there are no types
    metrics: NDArray[np.float64]  # (len(METRICS), rows) >= 0, money in dollars; NaN: not exported
    notes: tuple[str, ...]  # what was tolerated


def read_channel(path: Path, channel: str, settings: DataSettings) -> ChannelDays:
    """Reads and checks one channel's export.

    Args:
        path: the CSV file.
        channel: its platform.
        settings: how to read it.

    Returns:
        The channel's days.

    Raises:
        DataError: anything in the file that cannot be read with certainty.
    """
    table = read_table(path)
    known = settings.campaign_types[channel]
    columns = resolve(table, typed=bool(known), ignore=settings.ignore_columns)
    dates = Column(table.file, NAMES["date"], table.column(columns.at["date"]), table.lines)
    days, date_notes = parse_days(dates, settings.date_format)
    types, type_notes = _types(table, columns, channel, known)
    metrics, money_notes = _metrics(table, columns, channel, settings)
    groups = _groups(table, columns, days, types, metrics)
    totals = np.array([_sums(metrics, rows) for rows in groups.values()]).T
    notes = [*table.notes, *columns.notes, *date_notes, *type_notes, *money_notes]
    notes += _row_notes(table, len(groups), columns, totals)
    if bool(np.any(days[1:] < days[:-1])):
        notes.append(f"{table.file}: the rows were not in the order of their dates; sorted.")
    return ChannelDays(
        channel,
        table.file,
        np.array([day for day, _ in groups], dtype="datetime64[D]"),
        tuple(kind for _, kind in groups),
        totals,
        tuple(notes),
    )


def _types(
    table: Table, columns: Columns, channel: str, known: tuple[str, ...]
) -> tuple[list[str | None], list[str]]:
    """Canonical campaign type of each row; all None on a channel without types."""
    if not known:
        return [None] * len(table.rows), []
    spelling = {canonical(name): name for name in known}
    cells = table.column(columns.at["campaign type"])
    found: dict[str, str] = {}
    for line, cell in zip(table.lines, cells, strict=True):
        if cell not in found:
            name = spelling.get(canonical(cell))
            if name is None:
                raise _unknown_type(table.file, line, cell, channel, known)
            found[cell] = name
    odd = [f"{shown(cell)} as {name}" for cell, name in found.items() if cell != name]
    notes = [f"{table.file}: read campaign type {', '.join(odd)}."] if odd else []
    return [found[cell] for cell in cells], notes


def _unknown_type(
    file: str, line: int, cell: str, channel: str, known: tuple[str, ...]
) -> DataError:
    given = f"{shown(cell)} is not a campaign type that {channel} is known to have"
    close = get_close_matches(cell, known, n=1)
    remedy = f"add it to data.campaign_types.{channel} if {channel} really has it"
    if close:
        remedy = f"write {shown(close[0])} if that is meant, or {remedy}"
    if not cell:
        given, remedy = "the campaign type is blank", "fill it in or delete the row"
    elif "total" in cell.lower():
        given, remedy = f"{shown(cell)} marks a row of totals", "delete this row"
    return data_error(
        file, given, ", ".join(known), remedy, row=line, column=NAMES["campaign type"]
    )


def _metrics(
    table: Table, columns: Columns, channel: str, settings: DataSettings
) -> tuple[NDArray[np.float64], list[str]]:
    """(len(METRICS), rows) numbers with money in dollars, and notes."""
    metrics = np.empty((len(METRICS), len(table.rows)))
    for index, metric in enumerate(METRICS):
        key = _COLUMN.get(metric, metric)
        if key not in columns.at:  # an export without a count of conversions
            metrics[index] = np.nan
            continue
        cells = table.column(columns.at[key])
        metrics[index] = parse_numbers(cells, table.lines, table.file, NAMES[key])
    notes = []
    micros = columns.micros or channel in settings.cost_in_micros
    if micros:
        metrics[0] /= _MICROS
        notes.append(
            f"{table.file}: cost taken as millionths of a dollar and divided by 1,000,000."
        )
    _refuse_scale(table, channel, metrics, micros=micros)
    return metrics, notes


def _refuse_scale(
    table: Table, channel: str, metrics: NDArray[np.float64], *, micros: bool
) -> None:
    """Costs that are a million times too large or too small."""
    spend, clicks = metrics[0], metrics[2]
    absurd = np.flatnonzero(spend > _ABSURD_CPC * np.where(clicks > 0, clicks, np.inf))
    if absurd.size:
        row = int(absurd[0])
        raise data_error(
            table.file,
            f"{spend[row]:,.2f} for {clicks[row]:g} clicks looks like micros (millionths of a "
            "dollar)",
            f"at most ${_ABSURD_CPC:,.0f} a click",
            f"add {channel} to data.cost_in_micros if the column is in micros, else correct the "
            "cell",
            row=table.lines[row],
            column=NAMES["cost"],
        )
    if float(spend.sum()) == 0.0:
        raise data_error(
            table.file,
            "the whole column sums to 0",
            "some spend in every channel",
            f"export the costs too, or remove {channel} from data.channels",
            column=NAMES["cost"],
        )
    if micros and spend.sum() < _TINY_CPC * clicks.sum():
        raise data_error(
            table.file,
            f"as micros the whole file costs ${spend.sum():.4f} for {clicks.sum():,.0f} clicks",
            "costs in micros where the column's name or data.cost_in_micros says so",
            f"remove {channel} from data.cost_in_micros, or name the column Cost if it is in "
            "dollars",
            column=NAMES["cost"],
        )


_Key = tuple[np.datetime64, str | None]


def _groups(
    table: Table,
    columns: Columns,
    days: NDArray[np.datetime64],
    types: list[str | None],
    metrics: NDArray[np.float64],
) -> dict[_Key, list[int]]:
    """Rows of each day and campaign type, in order of day and type."""
    groups: dict[_Key, list[int]] = {}
    seen: dict[tuple[object, ...], int] = {}
    for row, key in enumerate(zip(days, types, strict=True)):
        groups.setdefault(key, []).append(row)
        part = tuple(table.rows[row][position] for position in columns.finer)
        # With finer columns two equal names may be two campaigns, but not with equal numbers too.
        numbers = np.nan_to_num(metrics[:, row])
        same = tuple(numbers) if columns.finer else ()
        first = seen.setdefault((key, part, same), row)
        if first != row and (not columns.finer or numbers.any()):
            raise _duplicate(table, first, row, key)
    return {key: groups[key] for key in sorted(groups, key=lambda k: (k[0], k[1] or ""))}


def _duplicate(table: Table, first: int, second: int, key: _Key) -> DataError:
    what = f"{key[0]}" + (f" and {key[1]}" if key[1] else "")
    return data_error(
        table.file,
        f"row {table.lines[first]} is about {what} too",
        "one row a day and campaign type, or a column such as Campaign ID that tells rows apart",
        "delete one of the two rows, or export with the Campaign ID",
        row=table.lines[second],
        column=NAMES["date"],
    )


def _sums(metrics: NDArray[np.float64], rows: list[int]) -> list[float]:
    """Sums over rows that do not depend on their order, to a millionth."""
    if len(rows) == 1:
        return [float(value) for value in metrics[:, rows[0]]]
    return [round(math.fsum(values), 6) for values in metrics[:, rows]]


def _row_notes(
    table: Table, groups: int, columns: Columns, totals: NDArray[np.float64]
) -> list[str]:
    notes = []
    if groups < len(table.rows):
        names = ", ".join(shown(table.header[position]) for position in columns.finer)
        notes.append(
            f"{table.file}: {len(table.rows)} rows split by {names} were summed to {groups} rows, "
            "one a day and campaign type."
        )
    for metric, values in zip(METRICS, totals, strict=True):
        if not values.any():
            notes.append(f"{table.file}: no {metric} at all in the whole file; accepted.")
    for what, test in _KINDS:
        count = int(np.count_nonzero(test(totals)))
        if count:
            notes.append(f"{table.file}: {count} of {groups} rows {what}; accepted.")
    return notes
