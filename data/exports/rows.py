"""One sheet as rows of days, labels and numbers, with totals taken out and copies kept once."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DataError, Problems, data_error
from ..history import METRICS
from ..parsing import (
    DateColumn,
    is_blank,
    parse_days,
)
from ..sheets import Sheet
from ..types import Floats
from .body import Body, is_all, left_out, split_body
from .labels import label_columns, labels_of
from .metrics import Metrics, read_metrics
from .records import LABELS, LeftOut
from .settings import DataSettings
from .sums import equal_rows
from .table import Header, find_header
from .totals import Amounts, Undated, check_undated, dated_totals


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
    days = np.zeros(0, dtype="datetime64[D]")
    with problems.collected():
        days, date_notes = _days(header, body, settings)
        notes += date_notes
    metrics = read_metrics(header, body, settings, problems)
    problems.raise_if_any()
    return _without_totals(header, body, days, metrics, settings, [*notes, *metrics.notes])


def _days(
    header: Header, body: Body, settings: DataSettings
) -> tuple[NDArray[np.datetime64], list[str]]:
    """Day of each row, the first one of a week."""
    cells = [row[header.position[header.period]] for row in body.data.cells]
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
    cells = [row[header.position["date_end"]] for row in body.data.cells]
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
        "export again by day",
        row=body.data.lines[0],
        column=header.name(header.period),
        setting="data.weekly=spread spreads weeks over their days, which loses what single days "
        "say",
    )


def _without_totals(
    header: Header,
    body: Body,
    days: NDArray[np.datetime64],
    metrics: Metrics,
    settings: DataSettings,
    notes: list[str],
) -> Part:
    """The part of a sheet, totals and rows without numbers left out."""
    count, numbers = len(body.data.cells), metrics.values
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
            "currency": metrics.currency,
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
