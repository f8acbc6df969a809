"""The pages show every policy, and nothing of a submission is read as markup."""

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mediagym.agents.leaderboard import (
    SHIPPED,
    LeaderboardCommand,
    Submission,
    TaskResult,
    checked_submissions,
    standings,
)
from mediagym.agents.leaderboard.page import html, markdown, summary_lines, write_standings
from mediagym.data.storage import shipped_yaml

Make = Callable[..., Submission]
HOSTILE = "<script>alert(1)</script>|`x`\u202e[a](b)"


@pytest.fixture
def every(submission: Make, result: Callable[..., TaskResult]) -> list[Submission]:
    return [
        submission("follow", 0.9),
        submission("replanner", 0.92, url=None, training_cpu_seconds=None),
        submission(HOSTILE, 0.93, authors=HOSTILE, training=HOSTILE),
    ]


class Tags(HTMLParser):
    """Names of all elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.add(tag)


def test_the_pages_show_every_policy_and_no_markup_of_theirs(
    every: list[Submission], options: LeaderboardCommand, tmp_path: Path
) -> None:
    found = standings(every, options)
    page, text = html(found), markdown(found)
    assert not Tags(page).found & {"script", "img", "iframe"}
    assert "<script" not in text
    assert "\u202e" not in page + text
    for line in ("follow", "replanner", "https://example.org/policy", "60 CPU-seconds"):
        assert line in page
    assert "&lt;script&gt;" in page
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({line.count(" | ") for line in rows[:5]}) == 1  # a name adds no column
    assert len(summary_lines(found)) == 3
    written = write_standings(found, tmp_path)
    assert [path.name for path in written] == ["leaderboard.md", "leaderboard.html"]
    assert found.overall[0]["policy"] == HOSTILE


def test_the_page_in_the_documents_is_that_of_the_submissions_that_ship(tmp_path: Path) -> None:
    folder = Path(__file__).parents[3] / "docs"
    options = LeaderboardCommand.read(shipped_yaml("leaderboard"))
    found = standings(checked_submissions([SHIPPED])[0], options)
    for name, drawn in (("leaderboard.md", markdown), ("leaderboard.html", html)):
        assert drawn(found) == (folder / name).read_text(encoding="utf-8")
