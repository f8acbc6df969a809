"""The plan as a workbook: Summary, By day, Long, Campaigns and Notes."""

import datetime
import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import xlsxwriter

from ...data.display import shortened
from ...data.formats import decimals_of, sign_of
from .summary import actions, notes, totals
from .view import Estimate, Money, Share, View, as_cents

_LONGEST = 1000  # characters of a text in a cell; Excel takes 32,767
_NARROW, _WIDE = 10, 44  # characters, width of a column
_LONG = (
    "Date", "Status", "Channel", "Campaign type", "Budget", "Planned before", "Conversions",
    "5 %", "95 %", "Extrapolated", "Spent", "Reported conversions", "Reported revenue",
)  # fmt: skip
_CAMPAIGNS = (
    "Channel", "Campaign type", "Budget", "Share", "Conversions", "5 %", "95 %", "Live per day",
    "Set now per day", "Extrapolated share", "Restart", "Binding", "Largest change of level",
)  # fmt: skip


class Heading(NamedTuple):
    """Text of a heading."""

    text: str


Value = Money | Share | Heading | datetime.date | str | int | float | None


def workbook(view: View) -> bytes:
    """An xlsx file of the plan. Names stay text, and no cell holds a formula."""
    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(stream, options)
    # the first day instead of the clock, so that equal plans make equal files
    start = datetime.datetime.combine(view.start, datetime.time())
    book.set_properties({"title": "Media plan", "author": "MediaGym", "created": start})
    sheets = _Sheets(book, view)
    sheets.add("Summary", _summary(view), frozen=(0, 1))
    sheets.add("By day", _by_day(view), frozen=(1, 3))
    sheets.add("Long", _long(view), frozen=(1, 0), filtered=True)
    sheets.add("Campaigns", _campaigns(view), frozen=(1, 2), filtered=True)
    sheets.add("Notes", _notes(view), frozen=(1, 0), wrapped=True)
    book.close()
    return stream.getvalue()


class _Sheets:
    """Writer of whole sheets with the formats of the plan's currency."""

    def __init__(self, book: Any, view: View) -> None:
        self._book = book
        sign = sign_of(view.currency).replace('"', "")
        gap = " " if sign[-1:].isalpha() else ""
        point = "" if decimals_of(view.currency) == 0 and not view.has_minor_unit else ".00"
        amount = f'"{sign}{gap}"#,##0{point}'
        looks = {
            "money": {"num_format": f"{amount};-{amount}"},
            "number": {"num_format": "#,##0.0"},
            "share": {"num_format": "0.0%"},
            "date": {"num_format": "yyyy-mm-dd", "align": "left"},
            "text": {},
            "wrapped": {"text_wrap": True, "valign": "top"},
            "heading": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
        }
        self._formats = {name: book.add_format(look) for name, look in looks.items()}

    def add(
        self,
        name: str,
        rows: Sequence[Sequence[Value]],
        frozen: tuple[int, int],
        filtered: bool = False,
        wrapped: bool = False,
    ) -> None:
        """Add a sheet.

        Args:
            name: its name.
            rows: cells from the first row on.
            frozen: rows and columns that stay in sight.
            filtered: whether the first row gets filters.
            wrapped: whether long texts are broken into lines.
        """
        sheet = self._book.add_worksheet(name)
        widths: dict[int, int] = {}
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                length = self._write(sheet, i, j, value, wrapped)
                widths[j] = max(widths.get(j, _NARROW), min(length + 2, _WIDE))
        for j, width in widths.items():
            sheet.set_column(j, j, 2 * _WIDE if wrapped and width == _WIDE else width)
        sheet.freeze_panes(*frozen)
        if filtered and len(rows) > 1:
            sheet.autofilter(0, 0, len(rows) - 1, len(rows[0]) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)

    def _write(self, sheet: Any, i: int, j: int, value: Value, wrapped: bool) -> int:
        """Write a cell and return its length in characters."""
        formats = self._formats
        match value:
            case None:
                return 0
            case Money(cents):
                sheet.write_number(i, j, cents / 100, formats["money"])
                return 2 + len(f"{cents / 100:,.2f}")
            case Share(share):
                sheet.write_number(i, j, share, formats["share"])
                return 6
            case datetime.date():
                sheet.write_datetime(
                    i, j, datetime.datetime.combine(value, datetime.time()), formats["date"]
                )
                return 10
            case Heading(text):
                sheet.write_string(i, j, shortened(text, _LONGEST), formats["heading"])
                return min(len(text), 24)
            case str():
                look = formats["wrapped" if wrapped else "text"]
                sheet.write_string(i, j, shortened(value, _LONGEST), look)
                return len(value)
            case _:
                sheet.write_number(i, j, value, formats["number"])
                return len(f"{value:,.1f}")


def _head(*texts: str) -> list[Value]:
    return [Heading(text) for text in texts]


def _estimate(estimate: Estimate | None) -> list[Value]:
    return [None, None, None] if estimate is None else list(estimate)


def _summary(view: View) -> list[list[Value]]:
    rows: list[list[Value]] = [_head("Media plan", f"{view.start} to {view.end}")]
    for label, value in totals(view):
        rows.append([label, value])
    rows += [[], _head("Channel", "Budget", "Share", "Conversions", "5 %", "95 %")]
    for row in view.content["channels"]:
        rows.append(
            [
                str(row["channel"]),
                Money(as_cents(row["budget"]) or 0),
                Share(float(row["share"])),
                *_estimate(Estimate.of(row["conversions"])),
            ]
        )
    costs = view.content.get("constraint_costs") or []
    if costs:
        rows += [[], _head("What each rule costs", "Conversions", "Share", "")]
        for cost in costs:
            rows.append(
                [str(cost["name"]), cost["conversions"], Share(cost["share"]), cost["text"]]
            )
    rows += [[], _head("What to do first")]
    rows += [[line] for line in actions(view, most=len(view.campaigns))]
    return rows


def _by_day(view: View) -> list[list[Value]]:
    names = [campaign.name for campaign in view.campaigns]
    rows = [_head("Date", "Status", "Total", *names)]
    for day in view.days:
        cells = [Money(cell.cents) for cell in day.cells]
        rows.append([day.date, day.status, Money(day.cents), *cells])
    sums = [Money(campaign.cents) for campaign in view.campaigns]
    return [*rows, ["Flight", "", Money(view.cents), *sums]]


def _long(view: View) -> list[list[Value]]:
    rows = [_head(*_LONG)]
    for day in view.days:
        for campaign, cell in zip(view.campaigns, day.cells, strict=True):
            actual = cell.actual or {}
            spent = as_cents(actual.get("spend"))
            revenue = as_cents(actual.get("revenue"))
            rows.append(
                [
                    day.date,
                    day.status,
                    campaign.channel,
                    campaign.kind,
                    Money(cell.cents),
                    None if cell.planned is None else Money(cell.planned),
                    *_estimate(cell.conversions),
                    "yes" if cell.extrapolated else "no",
                    None if spent is None else Money(spent),
                    actual.get("conversions"),
                    None if revenue is None else Money(revenue),
                ]
            )
    return rows


def _campaigns(view: View) -> list[list[Value]]:
    rows = [_head(*_CAMPAIGNS)]
    for campaign in view.campaigns:
        row = campaign.row
        change = row.get("level_change_most")
        rows.append(
            [
                campaign.channel,
                campaign.kind,
                Money(campaign.cents),
                Share(float(row["share"])),
                *_estimate(Estimate.of(row["conversions"])),
                None if campaign.live is None else Money(campaign.live),
                None if campaign.today is None else Money(campaign.today),
                Share(float(row["extrapolated_share"])),
                "yes" if row.get("restart") else "no",
                (row.get("binding") or {}).get("bound"),
                None if change is None else Share(float(change)),
            ]
        )
    return rows


def _notes(view: View) -> list[list[Value]]:
    rows = [_head("Kind", "Note")]
    rows += [[kind, text] for kind, text in notes(view)]
    return rows
