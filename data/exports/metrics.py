"""Numbers of a sheet: cost, impressions, clicks, conversions and revenue, and their currency."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, Problems, data_error, shown
from ..formats import Column, currency_of
from ..history import METRICS
from ..parsing import Blank, Kind, Mark, decimal_mark, is_blank, parse_numbers
from ..types import Floats
from .body import Body
from .settings import DataSettings
from .table import Header

_COLUMNS: tuple[tuple[Column, Kind], ...] = (  # in the order of METRICS
    ("cost", "money"),
    ("impressions", "count"),
    ("clicks", "count"),
    ("conversions", "number"),
    ("revenue", "money"),
)
_MAX_FRACTIONS = 0.01  # share of counts that are not whole up to which they are errors
_YEN = frozenset("¥￥")


@dataclass(eq=False)
class Metrics:
    """Numbers of the rows of a sheet, as written."""

    values: Floats  # (len(METRICS), rows and undated rows) >= 0; NaN where not exported
    currency: NDArray[np.object_]  # (rows,) of the amounts; None where nothing names it
    notes: list[str]


def read_metrics(header: Header, body: Body, settings: DataSettings, problems: Problems) -> Metrics:
    """Numbers of all rows.

    Args:
        header: the sheet's header.
        body: its rows.
        settings: reading options.
        problems: takes the first problem of each column.
    """
    rows = [*body.data.cells, *body.undated.cells]
    lines = [*body.data.lines, *body.undated.lines]
    columns = _Columns(header, rows, lines, settings, [])
    values = np.full((len(METRICS), len(rows)), np.nan)
    signs: dict[Column, str | None] = {}
    for index, (column, kind) in enumerate(_COLUMNS):
        with problems.collected():
            found = columns.read(column, kind)
            if found is not None:
                values[index], signs[column] = found
    currency = np.full(len(body.data.cells), None, dtype=object)
    with problems.collected():
        currency = _currencies(header, body, signs)
    return Metrics(values, currency, columns.notes)


@dataclass(eq=False)
class _Columns:
    """Columns of one sheet, read one after the other."""

    header: Header
    rows: list[list[str]]
    lines: list[int]
    settings: DataSettings
    notes: list[str]  # grows

    def read(self, column: Column, kind: Kind) -> tuple[Floats, str | None] | None:
        """Numbers and currency of a column; None if the sheet does not have it."""
        header = self.header
        if column not in header.position:
            self.notes.append(f"{header.file}: no column of {column}; unknown.")
            return None
        cells = [row[header.position[column]] for row in self.rows]
        distinct = set(cells)
        if column != "cost" and all(map(is_blank, distinct)):
            name = header.name(column)
            self.notes.append(f"{header.file}: column {name} is blank; as if absent.")
            return None
        blank = self._blank(column, distinct)
        values, currency = self._parsed(column, cells, blank, kind)
        if kind == "count":
            _refuse_fraction(header, column, values, self.lines)
        return values, currency

    def _blank(self, column: Column, cells: set[str]) -> Blank:
        """What blank cells of a column are."""
        if column == "cost" or "nan" in {cell.casefold() for cell in cells}:
            return "error"  # no platform writes NaN: a program did not know the number
        blank = self.header.format.blank
        # blanks of a table of many platforms are settled by platform, in `money.settle_blanks`
        return "nan" if self.header.channel is None and blank == "error" else blank

    def _parsed(
        self, column: Column, cells: list[str], blank: Blank, kind: Kind
    ) -> tuple[Floats, str | None]:
        """Numbers of a column; its own notation, or the one that other columns settle."""
        header = self.header
        known = header.headings[header.position[column]].currency
        if known is None and header.language == "Japanese":
            known = "JPY" if _YEN.intersection("".join(cells[:50])) else None  # ¥ is China's too

        def parse(mark: Mark | None) -> tuple[Floats, str | None]:
            parsed = parse_numbers(
                cells,
                self.lines,
                header.file,
                header.name(column),
                blank=blank,
                kind=kind,
                decimal=mark,
                currency=known if kind == "money" else None,
            )
            self.notes += parsed.notes
            return parsed.values, parsed.currency or known

        try:
            return parse(self.settings.decimal_mark)
        except DataError as error:
            is_ambiguous = "data.decimal_mark" in str(error.details["setting"])
            if self.settings.decimal_mark or not is_ambiguous:
                raise
            mark = decimal_mark([row[p] for row in self.rows] for p in range(len(header.names)))
            if mark is None:
                raise
        return parse(mark)


def _refuse_fraction(header: Header, column: Column, values: Floats, lines: list[int]) -> None:
    """Raises for a count that is not whole among counts that are: cells in the wrong column.

    Rows that were spread over days or modelled are fractions in many rows, and are let pass.
    """
    fractions = np.flatnonzero(values % 1 > 0)
    if 0 < len(fractions) <= _MAX_FRACTIONS * len(values):
        row = int(fractions[0])
        raise data_error(
            header.file,
            f"{values[row]:.10g} is not a whole number, as other {column} are",
            "whole counts",
            "look for cells in the wrong column, or correct the number",
            row=lines[row],
            column=header.name(column),
        )


def _currencies(header: Header, body: Body, signs: dict[Column, str | None]) -> NDArray[np.object_]:
    """Currency of each row's amounts, None where nothing names it."""
    named = [sign for column, sign in signs.items() if column in ("cost", "revenue") and sign]
    common = currency_of(*named) if named else None
    if named and common is None:
        raise data_error(
            header.file,
            f"the amounts are in {' and in '.join(dict.fromkeys(named))}",
            "one currency for cost and revenue",
            "export both in the account's currency",
            row=body.data.lines[0],
        )
    if "currency" not in header.position:
        return np.full(len(body.data.cells), common, dtype=object)
    cells = [row[header.position["currency"]] for row in body.data.cells]
    codes: dict[str, str | None] = {}
    for cell in dict.fromkeys(cells):
        codes[cell] = common
        if not is_blank(cell):
            codes[cell] = currency_of(cell, *([common] if common else []))
            if codes[cell] is None:
                raise data_error(
                    header.file,
                    f"{shown(cell)} is no currency" + (f" or is not {common}" if common else ""),
                    "a code of ISO 4217 such as EUR",
                    "correct the cell",
                    row=body.data.lines[cells.index(cell)],
                    column=header.name("currency"),
                )
    return np.array([codes[cell] for cell in cells], dtype=object)
