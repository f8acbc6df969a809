"""One sheet as rows of days, labels and numbers, with totals taken out and copies kept once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DataError, Problems, data_error, shown
from ..formats import Column, currency_of
from ..history import METRICS
from ..parsing import (
    Blank,
    DateColumn,
    Kind,
    Mark,
    decimal_mark,
    is_blank,
    parse_days,
    parse_numbers,
)
from ..sheets import Sheet
from ..types import Floats
from .body import Body, is_all, left_out, split_body
from .labels import label_columns, labels_of
from .records import LABELS, LeftOut
from .settings import DataSettings
from .sums import equal_rows
from .table import Header, find_header
from .totals import Amounts, Undated, check_undated, dated_totals

MICROS = 1e6
_MAX_FRACTIONS = 0.01  # share of counts that are not whole up to which they are errors
_YEN = frozenset("¥￥")
_COLUMNS: tuple[Column, ...] = ("cost", "impressions", "clicks", "conversions", "revenue")
_KINDS: tuple[Kind, ...] = ("money", "count", "count", "number", "money")


@dataclass(eq=False)
class Part:
    """Rows of one sheet.

    `frame` has `date` datetime64[D], `LABELS` as text, `METRICS` as float (money not yet in the
    currency of the history), `currency` as text or None, `line`, `section` and `texts`: an integer
    that is equal for rows whose other text cells are equal.
    """

    file: str  # name, for messages
    header: Header
    frame: pd.DataFrame
    rows: int  # rows of data, copies not counted
    left_out: list[LeftOut]
    notes: list[str] = field(default_factory=list)


def read_rows(sheet: Sheet, settings: DataSettings) -> Part:
    """Rows of a sheet, one per row of data.

    Args:
        sheet: all cells.
        settings: reading options.

    Raises:
        DataError: of every column that cannot be read with certainty, the first problem.
    """
    header = find_header(sheet, settings)
    body = split_body(sheet, header)
    if not body.data.cells:
        raise data_error(
            sheet.file,
            f"the file has a header in row {sheet.lines[header.index]} and no data below it",
            "at least one row of data",
            "export again for a period in which the campaigns ran",
        )
    notes = [*sheet.notes, *header.notes]
    problems = Problems()
    numbers = np.full((len(METRICS), len(body.data.cells) + len(body.undated.cells)), np.nan)
    days = np.zeros(0, dtype="datetime64[D]")
    currency: NDArray[np.object_] | None = None
    with problems.collected():
        days, date_notes = _days(header, body, settings)
        notes += date_notes
    numbers, signs = _numbers(header, body, settings, problems, notes)
    with problems.collected():
        currency = _currencies(header, body, signs, settings)
    problems.raise_if_any()
    assert currency is not None  # noqa: S101  # or a problem was raised
    return _without_totals(header, body, days, numbers, currency, settings, notes)


def _cells(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    return [row[place] for row in rows]


def _days(
    header: Header, body: Body, settings: DataSettings
) -> tuple[NDArray[np.datetime64], list[str]]:
    """Day of each row, the first one of a week."""
    cells = _cells(body.data.cells, header.position[header.period])
    column = DateColumn(header.file, header.name(header.period), cells, body.data.lines)
    if header.period in ("month", "quarter"):
        raise _longer(header, body, f"one row per {header.period}")
    days, notes = parse_days(column, settings.date_format, settings.timezone)
    if header.format.days == "utc":
        title = header.format.title
        notes.append(f"{header.file}: {title} counts days in UTC; other platforms in local time.")
    if header.period == "date" and "date_end" in header.position:
        preferred = header.format.columns["date"].values()
        if header.headings[header.position["date"]].text not in {names[0] for names in preferred}:
            notes += _refuse_spans(header, body, days, settings)
    return days, notes


def _refuse_spans(
    header: Header, body: Body, days: NDArray[np.datetime64], settings: DataSettings
) -> list[str]:
    """Raises if rows begin on one day and end on another, unless they are weeks to spread."""
    cells = _cells(body.data.cells, header.position["date_end"])
    name = header.name("date_end")
    ends, _ = parse_days(
        DateColumn(header.file, name, cells, body.data.lines),
        settings.date_format,
        settings.timezone,
    )
    spans = (ends - days).astype(int) + 1
    if np.all(spans == 1) or (np.all(spans == 7) and settings.weekly == "spread"):
        return []
    if np.all(spans == 7):
        raise _weekly(header, body)
    row = int(np.flatnonzero(spans != 1)[0])
    raise data_error(
        header.file,
        f"the row covers {spans[row]} days, {days[row]} to {ends[row]}",
        "one row per day",
        "export again with a breakdown by day",
        row=body.data.lines[row],
        column=name,
    )


def _weekly(header: Header, body: Body) -> DataError:
    return _longer(header, body, "weekly: one row per week")


def _longer(header: Header, body: Body, given: str) -> DataError:
    return data_error(
        header.file,
        f"the rows are {given}",
        "one row per day",
        "export again by day; or, for weeks alone, set data.weekly=spread to spread each over its "
        "days, which loses what single days say",
        row=body.data.lines[0],
        column=header.name(header.period),
    )


def _numbers(
    header: Header, body: Body, settings: DataSettings, problems: Problems, notes: list[str]
) -> tuple[Floats, dict[str, str | None]]:
    """(metrics, rows and undated rows) as written, and the currency of each column's cells."""
    rows, lines = [*body.data.cells, *body.undated.cells], [*body.data.lines, *body.undated.lines]
    values = np.full((len(METRICS), len(rows)), np.nan)
    signs: dict[str, str | None] = {}
    for index, (column, kind) in enumerate(zip(_COLUMNS, _KINDS, strict=True)):
        if column not in header.position:
            notes.append(f"{header.file}: no column of {column}; unknown.")
            continue
        cells = _cells(rows, header.position[column])
        if column != "cost" and all(map(is_blank, set(cells))):
            notes.append(f"{header.file}: column {header.name(column)} is blank; as if absent.")
            continue
        # a platform's blanks in a table of many are looked at by platform, in `_by_platform`
        blank: Blank = "error" if column == "cost" else header.format.blank
        if header.channel is None and column != "cost" and blank == "error":
            blank = "nan"
        with problems.collected():
            values[index], signs[column] = _parsed(
                header, column, cells, lines, rows, settings, blank, kind, notes
            )
    return values, signs


def _parsed(
    header: Header,
    column: Column,
    cells: list[str],
    lines: list[int],
    rows: list[list[str]],
    settings: DataSettings,
    blank: Blank,
    kind: Kind,
    notes: list[str],
) -> tuple[Floats, str | None]:
    """Numbers of one column and the currency of its cells; adds to the notes."""
    mark: Mark | None = settings.decimal_mark
    known = header.headings[header.position[column]].currency
    if known is None and header.language == "Japanese" and _YEN.intersection("".join(cells[:50])):
        known = "JPY"  # the sign is China's too
    if column != "cost" and "nan" in {cell.casefold() for cell in set(cells)}:
        blank = "error"  # no platform writes it: a program did not know the number
    for attempt in range(2):
        try:
            parsed = parse_numbers(
                cells,
                lines,
                header.file,
                header.name(column),
                blank=blank,
                kind=kind,
                decimal=mark,
                currency=known if kind == "money" else None,
            )
            break
        except DataError as error:
            if attempt or mark is not None or "data.decimal_mark" not in str(error):
                raise
            mark = decimal_mark([_cells(rows, place) for place in range(len(header.names))])
            if mark is None:
                raise
    if kind == "count":
        _refuse_fraction(header, column, parsed.values, lines)
    notes += parsed.notes
    return parsed.values, parsed.currency or known


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


def _currencies(
    header: Header, body: Body, signs: dict[str, str | None], settings: DataSettings
) -> NDArray[np.object_]:
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
    cells = _cells(body.data.cells, header.position["currency"])
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


def _without_totals(
    header: Header,
    body: Body,
    days: NDArray[np.datetime64],
    numbers: Floats,
    currency: NDArray[np.object_],
    settings: DataSettings,
    notes: list[str],
) -> Part:
    """The part of a sheet, totals and rows without numbers left out."""
    count = len(body.data.cells)
    texts = label_columns(header, body.data.cells)
    amounts = Amounts(
        header.file,
        np.array(body.data.lines),
        days,
        np.array(body.data.sections, dtype=np.intp),
        numbers[:, :count],
        texts,
    )
    totals = dated_totals(amounts)
    kept = ~totals
    undated = _undated(header, body, numbers[:, count:], list(texts))
    notes += check_undated(amounts.chosen(kept), undated)
    dropped = list(body.left_out)
    lost = [*body.undated.lines, *amounts.lines[totals].tolist()]
    if lost:
        dropped.append(left_out(sorted(lost), "totals"))
    labels, label_notes = labels_of(header, body, settings)
    frame = pd.DataFrame(
        {
            "date": days,
            **{name: pd.Series(labels[name], dtype=object) for name in LABELS},
            **dict(zip(METRICS, numbers[:, :count], strict=True)),
            "currency": currency,
            "line": amounts.lines,
            "section": amounts.sections,
            "texts": _text_codes(texts, count),
        }
    )
    frame = frame.loc[kept].reset_index(drop=True)
    frame["key"] = equal_rows(frame, ["section", "date", *LABELS])
    return Part(header.file, header, frame, len(frame), dropped, [*notes, *label_notes])


def _undated(header: Header, body: Body, values: Floats, headings: list[str]) -> Undated:
    """The rows without a date, with the labels that they name."""
    place_of = {name: place for place, name in enumerate(header.names)}
    labels, words = [], []
    for row in body.undated.cells:
        words.append(next((cell for cell in row if is_all(cell, header.format.totals)), ""))
        labels.append(
            {
                name: row[place_of[name]]
                for name in headings
                if not is_blank(row[place_of[name]])
                and not is_all(row[place_of[name]], header.format.totals)
            }
        )
    return Undated(body.undated.lines, body.undated.sections, values, labels, words)


def _text_codes(texts: dict[str, NDArray[np.object_]], count: int) -> NDArray[np.int64]:
    """(rows,) integers, equal where all text cells are equal."""
    codes = np.zeros(count, dtype=np.int64)
    for cells in texts.values():
        own, values = pd.factorize(cells)
        codes = pd.factorize(codes * (len(values) + 1) + own)[0].astype(np.int64)
    return codes
