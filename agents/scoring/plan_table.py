"""A plan as a table: date, campaign, amount; a date and one column per campaign; or no dates."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ...data.errors import DataError, data_error, quoted_names, shown
from ...data.formats import Heading, canonical_heading, currency_of, shared_headings
from ...data.parsing import DateColumn, DateFormat, decimal_mark, parse_days, parse_numbers
from ...data.sheets import Sheet, read_sheets
from ...data.types import Floats
from .written import Notation, Period, WrittenPlan, campaign_index, found_name

_DAILY = {  # headings of money per day, canonical
    "daily budget", "budget per day", "per day", "avg. daily budget", "average daily budget",
    "campaign daily budget", "tagesbudget", "durchschnittl. tagesbudget", "presupuesto diario",
    "budget quotidien", "orçamento diário",
}  # fmt: skip
_AMOUNTS = _DAILY | {  # beside the headings of spend in exports, canonical
    "amount", "budget", "planned", "planned spend", "planned budget", "plan", "total budget",
    "monthly budget", "dollars", "money", "betrag", "presupuesto", "importe", "montant",
    "orçamento", "valor",
}  # fmt: skip
_TOTALS = {"total", "totals", "sum", "grand total", "gesamt", "summe", "suma", "somme", "totaal"}
_ASIDE = _TOTALS | {"status", "weekday", "day of week", "week", "note", "notes", "comment"}
_CAMPAIGN_COLUMNS = ("campaign", "campaign_type", "platform")
_HEADER_ROWS = 20  # rows in which the header is looked for
_FORMATS: tuple[DateFormat, ...] = ("YYYY-MM-DD", "DD-MM-YYYY", "MM-DD-YYYY")
_ALLOWED = (
    "columns date, campaign and amount with one row per day and campaign, a column date and one "
    "per campaign, or campaign and amount alone with one row per campaign"
)
_FIX = "name the columns so in the first row"


class PlanTable(NamedTuple):
    """Cells below the header of a table of dates and amounts, or of campaigns and amounts."""

    sheet: Sheet
    header: list[str]
    headings: list[Heading]
    rows: list[list[str]]  # without rows of totals, as wide as the header
    lines: list[int]  # (rows,)
    notes: tuple[str, ...]
    totals: list[tuple[int, list[str]]]  # rows of totals, with their lines

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return the only table of a file with a column of dates, else the only one of campaigns.

        Raises:
            DataError: the file cannot be read, or has none or several.
        """
        sheets = read_sheets(path)
        tables = [t for sheet in sheets if (t := cls._of_sheet(sheet, ("date",))) is not None]
        if not tables:
            named = [[key, "cost"] for key in _CAMPAIGN_COLUMNS]
            tables = [t for sheet in sheets if (t := cls._of_sheet(sheet, *named)) is not None]
        long = [table for table in tables if table.is_long]
        if len(tables) != 1 and len(long) != 1:
            given = "no table has dates, or campaigns and amounts"
            if tables:
                given = f"{len(tables)} tables may be the plan"
            raise data_error(path.name, given, _ALLOWED, _FIX)
        return long[0] if len(long) == 1 else tables[0]

    @classmethod
    def _of_sheet(cls, sheet: Sheet, *needed: Sequence[str]) -> Self | None:
        """Return the table whose header has all columns of one of `needed`; None if none has."""
        for number, cells in enumerate(sheet.rows[:_HEADER_ROWS]):
            headings = [canonical_heading(cell) for cell in cells]
            found = any(
                all(any(_means(heading, m) for heading in headings) for m in meanings)
                for meanings in needed
            )
            if len(cells) < 2 or not found:
                continue
            notes, rows, lines, totals = [*sheet.notes], [], [], []
            labels = [
                k
                for k, heading in enumerate(headings)
                if any(_means(heading, m) for m in ("date", *_CAMPAIGN_COLUMNS))
            ]
            for row, line in zip(sheet.rows[number + 1 :], sheet.lines[number + 1 :], strict=True):
                _require_width(sheet, row, line, len(cells))
                row = [*row, *[""] * (len(cells) - len(row))]
                if any(canonical_heading(row[k]).text in _TOTALS for k in labels):
                    notes.append(f"{sheet.file}: row {line} is one of totals and left out.")
                    totals.append((line, row))
                    continue
                rows.append(row[: len(cells)])
                lines.append(line)
            if not rows:
                raise data_error(sheet.file, "there are no rows below the header", _ALLOWED, _FIX)
            return cls(sheet, cells, headings, rows, lines, tuple(notes), totals)
        return None

    @property
    def is_long(self) -> bool:
        """Whether there are columns of campaigns and of amounts."""
        return self.columns("cost") != [] and any(map(self.columns, _CAMPAIGN_COLUMNS))

    @property
    def is_dated(self) -> bool:
        """Whether there is a column of dates; otherwise a row is a campaign's whole budget."""
        return self.columns("date") != []

    def columns(self, meaning: str) -> list[int]:
        """Return the columns whose heading means a date, a campaign, an amount (cost), ..."""
        return [k for k, heading in enumerate(self.headings) if _means(heading, meaning)]

    def cells(self, column: int) -> list[str]:
        """Return the cells of a column, (rows,)."""
        return [row[column] for row in self.rows]


@lru_cache(maxsize=1)
def _meanings() -> dict[str, str]:
    return {**shared_headings(), **dict.fromkeys(_AMOUNTS, "cost")}


def _means(heading: Heading, meaning: str) -> bool:
    return _meanings().get(heading.text) == meaning


def _require_width(sheet: Sheet, row: Sequence[str], line: int, width: int) -> None:
    if len(row) > width and any(row[width:]):
        raise data_error(
            sheet.file,
            f"there are {len(row)} cells, and {width} columns in the header",
            "as many cells as columns",
            "put cells with the separator in quotes, or write amounts without thousands separators",
            row=line,
        )


def read_plan_table(
    table: PlanTable, names: Sequence[str], notation: Notation, days: NDArray[np.datetime64]
) -> WrittenPlan:
    """Return the amounts of a table in long or wide form.

    Args:
        table: the table.
        names: campaigns of the flight, full names.
        notation: of dates and numbers, where the table leaves it open.
        days: days of the flight, which tell the order of day and month where the dates do not.

    Raises:
        DataError: naming the row and column of a cell that is no date, campaign or amount.
    """
    return (_long if table.is_long else _wide)(table, names, notation, days)


def _long(
    table: PlanTable, names: Sequence[str], notation: Notation, days: NDArray[np.datetime64]
) -> WrittenPlan:
    file = table.sheet.file
    column = _one(table, "cost")
    texts = _campaign_cells(table, names)
    index: dict[str, int] = {}
    for text, line in zip(texts, table.lines, strict=True):
        if text not in index:
            index[text] = campaign_index(text, names, f"{file}, row {line}, column campaign")
    dates, date_notes = _dates(table, notation, days)
    amounts, currency, notes = _amounts(table, [column], notation)
    _require_totals(table, column, amounts[:, 0])
    notes += [
        f"{file}: column {shown(table.header[k])} is left out; the plan is "
        f"{shown(table.header[column])}."
        for k in table.columns("cost")
        if k != column
    ]
    return WrittenPlan(
        file,
        dates,
        np.array([index[text] for text in texts], np.int64),
        amounts[:, 0],
        tuple(f"row {line}" for line in table.lines),
        frozenset(index.values()),
        currency,
        (*table.notes, *date_notes, *notes),
        _period(table, column),
    )


def _require_totals(table: PlanTable, column: int, amounts: Floats) -> None:
    """Refuse a row of totals that is neither the sum of the rows above nor of the last block."""
    lines, start = np.array(table.lines), 0
    for line, row in table.totals:
        above, block = amounts[lines < line], amounts[(lines < line) & (lines > start)]
        start = line
        texts, at = [row[column], *table.cells(column)], (table.sheet.file, table.header[column])
        given = table.headings[column].currency
        try:
            parsed = parse_numbers(texts, [line, *table.lines], *at, blank="zero", currency=given)
        except DataError:
            continue  # a formula, a share or a word
        stated = float(parsed.values[0])
        if row[column].strip() and min(abs(stated - above.sum()), abs(stated - block.sum())) > 0.01:
            raise data_error(
                table.sheet.file,
                f"it is a total of {stated:,.2f}, and the rows above sum to {above.sum():,.2f}",
                "rows that sum to their total",
                "add the row that is missing, correct the amounts, or delete the total",
                row=line,
            )


def _wide(
    table: PlanTable, names: Sequence[str], notation: Notation, days: NDArray[np.datetime64]
) -> WrittenPlan:
    file, date = table.sheet.file, _one(table, "date")
    columns: dict[int, int] = {}  # campaign by column
    notes = []
    for k, title in enumerate(table.header):
        if k == date or (not title and not any(table.cells(k))):
            continue
        name = found_name(title, names)
        if name is None and table.headings[k].text in _ASIDE:
            notes.append(f"{file}: column {shown(title)} is left out.")
            continue
        campaign = campaign_index(title, names, f"{file}, heading of column {k + 1}")
        if campaign in columns.values():
            given = f"two columns are for the campaign {shown(names[campaign])}"
            raise data_error(file, given, "one column per campaign", "delete one of the two")
        columns[k] = campaign
    if not columns:
        raise data_error(file, f"the columns are {quoted_names(table.header)}", _ALLOWED, _FIX)
    dates, date_notes = _dates(table, notation, days)
    amounts, currency, more = _amounts(table, list(columns), notation)
    places = [f"row {line}, column {table.header[k]}" for line in table.lines for k in columns]
    return WrittenPlan(
        file,
        np.repeat(dates, len(columns)),
        np.tile(np.array(list(columns.values()), np.int64), len(dates)),
        amounts.ravel(),
        tuple(places),
        frozenset(columns.values()),
        currency,
        (*table.notes, *notes, *date_notes, *more),
    )


def _one(table: PlanTable, meaning: str) -> int:
    """Return the only column with a meaning."""
    columns = table.columns(meaning)
    if meaning == "cost" and len(columns) > 1:  # a budget is what is planned, not what was spent
        planned = [k for k in columns if table.headings[k].text in _AMOUNTS]
        columns = planned if len(planned) == 1 else columns
    if len(columns) == 1:
        return columns[0]
    titles = quoted_names([table.header[k] for k in columns])
    what = "an amount" if meaning == "cost" else f"a {meaning}"
    raise data_error(
        table.sheet.file,
        f"the columns {titles} may each be {what}",
        f"one column of {what}",
        "delete the others",
    )


def _campaign_cells(table: PlanTable, names: Sequence[str]) -> list[str]:
    """Return the text that names each row's campaign, from its own column or channel and type."""
    kinds, channels = table.columns("campaign_type"), table.columns("platform")
    if table.columns("campaign"):
        texts = table.cells(_one(table, "campaign"))
        if not channels:
            return texts
        owners = table.cells(_one(table, "platform"))
        joint = [f"{owner}/{text}" for owner, text in zip(owners, texts, strict=True)]
        return [j if found_name(j, names) else t for j, t in zip(joint, texts, strict=True)]
    types = table.cells(_one(table, "campaign_type")) if kinds else [""] * len(table.rows)
    if not channels:
        return types
    owners = table.cells(_one(table, "platform"))
    return [f"{owner}/{kind}" if kind else owner for owner, kind in zip(owners, types, strict=True)]


def _period(table: PlanTable, column: int) -> Period:
    """Return what an amount of a column is for."""
    if table.is_dated:
        return "date"
    return "day" if table.headings[column].text in _DAILY else "flight"


def _dates(
    table: PlanTable, notation: Notation, days: NDArray[np.datetime64]
) -> tuple[NDArray[np.datetime64], list[str]]:
    """Return each row's day; in the one order of day and month that lies within the flight."""
    if not table.is_dated:
        return np.full(len(table.rows), "NaT", "datetime64[D]"), []
    k = _one(table, "date")
    column = DateColumn(table.sheet.file, table.header[k], table.cells(k), table.lines)
    if notation.date_format is None:
        fitting: list[NDArray[np.datetime64]] = []
        for order in _FORMATS:
            try:
                dates, _ = parse_days(column, order)
            except DataError:
                continue
            if np.isin(dates, days).all() and not any((dates == d).all() for d in fitting):
                fitting.append(dates)
        if len(fitting) == 1:
            return fitting[0], []
    return parse_days(column, notation.date_format)


def _amounts(
    table: PlanTable, columns: Sequence[int], notation: Notation
) -> tuple[Floats, str | None, list[str]]:
    """Return amounts, (rows, columns), their currency and notes, in one notation for all."""
    cells = [table.cells(k) for k in columns]
    mark = notation.decimal_mark or decimal_mark(cells)
    values, notes, currency = [], [], None
    for k, texts in zip(columns, cells, strict=True):
        parsed = parse_numbers(
            texts,
            table.lines,
            table.sheet.file,
            table.header[k],
            blank="zero",
            decimal=mark,
            currency=table.headings[k].currency,
        )
        values.append(parsed.values)
        notes += [note for note in parsed.notes if "blank" in note or len(columns) == 1]
        given = parsed.currency or table.headings[k].currency
        if given is not None and currency is not None and currency_of(given, currency) is None:
            raise data_error(
                table.sheet.file,
                f"column {shown(table.header[k])} is in {given}, another in {currency}",
                "one currency in the whole file",
                "convert the amounts to one currency",
            )
        currency = given or currency
    return np.stack(values, axis=1), currency, _summed(notes)


def _summed(notes: list[str]) -> list[str]:
    """Return notes, and of many only the first and how many more."""
    return notes if len(notes) <= 3 else [*notes[:2], f"{len(notes) - 2} more columns alike."]
