"""The attribution document as tables for the screen, each with its caveat."""

from collections.abc import Iterator
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from .roles import ROLES

Document = dict[str, Any]
_PAIRS = 12  # of influence that are shown


def attribution_tables(document: Document) -> Iterator[Table]:
    """Yield credits, roles, influence, disagreement, ratios and reconciliation."""
    yield credit_table(document)
    yield role_table(document)
    yield influence_table(document)
    yield disagreement_table(document)
    if document["ratios"] is not None:
        yield ratio_table(document)
    yield reconciliation_table(document)


def credit_table(document: Document) -> Table:
    """Conversions that each method gives each label; the interval is of the ratios' method."""
    methods = document["methods"]
    chosen = document["ratios"]["method"] if document["ratios"] else next(iter(methods))
    journeys = document["journeys"]
    title = (
        f"{journeys['converting']:,} conversions in {journeys['journeys']:,} journeys: "
        "credit by method"
    )
    heads = [name.replace("_", "\n") for name in (*methods, f"{chosen}_interval")]
    table = _table(title, document, "label", *heads)
    table.box, table.columns[-1].no_wrap = box.SIMPLE_HEAD, True
    for label in document["labels"]:
        cells = [f"{found[label]['credit']:,.0f}" for found in methods.values()]
        own = methods[chosen][label]
        table.add_row(escape(label), *cells, f"{own['low']:,.0f} to {own['high']:,.0f}")
    return table


def role_table(document: Document) -> Table:
    """Who starts, carries on and closes."""
    table = _table("roles in converting journeys", document, "label", *ROLES, "index", "interval")
    for label in document["labels"]:
        own = document["roles"][label]
        cells = [f"{own[role]['count']:,.0f}" for role in ROLES]
        index = own["index"]
        if index["value"] is None:
            table.add_row(escape(label), *cells, "-", "-")
            continue
        span = "few" if index["low"] is None else f"{index['low']:+.2f} to {index['high']:+.2f}"
        table.add_row(escape(label), *cells, f"{index['value']:+.2f}", span)
    return table


def influence_table(document: Document) -> Table:
    """The pairs whose lift is surest above 1."""
    title = "who comes before whom closes: the surest lifts"
    heads = ("closed by", "journeys", "share", "base", "lift", "interval")
    table = _table(title, document, "earlier", *heads)
    for pair in document["influence"][:_PAIRS]:
        span = "few" if pair["low"] is None else f"{pair['low']:.2f} to {pair['high']:.2f}"
        table.add_row(
            escape(pair["label"]),
            escape(pair["closer"]),
            f"{pair['journeys']:,.0f}",
            f"{pair['share']:.1%}",
            f"{pair['base']:.1%}",
            f"{pair['lift']:.2f}",
            span,
        )
    return table


def disagreement_table(document: Document) -> Table:
    """How alike two methods rank the labels."""
    found = document["disagreement"]
    heads = [name.replace("_", " ") for name in found]
    table = _table("rank correlation of the methods over the labels", document, "", *heads)
    for head, row in zip(heads, found.values(), strict=True):
        table.add_row(head, *("-" if each is None else f"{each:.2f}" for each in row.values()))
    return table


def ratio_table(document: Document) -> Table:
    """What a platform-claimed conversion is worth by the journeys."""
    found = document["ratios"]
    title = f"journey conversions for one that the platform claims ({found['method']})"
    if found["coverage"] < 1:
        title += f"; scaled up from {found['coverage']:.1%} of the landings"
    table = _table(title, document, "campaign", "journeys", "platform", "ratio", "log sd")
    for name, own in found["campaigns"].items():
        counts = (f"{own['journeys']:,.1f}", f"{own['platform']:,.1f}")
        table.add_row(escape(name), *counts, f"{own['ratio']:.3f}", f"{own['log_sd']:.3f}")
    table.add_section()
    table.add_row("all", "", "", f"{found['overall']:.3f}", "")
    return table


def reconciliation_table(document: Document) -> Table:
    """Paid landings against ad clicks, and what does not fit."""
    found = document["reconciliation"]
    table = Table(title="paid landings and ad clicks on the days that both records cover")
    for head in ("campaign", "landings", "clicks", "landings a click"):
        table.add_column(head, justify="left" if head == "campaign" else "right")
    for name, own in found["campaigns"].items():
        ratio = "-" if own["ratio"] is None else f"{own['ratio']:.3f}"
        table.add_row(escape(name), f"{own['landings']:,}", f"{own['clicks']:,.0f}", ratio)
    table.add_section()
    for label, rows in found["unmatched"].items():
        table.add_row(f"no campaign: {escape(label)}", f"{rows:,}", "-", "-")
    table.caption = "; ".join(
        (
            f"Is Converted read as a mark of the {document['journeys']['reading']}",
            f"{found['rows_outside']:,} rows outside the ads' period",
            f"times imputed: {', '.join(found['imputed_times']) or 'none'}",
            f"{found['journeys_of_unsure_order']:,} journeys of unsure order",
        )
    )
    return table


def _table(title: str, document: Document, *heads: str) -> Table:
    table = Table(title=title, caption=document["caveat"])
    for at, head in enumerate(heads):
        text = at == 0 or head == "closed by"
        table.add_column(head, justify="left" if text else "right", no_wrap=at == 0)
    return table
