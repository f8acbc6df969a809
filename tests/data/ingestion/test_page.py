"""The page and the tables: complete, self-contained, and safe against hostile names."""

import io
import re
from typing import Any

import pytest
from helpers.records import records_of, rows_of, source_of
from rich.console import Console

from mediagym.data.exports import LeftOut, Records
from mediagym.data.ingestion import ingest_document, ingest_tables
from mediagym.data.ingestion.page import ingest_page

HOSTILE = '<script>alert("x")</script>[/bold]'


def _records(campaigns: int = 2, notes: tuple[str, ...] = ()) -> Records:
    frames = [rows_of([9.0] * 40, HOSTILE), rows_of([10.0] * 40, "New [red]", start=40)]
    frames += [rows_of([0.5] * 3, f"Campaign {at}") for at in range(campaigns - 2)]
    sources = [source_of(frames[0], f"{HOSTILE}.csv", [LeftOut((1, 2), 14, "titles")])]
    return records_of(*frames, sources=sources, notes=notes)


def _page(records: Records) -> str:
    document = ingest_document(records, None, None)
    return ingest_page(document, {"spend": b"png", "outcome": b"png"})


def _terminal(document: dict[str, Any], width: int = 200) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width)
    for table in ingest_tables(document):
        console.print(table)
    return stream.getvalue()


def test_the_page_is_self_contained_and_escapes_what_users_wrote() -> None:
    page = _page(_records(notes=(f"{HOSTILE}: a note.",)))
    assert not re.search(r"<script|<link|@import|url\(", page)
    assert not re.search(r"""(?:src|href)=["'](?!#|data:image/png;base64,)""", page)
    assert page.count("&lt;script&gt;alert(") >= 4


def test_the_page_shows_files_rows_left_out_campaigns_and_successors() -> None:
    page = _page(_records())
    for text in ("Rows left out", "titles", "1, 2, ...", "after merging", "€760.00", "New [red]"):
        assert text in page
    assert 'id="successors"' in page
    assert 'id="notes"' not in page


def test_warnings_stand_before_other_notes_and_are_never_folded() -> None:
    notes = [f"note {at}." for at in range(30)]
    page = _page(_records(notes=(*notes, "google: WARNING, late conversions.")))
    warning, details = page.index("WARNING, late"), page.index("<details>")
    assert warning < details < page.index("note 0.")


def test_without_an_outcome_the_page_says_so() -> None:
    rows = rows_of([1.0, 2])
    rows[["conversions", "revenue"]] = 0.0
    document = ingest_document(records_of(rows), None, None)
    assert "No file has a conversion or any revenue" in ingest_page(document, {"spend": b"png"})


@pytest.mark.parametrize("campaigns", [2, 200])
def test_the_terminal_shows_a_line_per_file_totals_and_whole_ids(campaigns: int) -> None:
    document = ingest_document(_records(campaigns), None, None)
    text = _terminal(document)
    assert "merged" in text
    assert "titles" in text
    assert document["campaigns"][-1]["sums"]["spend"] is not None
    largest = max(document["campaigns"], key=lambda entry: entry["sums"]["spend"])
    assert largest["id"] in text
    assert ("of which the 50 with most spend" in text) is (campaigns == 200)


def test_brackets_in_names_are_no_markup_in_the_terminal() -> None:
    assert "New [red]" in _terminal(ingest_document(_records(), None, None))
