"""CSV files that spreadsheets open without reading formulas in them."""

import csv
import io
import re
from collections.abc import Sequence

from .view import Estimate, View

LONG = (
    "date",
    "campaign",
    "channel",
    "campaign_type",
    "status",
    "budget",
    "conversions",
    "conversions_p05",
    "conversions_p95",
)
_TRIGGERS = "=+\\-@\t\r\n＝＋－＠"  # a spreadsheet may read a formula after these
_UNSAFE = re.compile(f"'*[{_TRIGGERS}]")
_ESCAPED = re.compile(f"'+[{_TRIGGERS}]")


def escaped(text: str) -> str:
    """Text for a cell that a spreadsheet may open; `'` before what would begin a formula.

    `unescaped` reads it back: a text that has apostrophes before such a character gets one more.
    """
    return f"'{text}" if _UNSAFE.match(text) else text


def unescaped(text: str) -> str:
    """The text that `escaped` made safe."""
    return text[1:] if _ESCAPED.match(text) else text


def csv_bytes(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """CSV as UTF-8 with a byte order mark, by which spreadsheets know the encoding.

    Args:
        header: cells of the first row, as they are to stand.
        rows: cells of the other rows, as they are to stand.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([header, *rows])
    return stream.getvalue().encode("utf-8-sig", "replace")


def csv_long(view: View) -> bytes:
    """One row per day and campaign, with the expected conversions and their interval."""
    rows = [
        [
            day.date.isoformat(),
            escaped(campaign.name),
            escaped(campaign.channel),
            escaped(campaign.kind or ""),
            day.status,
            view.plain(cell.cents),
            *_texts(cell.conversions),
        ]
        for day in view.days
        for campaign, cell in zip(view.campaigns, day.cells, strict=True)
    ]
    return csv_bytes(LONG, rows)


def csv_wide(view: View) -> bytes:
    """One row per day with a column per campaign; amounts only."""
    names = [escaped(campaign.name) for campaign in view.campaigns]
    rows = [
        [day.date.isoformat(), *(view.plain(cell.cents) for cell in day.cells)] for day in view.days
    ]
    return csv_bytes(["date", *names], rows)


def _texts(estimate: Estimate | None) -> list[str]:
    """Mean, 5 % and 95 % quantile with four decimals; empty where there is no estimate."""
    return [""] * 3 if estimate is None else [f"{value:.4f}" for value in estimate]
