"""Column names of the Google, Meta and Microsoft exports, and the search for them in a header.

To accept another spelling of a column, add it to `COLUMN_SYNONYMS`.
"""

import re
from dataclasses import dataclass

from ..errors import DataError, data_error, shown
from .csv_table import Table, quoted_names

COLUMN_SYNONYMS: dict[str, tuple[str, ...]] = {
    "date": ("Date",),
    "campaign_type": ("Campaign type",),  # only on channels with campaign types
    "impressions": ("Impressions",),
    "clicks": ("Clicks",),
    "spend": ("Cost", "Cost (micros)", "Cost in micros"),
    "conversions": ("Conversions",),  # may be absent, see OPTIONAL
    "revenue": ("Revenue",),
}
"""Names of each column in a Google, Meta or Microsoft export, which all use the same ones.

The first is the standard name, which messages use. Names match by their `canonical` form. A name
that ends in "micros" declares millionths of a dollar.
"""
STANDARD_NAMES = {column: names[0] for column, names in COLUMN_SYNONYMS.items()}
OPTIONAL = "conversions"  # without this column the campaigns' conversions are unknown, NaN
_UNUSED = {"reach"}  # canonical names of columns that exports may have and nothing reads
_BREAKDOWN = re.compile(
    r"(?:campaign|ad ?group|ad ?set|asset group|ad|account|customer|keyword|device|network"
    r"|placement|country|region|city|age|gender|audience)(?: (?:id|name|status|objective))?"
)
_UNNAMED = re.compile(r"(?:unnamed: [0-9]+(?:[._][0-9]+)?(?: level [0-9]+)?)?")


@dataclass(frozen=True)
class ColumnPositions:
    """Positions of an export's columns in its table."""

    position: dict[str, int]  # key of COLUMN_SYNONYMS -> position in the table
    breakdown: tuple[int, ...]  # positions of columns that split a campaign type into more rows
    cost_in_micros: bool  # the cost column's name declares millionths of a dollar
    notes: tuple[str, ...]  # tolerated irregularities


def canonical(name: str) -> str:
    """Column name in lower case, with underscores and brackets as spaces and no double spaces."""
    return " ".join(re.sub(r"[_()\[\]]", " ", name).lower().split())


def find_columns(table: Table, *, has_types: bool, ignore: tuple[str, ...]) -> ColumnPositions:
    """Positions of the columns of an ad export.

    Args:
        table: the export.
        has_types: the channel has campaign types; otherwise `Campaign type` is a breakdown column.
        ignore: names of columns to ignore.

    Returns:
        The positions of all keys of `COLUMN_SYNONYMS`; `campaign_type` is absent without
        `has_types`, and `conversions` where the export lacks it.

    Raises:
        DataError: a column is missing, duplicated or unknown.
    """
    column_of = {canonical(name): key for key, names in COLUMN_SYNONYMS.items() for name in names}
    ignored = {canonical(name) for name in ignore}
    position: dict[str, int] = {}
    breakdown: list[int] = []
    unknown: list[int] = []
    notes: list[str] = []
    for index, name in enumerate(table.header):
        key = canonical(name)
        column = column_of.get(key)
        if key in ignored:
            notes.append(f"{table.file}: ignored column {shown(name)} (data.ignore_columns).")
        elif _UNNAMED.fullmatch(key):
            notes.append(_ignore_row_numbers(table, index))
        elif column is not None and (has_types or column != "campaign_type"):
            if column in position:
                raise _duplicate(table, position[column], index)
            position[column] = index
        elif column is not None or _BREAKDOWN.fullmatch(key):
            breakdown.append(index)
        elif key not in _UNUSED:
            unknown.append(index)
    _refuse_missing(table, position, has_types=has_types)
    _refuse_unknown(table, unknown)
    notes += _spelling_notes(table, position)
    if OPTIONAL not in position:
        missing = STANDARD_NAMES[OPTIONAL]
        notes.append(f"{table.file}: no column {missing}; only the revenue is known.")
    cost_in_micros = canonical(table.header[position["spend"]]).endswith("micros")
    return ColumnPositions(position, tuple(breakdown), cost_in_micros, tuple(notes))


def _ignore_row_numbers(table: Table, position: int) -> str:
    """Note on a column without a name, which may only be blank or a program's row index."""
    for line, cell in zip(table.lines, table.column(position), strict=True):
        if not re.fullmatch(r"[0-9]*(?:\.0)?", cell):
            raise data_error(
                table.file,
                f"column {position + 1} has no name and contains {shown(cell)}",
                "columns without a name only for row numbers",
                "name the column or delete it",
                row=line,
            )
    return f"{table.file}: ignored column {position + 1}, without a name (row numbers)."


def _duplicate(table: Table, first: int, second: int) -> DataError:
    return data_error(
        table.file,
        f"columns {first + 1} and {second + 1} are the same: "
        f"{quoted_names([table.header[first], table.header[second]])}",
        "each column once",
        "delete or rename one of them",
        row=1,
        column=table.header[second],
    )


def _refuse_missing(table: Table, position: dict[str, int], *, has_types: bool) -> None:
    expected = [key for key in COLUMN_SYNONYMS if has_types or key != "campaign_type"]
    missing = [STANDARD_NAMES[key] for key in expected if key not in (*position, OPTIONAL)]
    if missing:
        raise data_error(
            table.file,
            f"required columns are missing: {', '.join(missing)}; the header is "
            f"{quoted_names(list(table.header))}",
            "a header with " + ", ".join(STANDARD_NAMES[key] for key in expected),
            "add the column to the export or rename the column that holds it, and make sure that "
            "the header is the first line",
            row=1,
            column=missing[0],
        )


def _refuse_unknown(table: Table, unknown: list[int]) -> None:
    if unknown:
        names = [table.header[position] for position in unknown]
        raise data_error(
            table.file,
            f"unknown column {quoted_names(names)}",
            ", ".join(STANDARD_NAMES.values()) + ", Reach, and breakdowns such as Campaign ID",
            f"add {quoted_names(names)} to data.ignore_columns or delete it from the file",
            row=1,
            column=names[0],
        )


def _spelling_notes(table: Table, position: dict[str, int]) -> list[str]:
    variants = [
        f"{shown(table.header[index])} as {STANDARD_NAMES[key]}"
        for key, index in position.items()
        if table.header[index] != STANDARD_NAMES[key]
    ]
    return [f"{table.file}: read column {', '.join(variants)}."] if variants else []
