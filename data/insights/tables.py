"""The insights document as tables for the screen."""

from collections.abc import Iterator
from typing import Any

from rich.markup import escape
from rich.table import Table

from .document import ALL

Document = dict[str, Any]


def insights_tables(document: Document) -> Iterator[Table]:
    """Yield what happened, what changed, what to expect and how far forecasters were off."""
    yield happened_table(document)
    if document["changed"]["anomalies"]:
        yield anomaly_table(document)
    if document["changed"]["changes"] or document["changed"]["drifts"]:
        yield change_table(document)
    yield forecast_table(document)
    yield comparison_table(document)


def happened_table(document: Document) -> Table:
    """Each campaign's sums and ratios."""
    heads = ("spend", "share", "conversions", "revenue", "CPC", "CVR", "order", "ROAS")
    table = _table(f"{' to '.join(document['period'])}", "campaign", *heads)
    for name, own in document["happened"]["campaigns"].items():
        table.add_row(
            escape(name),
            f"${own['spend']:,.0f}",
            _told(own["share"], "{:.1%}"),
            f"{own['conversions']:,.0f}",
            f"${own['revenue']:,.0f}",
            _told(own["cpc"], "${:.2f}"),
            _told(own["cvr"], "{:.1%}"),
            _told(own["aov"], "${:,.0f}"),
            _told(own["roas"], "{:.2f}"),
        )
    return table


def anomaly_table(document: Document) -> Table:
    """Odd days and why."""
    table = Table("campaign", "first", "last", "why", title="odd days")
    for each in document["changed"]["anomalies"]:
        table.add_row(escape(each["campaign"]), each["first"], each["last"], escape(each["reason"]))
    return table


def change_table(document: Document) -> Table:
    """Lasting changes and drift."""
    heads = ("what", "change", "interval")
    table = _table("conversions over what spend and weekday say", "campaign", *heads)
    for each in document["changed"]["changes"]:
        name = escape(each["campaign"])
        table.add_row(name, f"lasting, from {each['day']}", f"{each['ratio'] - 1:+.0%}", "")
    for each in document["changed"]["drifts"]:
        span = f"{each['low'] - 1:+.0%} to {each['high'] - 1:+.0%}"
        recent = "last weeks against those before"
        table.add_row(escape(each["campaign"]), recent, f"{each['ratio'] - 1:+.0%}", span)
    return table


def forecast_table(document: Document) -> Table:
    """Totals ahead and the range that backtests saw."""
    found = document["expected"]
    title = (
        f"{found['days'][0]} to {found['days'][-1]} at the usual spend, by {found['forecaster']}"
    )
    heads = ("spend", "conversions", "seen in tests", "revenue", "seen in tests")
    table = _table(title, "campaign", *heads)
    conversions, revenue = (found["metrics"][m]["campaigns"] for m in ("conversions", "revenue"))
    for name, own in conversions.items():
        if name == ALL:
            table.add_section()
        money = revenue[name]
        table.add_row(
            escape(name),
            f"${found['spend_by_campaign'].get(name, found['spend']):,.0f}",
            f"{own['total']:,.0f}",
            _span(own, "{:,.0f}"),
            f"${money['total']:,.0f}",
            _span(money, "${:,.0f}"),
        )
    return table


def comparison_table(document: Document) -> Table:
    """Every forecaster's scores for all campaigns together."""
    found = document["expected"]["comparison"]
    title = f"forecasters on campaign-days, {len(found['origins'])} origins"
    heads = [f"{metric} {key}" for metric in ("conv.", "revenue") for key in ("WAPE", "bias")]
    table = _table(title, "forecaster", *heads, "conv. MAE", "conv. RMSE", "conv. R²")
    for name, both in found["forecasters"].items():
        pairs = [both[metric][ALL] for metric in ("conversions", "revenue")]
        cells = [_told(own[key], "{:+.3f}" if key == "bias" else "{:.3f}")
                 for own in pairs for key in ("wape", "bias")]  # fmt: skip
        rest = [_told(pairs[0][key], "{:.2f}") for key in ("mae", "rmse", "r2")]
        table.add_row(name.replace("_", " "), *cells, *rest)
    return table


def _span(own: Document, form: str) -> str:
    if own["least"] is None:
        return "too few"
    return f"{form.format(own['least'])} to {form.format(own['most'])}"


def _told(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title)
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at == 0 else "right", no_wrap=at == 0)
    return table
