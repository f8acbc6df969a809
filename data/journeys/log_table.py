"""Rows of a landing log under its headings; titles, totals and footers are left out."""

from collections.abc import Iterable
from typing import NamedTuple

from ..errors import DataError, data_error, quoted_names
from ..exports import DataSettings
from ..formats import LandingColumn, LandingFormat, canonical_heading
from ..sheets import Sheet, read_sheets, wrong_width
from .log_file import MAX_TITLE_ROWS, LandingLog, canonical_row

_TOTALS = ("total", "grand total", "totals")


class LogTable(NamedTuple):
    """Rows of a landing log, not yet parsed."""

    file: str  # name, for messages
    format: LandingFormat
    names: list[str]  # (columns,) headings as in the file
    headings: list[str]  # (columns,) canonical, "" if ignored
    header_line: int
    rows: list[list[str]]  # rows x columns, trimmed
    lines: list[int]  # (rows,) line on which each begins
    notes: list[str]

    def present(self, column: LandingColumn) -> list[str]:
        """Headings of a column that the file has, the preferred one first."""
        return [name for name in self.format.columns.get(column, ()) if name in self.headings]

    def cells(self, heading: str) -> list[str]:
        """(rows,) cells under a canonical heading."""
        position = self.headings.index(heading)
        return [row[position] for row in self.rows]

    def name(self, heading: str) -> str:
        """Heading as the file writes it."""
        return self.names[self.headings.index(heading)]

    def missing(self, what: str, headings: Iterable[str]) -> DataError:
        """Error about a column that the file lacks."""
        return data_error(
            self.file,
            f"no column {what} among the headings {quoted_names(self.names)} of a landing log "
            f"({self.format.title})",
            f"one of {', '.join(dict.fromkeys(headings))}",
            "add the column to the export, or rename the one that holds it",
            row=self.header_line,
        )


def read_table(log: LandingLog, settings: DataSettings) -> LogTable:
    """Rows of a landing log of any encoding, delimiter or packing.

    Args:
        log: the file and its kind.
        settings: columns to ignore.

    Raises:
        DataError: the file is malformed, or lacks the user, the time or any row.
    """
    sheet, header = _sheet_with_headings(log)
    names = list(sheet.rows[header])
    while not names[-1]:
        names.pop()
    ignored = {canonical_heading(name).text for name in settings.ignore_columns}
    headings = ["" if name in ignored else name for name in canonical_row(names)]
    table = LogTable(
        sheet.file, log.format, names, headings, sheet.lines[header], [], [], list(sheet.notes)
    )
    _refuse_incomplete(table)
    _fill(table, sheet, header)
    return table


def _sheet_with_headings(log: LandingLog) -> tuple[Sheet, int]:
    """The only sheet of the file with headings of this kind, and their row."""
    found = []
    for sheet in read_sheets(log.path):
        rows = [canonical_row(row) for row in sheet.rows[:MAX_TITLE_ROWS]]
        header = next((k for k, row in enumerate(rows) if log.format.tells(row)), None)
        if header is not None:
            found.append((sheet, header))
    if len(found) != 1:
        given = quoted_names([sheet.file for sheet, _ in found]) or "no table"
        raise data_error(
            log.path.name,
            f"{given} has the headings of a landing log ({log.format.title})",
            "exactly one table with them",
            "save that table as a file of its own",
        )
    return found[0]


def _refuse_incomplete(table: LogTable) -> None:
    """Raises without a user or a time, and for a heading that stands twice and is read."""
    if not table.present("user"):
        raise table.missing("of a user", table.format.columns["user"])
    if table.format.time_column(table.headings) is None:
        times = (" with ".join(column.headings) for column in table.format.time)
        raise table.missing("of a time", times)
    for heading in table.format.headings().intersection(table.headings):
        if table.headings.count(heading) > 1:
            raise data_error(
                table.file,
                f"the heading {quoted_names([table.name(heading)])} stands twice",
                "each heading once",
                "delete or rename one of the columns",
                row=table.header_line,
                column=table.name(heading),
            )


def _fill(table: LogTable, sheet: Sheet, header: int) -> None:
    """Adds the rows below the headings to the table."""
    width, left_out = len(table.names), []
    time = table.format.time_column(table.headings)
    keys = [table.headings.index(table.present("user")[0])]
    keys += [table.headings.index(name) for name in (time.headings if time else ())]
    for line, cells in zip(sheet.lines[header + 1 :], sheet.rows[header + 1 :], strict=True):
        row = cells
        if len(row) > width and not any(row[width:]):
            row = row[:width]
        if len(row) != width or not row[keys[0]]:
            if _is_no_data(row, keys):
                left_out.append(line)
                continue
            if len(row) != width:
                last = line == sheet.lines[-1]
                raise wrong_width(table.file, line, len(row), width, last=last)
        table.rows.append(row)
        table.lines.append(line)
    if left_out:
        rows = ", ".join(map(str, left_out[:10]))
        table.notes.append(
            f"{table.file}: left out {len(left_out)} rows of totals and footers (row {rows})."
        )
    if not table.rows:
        raise data_error(
            table.file,
            "the file has headings and no data below them",
            "at least one row of data",
            "export the landings of the ads' period again, or remove the file",
        )


def _is_no_data(row: list[str], keys: list[int]) -> bool:
    """True for a row of totals, a comment or a footer of one cell."""
    if any(row[key] for key in keys if key < len(row) and key > 0):
        return False
    filled = [cell for cell in row if cell]
    is_total = any(canonical_heading(cell).text.startswith(_TOTALS) for cell in filled)
    return is_total or filled[0].startswith("#")
