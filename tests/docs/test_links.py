"""Every relative link, anchor and picture of the documentation leads somewhere."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
        *(p for p in (ROOT / "docs").rglob("*.md") if "reference" not in p.parts),
        *(ROOT / "docs" / "notebooks").glob("*.ipynb"),
    ]
)
LINK = re.compile(r"\]\(([^()\s]+)\)")
CODE = re.compile(r"^(```|~~~).*?^\1[^\S\n]*$|`[^`\n]*`", re.DOTALL | re.MULTILINE)


def prose_of(path: Path) -> str:
    """Markdown of a page or of a notebook's text, without code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return CODE.sub("", text)


def anchors_of(path: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub and MyST make them."""
    text = re.sub(r"^(```|~~~).*?^\1[^\S\n]*$", "", path.read_text("utf-8"), flags=re.DOTALL | re.M)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_page_resolve(page: Path) -> None:
    broken = []
    for target in LINK.findall(prose_of(page)):
        name, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", name):
            continue
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (anchor and anchor not in anchors_of(path)):
            broken.append(target)
    assert not broken


def test_the_index_of_the_site_lists_every_page_once() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```\{toctree\}\n(.*?)```", index, re.DOTALL)
    lines = [line for b in blocks for line in b.splitlines() if line and line[0] != ":"]
    listed = [re.sub(r".*<(.+)>", r"\1", line) for line in lines]
    committed = {
        str(path.relative_to(ROOT / "docs").with_suffix(""))
        for path in PAGES
        if path.is_relative_to(ROOT / "docs") and path.parent.name != "tasks"
    } - {"index"}
    assert sorted(name for name in listed if not name.startswith("reference/")) == sorted(committed)
