"""The plan on one page for a client, as PDF."""

from typing import NamedTuple

from ...data.formats import decimals_of
from .budget_rows import BudgetRow, budget_rows
from .canvas import FAINT, Column, Page
from .chart import draw_budgets
from .summary import actions, extrapolated, periods
from .typeface import BOLD, REGULAR, fitted, wrapped
from .view import Estimate, View

PAGES = {"a4": (595.28, 841.89), "letter": (612.0, 792.0)}  # width and height, points
_MARGIN = 40  # points
_LINE = 11.6  # height of a table's row, points
_BELOW = 372  # points below the table of budgets: chart, weeks, lists and footer
_LISTS = 230  # points below the chart, without the rows of weeks
_PERIOD = 10.85  # height of the row of a week, points
_CHART = 104  # least height of the chart, points
_MOST_ROWS = 22  # of the table of budgets


class _Tile(NamedTuple):
    label: str
    value: str
    note: str


def one_page(view: View, page_size: str) -> bytes:
    """PDF of one page: totals, budgets, weeks, a chart, what is extrapolated, what to do first.

    Args:
        view: the plan.
        page_size: key of `PAGES`.
    """
    width, height = PAGES[page_size]
    page = Page(width, height, f"Media plan {view.start} to {view.end}")
    y = _header(page, view)
    y = _tiles(page, _figures(view), y)
    room = int((height - _BELOW - y - 28) / _LINE)
    y = _budgets(page, view, y + 12, min(_MOST_ROWS, room))
    y = page.heading(_MARGIN, y + 10, "Daily budget by channel", width - 2 * _MARGIN)
    size = _chart_height(view, height - y)
    draw_budgets(page, view, _MARGIN, y, width - 2 * _MARGIN, size)
    y = _weeks(page, view, y + size + 14)
    _lists(page, view, y + 8)
    _footer(page, view)
    return page.finished()


def _chart_height(view: View, room: float) -> float:
    """Height of the chart, points: what the weeks, the lists and the footer leave of the room."""
    _, rows = periods(view)
    return min(max(room - _LISTS - _PERIOD * len(rows), _CHART), 2 * _CHART)


def _header(page: Page, view: View) -> float:
    width = page.width - 2 * _MARGIN
    page.text(_MARGIN, 52, "Media plan", 20, BOLD)
    dates = f"{view.start} to {view.end}, {len(view.days)} days"
    page.text(page.width - _MARGIN, 44, dates, 9, right=True)
    objective = f"planned for {view.content['objective']}"
    as_of = f"reports until {view.as_of}; " if view.as_of else ""
    page.text(page.width - _MARGIN, 56, f"{as_of}{objective}", 8, colour=FAINT, right=True)
    page.rule(_MARGIN, 64, width)
    return 64


def _figures(view: View) -> list[_Tile]:
    totals = view.content["totals"]
    conversions, revenue = Estimate.of(totals["conversions"]), Estimate.of(totals["revenue"])
    flight = view.content["flight"]
    spent = flight.get("spent") if flight.get("actual_days") else None
    note = "" if spent is None else f"{view.money(100 * spent, 0)} spent"
    tiles = [_Tile("Budget", view.money(view.cents, 0), note)]
    if conversions:
        ends = f"90 % interval {conversions.p05:,.0f} to {conversions.p95:,.0f}"
        tiles.append(_Tile("Expected conversions", f"{conversions.mean:,.0f}", ends))
    if totals.get("cpa") is not None:
        tiles.append(_Tile("Cost per conversion", view.money(100 * totals["cpa"]), "expected"))
    if revenue and revenue.p95 > 0:
        ends = " to ".join(_short(view, value) for value in (revenue.p05, revenue.p95))
        roas = totals.get("roas")
        label = "Expected revenue" + ("" if roas is None else f", ROAS {roas:.1f}")
        ends = f"90 % interval {ends}"
        tiles.append(_Tile(label, view.money(100 * revenue.mean, 0), ends))
    return tiles


def _short(view: View, amount: float) -> str:
    """An amount with K or M, where it is that large."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e4, "K")):
        if abs(amount) >= size:
            unit = 1e3 if letter == "K" else size
            return f"{view.money(100 * amount / unit, 0 if letter == 'K' else 2)}{letter}"
    return view.money(100 * amount, 0)


def _tiles(page: Page, tiles: list[_Tile], y: float) -> float:
    room = (page.width - 2 * _MARGIN) / len(tiles)
    for i, tile in enumerate(tiles):
        x = _MARGIN + i * room
        page.text(x, y + 14, tile.label, 7.5, colour=FAINT, width=room - 6)
        size = 15.0
        while size > 8 and fitted(tile.value, BOLD, size, room - 6) != tile.value:
            size -= 0.5
        page.text(x, y + 31, tile.value, size, BOLD, width=room - 6)
        page.text(x, y + 42, tile.note, 6.5, colour=FAINT, width=room - 6)
    return y + 46


def _budgets(page: Page, view: View, y: float, most: int) -> float:
    width = page.width - 2 * _MARGIN
    y = page.heading(_MARGIN, y, "Budget by channel and campaign", width)
    fixed = (92, 44, 62, 90, 66)
    columns = [
        Column("Channel and campaign", width - sum(fixed), right=False),
        Column("Budget", fixed[0]),
        Column("Share", fixed[1]),
        Column("Conversions", fixed[2]),
        Column("90 % interval", fixed[3]),
        Column("Cost per conv.", fixed[4]),
    ]
    rows = [(_cells(view, row), row.is_channel) for row in budget_rows(view, most)]
    return page.table(_MARGIN, y, columns, rows)


def _cells(view: View, row: BudgetRow) -> list[str]:
    indent = "" if row.is_channel else "    "
    decimals = 0 if decimals_of(view.currency) == 0 else 2
    cost = row.cents / row.conversions if row.conversions and row.conversions >= 0.5 else None
    return [
        f"{indent}{row.label}",
        view.money(row.cents, decimals),
        f"{row.cents / max(view.cents, 1):.1%}",
        "" if row.conversions is None else _count(row.conversions),
        "" if row.interval is None else _range(row.interval),
        "" if cost is None else view.money(cost, decimals),
    ]


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:.1f}"


def _range(estimate: Estimate) -> str:
    return f"{_count(estimate.p05)} to {_count(estimate.p95)}"


def _weeks(page: Page, view: View, y: float) -> float:
    kind, rows = periods(view)
    width = page.width - 2 * _MARGIN
    y = page.heading(_MARGIN, y, f"{kind} by {kind.lower()}", width)
    fixed = (34, 100, 84, 130)
    columns = [
        Column(kind, width - sum(fixed), right=False),
        Column("Days", fixed[0]),
        Column("Budget", fixed[1]),
        Column("Conversions", fixed[2]),
        Column("Until then, 90 % interval", fixed[3]),
    ]
    cells = []
    for row in rows:
        spent = f", {row.actual_days} of them spent" if row.actual_days else ""
        cells.append(
            (
                [
                    f"{row.first} to {row.last}{spent}",
                    str(row.days),
                    view.money(row.cents, 0),
                    "" if row.conversions is None else _count(row.conversions),
                    "" if row.cumulative is None else _range(row.cumulative),
                ],
                False,
            )
        )
    return page.table(_MARGIN, y, columns, cells, 7)


def _lists(page: Page, view: View, y: float) -> None:
    half = (page.width - 2 * _MARGIN - 20) / 2
    day = view.next_day
    on = "" if day is None else f": daily budgets from {day.date}"
    room = page.height - y - 16 - 44  # of the lines, above the footer
    for x, title, texts in (
        (_MARGIN, f"What to do first{on}", actions(view, 5)),
        (_MARGIN + half + 20, "What is extrapolated", extrapolated(view, 4)),
    ):
        below = page.heading(x, y, title, half)
        most = 2 if room >= 2 * 10.2 * len(texts) else 1
        page.paragraphs(x, below, texts, half, 7.5, most)


def _footer(page: Page, view: View) -> None:
    made = view.content.get("made") or {}
    markets = f"Estimated on {made['markets']}. " if made.get("markets") else ""
    text = (
        f"{markets}Expected values with 90 % intervals from a model of past results; "
        "no promise. Others and periods have no interval of their own, because intervals do not "
        "sum."
    )
    page.rule(_MARGIN, page.height - 34, page.width - 2 * _MARGIN)
    room = page.width - 2 * _MARGIN
    for i, line in enumerate(wrapped(text, REGULAR, 6, room, 2)):
        page.text(_MARGIN, page.height - 25 + 8 * i, line, 6, colour=FAINT)
