"""Tables of the ingest document for the terminal."""

from collections.abc import Iterator
from typing import Literal

from rich import box
from rich.table import Table

from ..display import shortened, terminal
from ..formats import format_amount
from .document import Document

MAX_CAMPAIGNS = 50  # campaigns in the terminal, those with most spend
_MAX_NAME = 48  # characters of a campaign's name in the terminal
_MAX_REASON = 400  # characters of why rows are left out
_FILE_WIDTH = 24  # characters
_UNKNOWN = "-"  # instead of a number that the export does not have
_SUMS = ("spend", "conversions", "revenue", "impressions", "clicks")


def ingest_tables(document: Document) -> Iterator[Table]:
    """Yield the tables of files, rows left out, campaigns, and proposed successors."""
    yield file_table(document)
    if any(entry["left_out"] for entry in document["files"]):
        yield left_out_table(document)
    yield campaign_table(document)
    if document["successors"]:
        yield successor_table(document)


def file_table(document: Document) -> Table:
    """One line per file, then their sums before and after merging."""
    heads = ("rows", "campaigns", "cost", *_SUMS[1:])
    table = _table(
        "Files, to be compared with what the platforms show", "file", "format", "days", *heads
    )
    table.columns[0].min_width = _FILE_WIDTH
    for entry in document["files"]:
        language = f", {entry['language']}" if entry["language"] else ""
        table.add_row(
            terminal(entry["file"]),
            terminal(entry["title"] + language),
            f"{entry['first']} to {entry['last']}",
            f"{entry['rows']:,}",
            f"{entry['campaigns']:,}",
            *_amounts(entry["sums"], entry["currency"] or document["currency"]),
        )
    table.add_section()
    totals, period = document["totals"], " to ".join(document["period"])
    lines = {"all files": "files", "merged": "merged"}
    if totals["history"] is not None:
        lines["for planning"] = "history"
    for name, key in lines.items():
        rows = totals["rows"].get(key)
        table.add_row(
            name,
            "",
            period if key != "history" else "",
            _UNKNOWN if rows is None else f"{rows:,}",
            f"{len(document['campaigns']):,}" if key == "merged" else "",
            *_amounts(totals[key], document["currency"]),
        )
    return table


def left_out_table(document: Document) -> Table:
    """Rows of the files that are not in the records, and why."""
    table = _table("Rows left out", "file", "reason", "rows", "first lines")
    for entry in document["files"]:
        for left in entry["left_out"]:
            lines = ", ".join(map(str, left["lines"]))
            if left["rows"] > len(left["lines"]):
                lines += ", ..."
            table.add_row(
                terminal(entry["file"]),
                terminal(left["reason"], _MAX_REASON),
                f"{left['rows']:,}",
                lines,
            )
    return table


def campaign_table(document: Document) -> Table:
    """Campaigns by spend, with their short ids and lifetimes."""
    entries = sorted(document["campaigns"], key=lambda entry: -(entry["sums"]["spend"] or 0.0))
    shown = entries[:MAX_CAMPAIGNS]
    title = f"Campaigns: {len(entries):,}"
    if len(shown) < len(entries):
        title += f", of which the {len(shown)} with most spend; all are in ingest.json"
    heads = ("first", "last", "runs", "days", "gaps", "cost", "conversions", "revenue")
    table = _table(title, "id", "campaign", *heads)
    table.columns[0].no_wrap = True  # to be copied
    for entry in shown:
        table.add_row(
            terminal(entry["id"]),
            terminal(shortened(" ".join(entry["name"].split()), _MAX_NAME)),
            entry["first"] or _UNKNOWN,
            entry["last"] or _UNKNOWN,
            f"{len(entry['runs'])}",
            f"{entry['days']:,}",
            f"{entry['gap_days']:,}",
            *_amounts(entry["sums"], document["currency"], decimals=0)[:3],
        )
    return table


def successor_table(document: Document) -> Table:
    """Campaigns that may have taken over from another."""
    table = _table(
        "Campaigns that may have taken over from another, most certain first",
        "ended", "started", "end", "start", "cost per day before", "after", "certainty",
    )  # fmt: skip
    for pair in document["successors"]:
        table.add_row(
            terminal(pair["ended"]["id"]),
            terminal(pair["started"]["id"]),
            pair["end"],
            pair["start"],
            format_amount(pair["spend_before"], document["currency"]),
            format_amount(pair["spend_after"], document["currency"]),
            f"{pair['certainty']:.2f}",
        )
    return table


def _amounts(sums: Document, currency: str | None, decimals: int | None = None) -> list[str]:
    """Cost, conversions, revenue, impressions and clicks as text."""
    return [
        _UNKNOWN
        if sums[metric] is None
        else format_amount(sums[metric], currency, decimals)
        if metric in ("spend", "revenue")
        else f"{sums[metric]:,.1f}".removesuffix(".0")
        for metric in _SUMS
    ]


def _table(title: str, *heads: str) -> Table:
    texts = (
        "file",
        "format",
        "days",
        "reason",
        "first lines",
        "id",
        "campaign",
        "ended",
        "started",
    )
    table = Table(title=title, box=box.SIMPLE_HEAD)
    for head in heads:
        is_text = head in texts
        justify: Literal["left", "right"] = "left" if is_text else "right"
        table.add_column(head, justify=justify, no_wrap=not is_text, overflow="fold")
    return table
