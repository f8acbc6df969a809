"""Figures of docs/claims.md stand in the pages that it names."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
FIGURE = re.compile(r"[-+]?\d[\d,]*\.\d+ \([^()]*\.\.[^()]*\)|[-+]?\d[\d,]*(?:\.\d+)?")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (DOCS / "claims.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "](" in line
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:50])
def test_the_figures_of_a_claim_are_in_the_page_that_it_names(row: list[str]) -> None:
    _, figure, links = row
    pages = [
        (DOCS / name).read_text(encoding="utf-8") for name in re.findall(r"\(([\w.]+)\)", links)
    ]
    assert pages
    for value in FIGURE.findall(re.sub(r"`[^`]*`", "", figure)):
        assert any(re.search(rf"(?<![\d.]){re.escape(value)}(?![\d.]\d)", p) for p in pages), value


def test_most_claims_have_a_figure() -> None:
    assert sum(bool(FIGURE.search(row[1])) for row in ROWS) > len(ROWS) / 2
