"""Tables of the attribution document for the terminal, each with its caveat."""

from collections.abc import Iterator

from rich import box
from rich.table import Table

from ..display import terminal
from ..journeys import MAX_LISTED
from .document import Document
from .roles import ROLES

_MAX_PAIRS = 12  # pairs in the table of influence
_NO_INTERVAL = "too few"  # instead of an interval that too few journeys support


def attribution_tables(document: Document) -> Iterator[Table]:
    """Yield the tables of credits, roles, influence, agreement, ratios and reconciliation."""
    yield credit_table(document)
    yield role_table(document)
    yield influence_table(document)
    yield disagreement_table(document)
    if document["ratios"] is not None:
        yield ratio_table(document)
    yield reconciliation_table(document)


def credit_table(document: Document) -> Table:
    """Conversions by label and method, with the interval of the ratios' method."""
    methods = document["methods"]
    chosen = document["ratios"]["method"] if document["ratios"] else next(iter(methods))
    journeys = document["journeys"]
    title = (
        f"Credit by method: {journeys['converting']:,} conversions in "
        f"{journeys['journeys']:,} journeys"
    )
    heads = [name.replace("_", "\n") for name in (*methods, f"{chosen}_interval")]
    table = _table(title, document, "label", *heads)
    table.box, table.columns[-1].no_wrap = box.SIMPLE_HEAD, True
    for label in document["labels"]:
        cells = [f"{entries[label]['credit']:,.0f}" for entries in methods.values()]
        entry = methods[chosen][label]
        table.add_row(terminal(label), *cells, f"{entry['low']:,.0f} to {entry['high']:,.0f}")
    return table


def role_table(document: Document) -> Table:
    """Landings of each label by role, and its index with an interval."""
    table = _table("Roles in converting journeys", document, "label", *ROLES, "index", "interval")
    for label in document["labels"]:
        entry = document["roles"][label]
        cells = [f"{entry[role]['count']:,.0f}" for role in ROLES]
        index = entry["index"]
        if index["value"] is None:
            table.add_row(terminal(label), *cells, "-", "-")
            continue
        low, high = index["low"], index["high"]
        interval = _NO_INTERVAL if low is None else f"{low:+.2f} to {high:+.2f}"
        table.add_row(terminal(label), *cells, f"{index['value']:+.2f}", interval)
    return table


def influence_table(document: Document) -> Table:
    """The pairs whose lift has the highest lower bounds."""
    title = "Downstream influence: the lifts with the highest lower bounds"
    heads = ("closed by", "journeys", "share", "base", "lift", "interval")
    table = _table(title, document, "earlier", *heads)
    for pair in document["influence"][:_MAX_PAIRS]:
        low, high = pair["low"], pair["high"]
        table.add_row(
            terminal(pair["label"]),
            terminal(pair["closer"]),
            f"{pair['journeys']:,.0f}",
            f"{pair['share']:.1%}",
            f"{pair['base']:.1%}",
            f"{pair['lift']:.2f}",
            _NO_INTERVAL if low is None else f"{low:.2f} to {high:.2f}",
        )
    return table


def disagreement_table(document: Document) -> Table:
    """Rank correlation of the methods' credits."""
    correlations = document["disagreement"]
    heads = [name.replace("_", " ") for name in correlations]
    table = _table("Rank correlation of the methods over labels", document, "", *heads)
    for head, row in zip(heads, correlations.values(), strict=True):
        table.add_row(head, *("-" if value is None else f"{value:.2f}" for value in row.values()))
    return table


def ratio_table(document: Document) -> Table:
    """Journey conversions per platform-claimed conversion."""
    ratios = document["ratios"]
    title = f"Journey conversions per platform-claimed conversion ({ratios['method']})"
    if ratios["coverage"] < 1:
        title += f"; scaled up from {ratios['coverage']:.1%} of the landings"
    table = _table(title, document, "campaign", "journeys", "platform", "ratio", "log sd")
    for name, entry in ratios["campaigns"].items():
        counts = (f"{entry['journeys']:,.1f}", f"{entry['platform']:,.1f}")
        table.add_row(terminal(name), *counts, f"{entry['ratio']:.3f}", f"{entry['log_sd']:.3f}")
    table.add_section()
    table.add_row("all", "", "", f"{ratios['overall']:.3f}", "")
    return table


def reconciliation_table(document: Document) -> Table:
    """Paid landings against ad clicks, and landings that match no campaign."""
    reconciliation = document["reconciliation"]
    table = Table(title="Paid landings and ad clicks on the days that both records cover")
    for head in ("campaign", "landings", "clicks", "landings per click"):
        table.add_column(head, justify="left" if head == "campaign" else "right")
    for name, entry in reconciliation["campaigns"].items():
        ratio = "-" if entry["ratio"] is None else f"{entry['ratio']:.3f}"
        table.add_row(terminal(name), f"{entry['landings']:,}", f"{entry['clicks']:,.0f}", ratio)
    table.add_section()
    unmatched = list(reconciliation["unmatched"].items())
    for label, rows in unmatched[:MAX_LISTED]:
        table.add_row(terminal(f"no campaign: {label}"), f"{rows:,}", "-", "-")
    if len(unmatched) > MAX_LISTED:
        rows = sum(rows for _, rows in unmatched[MAX_LISTED:])
        table.add_row(f"no campaign: {len(unmatched) - MAX_LISTED:,} more", f"{rows:,}", "-", "-")
    table.caption = "; ".join(
        (
            f"Is Converted is taken to mark the {document['journeys']['reading']}",
            f"{reconciliation['rows_outside']:,} rows outside the ads' period",
            f"imputed times: {', '.join(reconciliation['imputed_times']) or 'none'}",
            f"{reconciliation['journeys_of_unsure_order']:,} journeys in uncertain order",
        )
    )
    return table


def _table(title: str, document: Document, *heads: str) -> Table:
    table = Table(title=title, caption=document["caveat"])
    for column, head in enumerate(heads):
        text = column == 0 or head == "closed by"
        table.add_column(head, justify="left" if text else "right", no_wrap=column == 0)
    return table
