"""The Python of README.md and of the pages runs as it is printed.

A block is left out only where the line before it says so: ``<!-- not run: why -->``. The blocks of
a page share their names. Tasks are run in their smallest size.
"""

import json
import re
from pathlib import Path

import pytest
from helpers.plan_content import plan_content

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(?:<!-- not run: (?P<why>.+?) -->\n)?```python\n(?P<code>.*?)```", re.DOTALL)
ELSEWHERE = re.compile(r"<!-- examples are run by (\S+) -->")
PAGES = [
    path
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    if "```python" in path.read_text(encoding="utf-8")
]
LEFT_OUT = {"black_box.md", "replanning.md", "scoring.md"}  # pages with a block that is not run


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_python_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page.read_text(encoding="utf-8")
    if elsewhere := ELSEWHERE.search(text):
        assert page.name in (ROOT / elsewhere[1]).read_text(encoding="utf-8")
        return
    monkeypatch.chdir(tmp_path)
    Path("plan.json").write_text(json.dumps(plan_content()))  # the plan that pages speak of
    names: dict[str, object] = {}
    for block in BLOCK.finditer(text):
        if block["why"] is None:
            exec(re.sub(r"(\w+)-[ML](-v1)", r"\1-S\2", block["code"]), names)  # noqa: S102


def test_pages_with_a_block_that_is_not_run_are_known() -> None:
    marked = {
        page.name for page in PAGES if any(b["why"] for b in BLOCK.finditer(page.read_text()))
    }
    assert marked == LEFT_OUT
