"""Parsing of numeric columns, with a diagnosis of cells that are not plain numbers."""

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, data_error, shown

_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MAX_VALUE = 1e15  # maximum of a cell; larger values are damage, and sums would lose cents
_ALLOWED = "a plain number, 0 or more, with a decimal point, such as 1234.5"
_DIAGNOSES = (  # pattern of the whole cell, problem, fix
    (re.compile(r""), "the cell is blank", "write 0 if nothing happened, or delete the whole row"),
    (
        re.compile(r"[^\d]*[$€£¥₹][^\d]*.*|.*[$€£¥₹]|(?:USD|EUR|GBP) ?.*|.* ?(?:USD|EUR|GBP)"),
        "{} has a currency symbol",
        "remove the symbol and convert to dollars",
    ),
    (
        re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"),
        "{} has a thousands separator (a comma)",
        "format the column as a plain number without separators",
    ),
    (
        re.compile(r"[+-]?\d{1,3}(?:[.'’ \u00a0\u202f]\d{3})+(?:[.,]\d+)?"),
        "{} has thousands separators or a decimal comma",
        "format the column as a plain number with a decimal point",
    ),
    (
        re.compile(r"[+-]?\d*,\d+"),
        "{} has a decimal comma",
        "format the column with a decimal point",
    ),
    (
        re.compile(r"[+-]?nan|n/?a|null|none|-+|#.*", re.IGNORECASE),
        "{} stands for an unknown value",
        "write 0 if nothing happened, or delete the whole row so that the day counts as missing",
    ),
    (
        re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE),
        "{} is infinite",
        "replace it with the actual number",
    ),
    (
        re.compile(r".*%"),
        "{} is a percentage",
        "write the count itself",
    ),
)


def parse_numbers(
    cells: Sequence[str], lines: Sequence[int], file: str, column: str
) -> NDArray[np.float64]:
    """Numbers of one column, (rows,), finite and >= 0.

    Args:
        cells: (rows,) trimmed text.
        lines: (rows,) line of each cell, for messages.
        file: name, for messages.
        column: name, for messages.

    Raises:
        DataError: a cell is not a plain finite number >= 0; names the first such cell.
    """
    numbers = np.empty(len(cells))
    for row, cell in enumerate(cells):
        value = float(cell) if _PLAIN.fullmatch(cell) else math.nan
        if not 0.0 <= value <= _MAX_VALUE:
            raise _explain(cell, value, lines[row], file, column)
        numbers[row] = value
    return numbers + 0.0  # -0.0 becomes 0.0


def _explain(cell: str, value: float, line: int, file: str, column: str) -> DataError:
    given, fix = f"{shown(cell)} is not a number", "write the number or delete the row"
    if value < 0:
        given, fix = (
            f"{shown(cell)} is negative",
            "correct it; subtract refunds on the day of the purchase",
        )
    elif value > _MAX_VALUE:
        given, fix = f"{shown(cell)} is implausibly large", "replace it with the actual number"
    elif cell.lower() == column.lower():
        given = "the header is repeated in this row: two exports were pasted together"
        fix = "delete this row"
    else:
        for pattern, problem, solution in _DIAGNOSES:
            if pattern.fullmatch(cell):
                given, fix = problem.format(shown(cell)), solution
                break
    return data_error(file, given, _ALLOWED, fix, row=line, column=column)
