"""Many notes in few lines: those of one kind once, and the file that holds all of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediagym.scripts.cli.notes import MOST_LINES, brief_notes

PAUSES = [
    f"meta/Post {k}: no row for {k} days, 2024-01-0{k} to 2024-02-01; paused." for k in "3456"
]
DAYS = [f"google/Search {k}: {k} days without a row; missing, not 0." for k in range(1, 8)]
COLUMNS = [f"meta.csv: column {name}: 9 blank cells, read as 0." for name in ("Clicks", "Sales")]


def test_few_notes_stay_as_they_are() -> None:
    assert brief_notes(DAYS, "plan.html") == DAYS
    assert brief_notes([], "plan.html") == []


def test_notes_of_one_kind_are_one_line_that_counts_and_names_the_others() -> None:
    assert brief_notes([*PAUSES, *DAYS, *COLUMNS], "plan.html") == [
        f"{PAUSES[0]} (3 more like it: meta/Post 4, meta/Post 5, meta/Post 6)",
        f"{DAYS[0]} (6 more like it: google/Search 2, google/Search 3, google/Search 4 and 3 more)",
        f"{COLUMNS[0]} (1 more like it)",
        "All 13 are in plan.html",
    ]


def test_warnings_come_first_and_are_not_taken_for_notes_of_their_kind() -> None:
    warning = "meta/Post 9: no row for 9 days; paused; WARNING, a plan restarts it."
    lines = brief_notes([*PAUSES, *DAYS, warning], "plan.html")
    assert lines[0] == warning
    assert lines[1].startswith(PAUSES[0])


@pytest.mark.parametrize("count", [9, 60, 500])
def test_there_are_never_more_lines_than_allowed(count: int) -> None:
    kinds = [f"a.csv: {'x' * k} is left out." for k in range(1, count + 1)]
    lines = brief_notes(kinds, "plan.html")
    assert len(lines) == MOST_LINES
    left = count - MOST_LINES + 1
    assert lines[-1] == f"{left} more notes: all {count} are in plan.html"


def test_a_command_prints_a_summary_and_its_page_holds_all_notes(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    rows = [
        f"2024-01-{day:02d},Type {k},100,{10 + k},{20 + k},2,50"
        for k in range(12)
        for day in range(1, 29)
        if day not in (5 + k, 6 + k)
    ]
    folder = tmp_path / "exports"
    folder.mkdir()
    header = "Date,Campaign type,Impressions,Clicks,Cost,Conversions,Revenue"
    (folder / "googleads-performance.csv").write_text("\n".join([header, *rows, ""]))
    result = command("ingest", f"data.path={folder}", "output=out")
    assert result.status == 0, result
    page = Path("out/ingest.html")
    lines = [line for line in result.out.splitlines() if line.startswith("! ")]
    assert len(lines) <= MOST_LINES
    assert str(page) in lines[-1]
    assert page.read_text(encoding="utf-8").count("2 days without a row; missing, not 0.") == 12
