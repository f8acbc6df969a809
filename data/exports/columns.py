"""Which column of an export is which, however its name is spelled."""

import re
from dataclasses import dataclass

from ..errors import DataError, data_error, shown
from .csv_table import Table, named

NAMES = {
    "date": "Date",
    "campaign type": "Campaign type",
    "impressions": "Impressions",
    "clicks": "Clicks",
    "cost": "Cost",
    "conversions": "Conversions",
    "revenue": "Revenue",
}
COUNT = "conversions"  # the one column that may be absent: then revenue is all that is known
_OPTIONAL = {"reach"}
_MICROS = {"cost micros", "cost in micros"}
_FINER = re.compile(
    r"(?:campaign|ad ?group|ad ?set|asset group|ad|account|customer|keyword|device|network"
    r"|placement|country|region|city|age|gender|audience)(?: (?:id|name|status|objective))?"
)
_UNNAMED = re.compile(r"(?:unnamed: [0-9]+(?:[._][0-9]+)?(?: level [0-9]+)?)?")


@dataclass(frozen=True)
class Columns:
    """Where each thing stands in a table."""

    at: dict[str, int]  # key of NAMES -> position
    finer: tuple[int, ...]  # positions of columns that split a campaign type into parts
    micros: bool  # the cost column says that it is in millionths of a dollar
    notes: tuple[str, ...]  # what was tolerated


def canonical(name: str) -> str:
    """A column's name without regard to case, spaces, underscores and brackets."""
    return " ".join(re.sub(r"[_()\[\]]", " ", name).lower().split())


def resolve(table: Table, *, typed: bool, ignore: tuple[str, ...]) -> Columns:
    """Finds the columns of an ad export.

    Args:
        table: the export.
        typed: whether the channel has campaign types; where not, such a column only splits rows.
        ignore: names of columns that the user wants left out.

    Returns:
        The positions; every key of `NAMES` is there (`campaign type` only when `typed`,
        `conversions` only where the export has it).

    Raises:
        DataError: a column is missing, twice there, or not known.
    """
    keys = [canonical(name) for name in table.header]
    ignored = {canonical(name) for name in ignore}
    wanted = [key for key in NAMES if typed or key != "campaign type"]
    at: dict[str, int] = {}
    finer: list[int] = []
    extra: list[int] = []
    notes: list[str] = []
    micros = False
    for position, key in enumerate(keys):
        if key in ignored:
            notes.append(f"{table.file}: column {shown(table.header[position])} left out.")
        elif _UNNAMED.fullmatch(key):
            notes.append(_drop_index(table, position))
        elif key in wanted or key in _MICROS:
            micros = micros or key in _MICROS
            key = "cost" if key in _MICROS else key
            if key in at:
                raise _twice(table, at[key], position)
            at[key] = position
        elif _FINER.fullmatch(key) or (key == "campaign type" and not typed):
            finer.append(position)
        elif key not in _OPTIONAL:
            extra.append(position)
    _refuse_missing(table, wanted, at)
    _refuse_extra(table, extra)
    notes += _spelling_notes(table, at)
    if COUNT not in at:
        notes.append(f"{table.file}: no column {NAMES[COUNT]}; only its revenue is known.")
    return Columns(at, tuple(finer), micros, tuple(notes))


def _drop_index(table: Table, position: int) -> str:
    """A column without a name is an index that a program wrote, or nothing at all."""
    for line, cell in zip(table.lines, table.column(position), strict=True):
        if not re.fullmatch(r"[0-9]*(?:\.0)?", cell):
            raise data_error(
                table.file,
                f"column {position + 1} has no name and holds {shown(cell)}",
                "a name for every column, except for one of row numbers",
                "name the column, or delete it",
                row=line,
            )
    return f"{table.file}: column {position + 1}, without a name (row numbers), was left out."


def _twice(table: Table, first: int, second: int) -> DataError:
    return data_error(
        table.file,
        f"columns {first + 1} and {second + 1} are both "
        f"{named([table.header[first], table.header[second]])}",
        "each column once",
        "delete or rename one of them",
        row=1,
        column=table.header[second],
    )


def _refuse_missing(table: Table, wanted: list[str], at: dict[str, int]) -> None:
    missing = [NAMES[key] for key in wanted if key not in at and key != COUNT]
    if missing:
        raise data_error(
            table.file,
            f"there is no such column (missing: {', '.join(missing)}); the file has "
            f"{named(list(table.header))}",
            "a header with " + ", ".join(NAMES[key] for key in wanted),
            "add the column to the export or rename the one that holds it, and make sure that the "
            "header is the first line",
            row=1,
            column=missing[0],
        )


def _refuse_extra(table: Table, extra: list[int]) -> None:
    if extra:
        names = [table.header[position] for position in extra]
        raise data_error(
            table.file,
            f"{named(names)} is not a column that is known",
            ", ".join(NAMES.values()) + ", Reach, and names of finer parts such as Campaign ID",
            f"add {named(names)} to data.ignore_columns or delete it from the file",
            row=1,
            column=names[0],
        )


def _spelling_notes(table: Table, at: dict[str, int]) -> list[str]:
    odd = [
        f"{shown(table.header[position])} as {NAMES[key]}"
        for key, position in at.items()
        if table.header[position] != NAMES[key]
    ]
    return [f"{table.file}: read column {', '.join(odd)}."] if odd else []
