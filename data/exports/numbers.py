"""Cells that must be plain numbers, and what exactly is wrong with those that are not."""

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, data_error, shown

_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LARGEST = 1e15  # beyond this a day's number is damage, and sums would lose cents
_ALLOWED = "a plain number, 0 or more, with a point before decimals, such as 1234.5"
_WHATS = (
    (re.compile(r""), "the cell is blank", "write 0 if nothing happened, or delete the whole row"),
    (
        re.compile(r"[^\d]*[$€£¥₹][^\d]*.*|.*[$€£¥₹]|(?:USD|EUR|GBP) ?.*|.* ?(?:USD|EUR|GBP)"),
        "{} carries a currency symbol",
        "remove the symbol and give dollars",
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
        "replace it by the real number",
    ),
    (
        re.compile(r".*%"),
        "{} is a percentage",
        "give the count itself",
    ),
)


def parse_numbers(
    cells: Sequence[str], lines: Sequence[int], file: str, column: str
) -> NDArray[np.float64]:
    """Numbers of one column.

    Args:
        cells: (rows,) trimmed text.
        lines: (rows,) line of each cell, for messages.
        file: name, for messages.
        column: name, for messages.

    Returns:
        (rows,) finite numbers, >= 0.

    Raises:
        DataError: a cell is not a plain finite number of 0 or more; the first such is named.
    """
    numbers = np.empty(len(cells))
    for row, cell in enumerate(cells):
        value = float(cell) if _PLAIN.fullmatch(cell) else math.nan
        if not 0.0 <= value <= _LARGEST:
            raise _explain(cell, value, lines[row], file, column)
        numbers[row] = value
    return numbers + 0.0  # -0.0 becomes 0.0


def _explain(cell: str, value: float, line: int, file: str, column: str) -> DataError:
    given, remedy = f"{shown(cell)} is not a number", "write the number or delete the row"
    if value < 0:
        given, remedy = (
            f"{shown(cell)} is negative",
            "correct it; subtract a refund from the day it belongs to",
        )
    elif value > _LARGEST:
        given, remedy = f"{shown(cell)} is too large to be true", "replace it by the real number"
    elif cell.lower() == column.lower():
        given = "the header is repeated here, so two exports were pasted together"
        remedy = "delete this row"
    else:
        for pattern, what, todo in _WHATS:
            if pattern.fullmatch(cell):
                given, remedy = what.format(shown(cell)), todo
                break
    return data_error(file, given, _ALLOWED, remedy, row=line, column=column)
