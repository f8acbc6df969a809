"""Rows of totals among the data: a row that equals the sum of others is a total.

A total repeats money that other rows have already. Three kinds are found: rows without a date that
equal the sum of the rows with the same labels; values of a label (`All devices`, a blank campaign)
whose rows equal, on every day, the sum of at least two other rows; and values that say so (`Total`,
`Google total`), which must equal a sum.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import data_error, shown
from ..formats import canonical_heading
from ..history import METRICS
from ..types import Floats
from .body import TOTAL_WORDS, is_total

_CENT = 0.011  # rounding of an amount that is a sum
_ROUNDED = 0.006  # rounding of each amount that is summed
_VOLUMES = 3  # metrics that sum exactly: cost, impressions, clicks
_MIN_SUMMANDS = 1.5  # rows per total, of totals that do not say so; two campaigns may be twins
_MIN_PARTS = 2  # rows that a row must equal in sum to be a total without saying so
Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Amounts:
    """Numbers and labels of the dated rows of one file."""

    file: str  # name, for messages
    lines: NDArray[np.int64]  # (rows,)
    days: NDArray[np.datetime64]  # (rows,) datetime64[D]
    sections: Codes  # (rows,)
    values: Floats  # (len(METRICS), rows), money as written; NaN where not exported
    labels: dict[str, NDArray[np.object_]]  # heading -> (rows,) text; columns that tell rows apart

    def chosen(self, rows: NDArray[np.bool_]) -> Self:
        """The rows of a mask."""
        if rows.all():
            return self
        return dataclasses.replace(
            self,
            lines=self.lines[rows],
            days=self.days[rows],
            sections=self.sections[rows],
            values=self.values[:, rows],
            labels={name: cells[rows] for name, cells in self.labels.items()},
        )


@dataclass(frozen=True, eq=False)
class Undated:
    """Rows of sums without a date."""

    lines: Sequence[int]
    sections: Sequence[int]
    values: Floats  # (len(METRICS), rows)
    labels: Sequence[dict[str, str]]  # heading -> text, of the columns of `Amounts.labels`
    words: Sequence[str]  # the cell that says that it is a total, "" if none does


def dated_totals(amounts: Amounts) -> NDArray[np.bool_]:
    """Mask of the dated rows that are totals, (rows,).

    Raises:
        DataError: a row says that it is a total and equals no sum.
    """
    found = np.zeros(len(amounts.lines), dtype=bool)
    day = pd.factorize(amounts.days)[0]
    group = pd.factorize(amounts.sections * (int(day.max()) + 1) + day)[0]
    for heading, cells in amounts.labels.items():
        codes, values = _factorized(cells)
        if len(values) < 2:
            continue
        candidates = _halves(amounts.values[0], group, codes, len(values))
        for code, value in enumerate(values):
            says_so = is_total(value)
            if not (says_so or candidates[code]):
                continue
            rows = codes == code
            others = ~rows & ~found
            if _is_sum(amounts.values, group, rows, others, 1 if says_so else _MIN_PARTS):
                found |= rows
            elif says_so and not _is_subtotal(amounts, group, rows, found, heading):
                _refuse_wrong_total(amounts, rows, value, heading)
            elif says_so:
                found |= rows
    return found


def _factorized(cells: NDArray[np.object_]) -> tuple[Codes, list[str]]:
    codes, values = pd.factorize(cells)
    return codes, values.tolist()


def _halves(cost: Floats, group: Codes, codes: Codes, values: int) -> NDArray[np.bool_]:
    """Values whose cost is half of all cost on the days on which they have rows, (values,)."""
    by_group = np.bincount(group, cost)
    pairs = pd.unique(codes * (int(group.max()) + 1) + group)
    own = np.bincount(codes, cost, values)
    around = np.bincount(
        pairs // (int(group.max()) + 1), by_group[pairs % (int(group.max()) + 1)], values
    )
    tolerance = _CENT * np.bincount(codes, minlength=values) + 0.001 * own
    found: NDArray[np.bool_] = (own > 0) & (np.abs(around - 2 * own) <= 2 * tolerance)
    return found


def _is_sum(
    values: Floats, group: Codes, rows: NDArray[np.bool_], others: NDArray[np.bool_], parts: int
) -> bool:
    """True if, in every group, the rows equal the sum of the others, of `parts` rows somewhere.

    Where `parts` is above 1, a row must also stand for several others on average.
    """
    size = int(group.max()) + 1
    inside = np.bincount(group[rows], minlength=size) > 0
    spent = others & (values[0] > 0)
    count = np.bincount(group[spent], minlength=size)[inside]
    summands = count.sum() / max(int(np.count_nonzero(rows & (values[0] > 0))), 1)
    if not count.size or count.max() < parts or (parts > 1 and summands < _MIN_SUMMANDS):
        return False
    for index, numbers in enumerate(values[:_VOLUMES]):
        if np.isnan(numbers).any():
            continue
        own = np.bincount(group[rows], numbers[rows], size)[inside]
        rest = np.bincount(group[others], numbers[others], size)[inside]
        rounding = _CENT + _ROUNDED * count if index == 0 else 0.5
        if np.any(np.abs(own - rest) > rounding + 1e-9 * rest):
            return False
    return True


def _is_subtotal(
    amounts: Amounts,
    group: Codes,
    rows: NDArray[np.bool_],
    found: NDArray[np.bool_],
    heading: str,
) -> bool:
    """True if the rows equal sums of the others that share a label of another column."""
    for name, cells in amounts.labels.items():
        if name == heading:
            continue
        codes, _ = _factorized(cells)
        finer = pd.factorize(group * (int(codes.max()) + 1) + codes)[0]
        if _is_sum(amounts.values, finer, rows, ~rows & ~found, 1):
            return True
    return False


def _refuse_wrong_total(
    amounts: Amounts, rows: NDArray[np.bool_], value: str, heading: str
) -> None:
    """Raises for a label that is a word for totals; a longer name may be a campaign's."""
    if canonical_heading(value).text not in TOTAL_WORDS:
        return
    first = int(np.flatnonzero(rows)[0])
    raise data_error(
        amounts.file,
        f"{shown(value)} marks a row of totals, but its cost, {amounts.values[0, first]:,.2f}, is "
        "not the sum of the other rows of its day",
        "totals that equal the sum of the rows",
        "delete this row, or export the file again if rows are missing",
        row=int(amounts.lines[first]),
        column=heading,
    )


def check_undated(amounts: Amounts, undated: Undated) -> list[str]:
    """Warnings about undated totals; totals that agree with the rows bring none.

    Raises:
        DataError: a row without a date is no total of the rows with its labels, or says that it is
            the total and differs from the sum.
    """
    notes = []
    for row, line in enumerate(undated.lines):
        word = undated.words[row]
        chosen = np.ones(len(amounts.lines), dtype=bool)
        for heading, text in undated.labels[row].items():
            same = amounts.labels[heading] == text
            chosen &= same if same.any() else chosen
        scopes = [chosen, chosen & (amounts.sections == undated.sections[row])]
        given = undated.values[:, row]
        if any(_agrees(amounts.values, given, scope) for scope in scopes):
            continue
        if word and _is_sum_of_a_label(amounts, given):
            continue
        metric, cost, total = _difference(amounts.values[:, chosen], given)
        if not word:
            raise data_error(
                amounts.file,
                "the date is blank, and the row is no total of the others",
                "a date in every row",
                "fill it in or delete the row",
                row=line,
                column="Date",
            )
        if canonical_heading(word).text in TOTAL_WORDS:
            raise data_error(
                amounts.file,
                f"{shown(word)} marks a row of totals and says {metric} {cost:,.2f}, but the rows "
                f"sum to {total:,.2f}",
                "totals that equal the sum of the rows",
                "export the file again, as rows may be missing; or delete this row",
                row=line,
            )
        notes.append(
            f"{amounts.file}: WARNING, {shown(word)} in row {line} says {metric} {cost:,.2f}, and "
            f"the rows sum to {total:,.2f}; the rows were read, the total was not."
        )
    return notes


def _difference(values: Floats, given: Floats) -> tuple[str, float, float]:
    """Name of the metric that differs most, the given number and the sum of the rows."""
    sums = values.sum(axis=1)
    known = np.isfinite(given) & np.isfinite(sums)
    gaps = np.where(known, np.abs(given - sums) / np.maximum(np.abs(sums), 1.0), -1.0)
    worst = int(gaps.argmax())
    return METRICS[worst], float(given[worst]), float(sums[worst])


def _is_sum_of_a_label(amounts: Amounts, given: Floats) -> bool:
    """True if the numbers are the sums of the rows with one label: `Total: Search`."""
    for cells in amounts.labels.values():
        codes, values = _factorized(cells)
        cost = np.bincount(codes, amounts.values[0], len(values))
        for code in np.flatnonzero(np.abs(cost - given[0]) <= 0.01 * given[0] + _CENT):
            if _agrees(amounts.values, given, codes == code):
                return True
    return False


def _agrees(values: Floats, given: Floats, rows: NDArray[np.bool_]) -> bool:
    """True if the given numbers are the sums of the rows."""
    count = int(np.count_nonzero(rows & (values[0] > 0)))
    for index, (numbers, total) in enumerate(zip(values, given, strict=True)):
        if np.isnan(total) or np.isnan(numbers).any():
            continue
        rounding = 0.5 if 0 < index < _VOLUMES else _CENT + _ROUNDED * max(count, 1)
        if abs(total - float(numbers[rows].sum())) > rounding + 1e-6 * total:
            return False
    return bool(rows.any())
