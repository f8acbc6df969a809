"""Pages for reviewers and adopters: what they quote is what the tables, files and versions say."""

import csv
import hashlib
import json
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mediagym.envs.suite import every_task

DOCS = Path(__file__).parents[1] / "docs"
CARDS = DOCS / "cards"
CROISSANT = CARDS / "tasks.croissant.json"
QUOTED = runpy.run_path(str(DOCS / "quoted.py"))
PAGES = [
    *sorted((DOCS / "adoption").glob("*.md")),
    *sorted(CARDS.glob("*.md")),
    *(DOCS / name for name in ("process.md", "technology.md")),
    *(DOCS.parent / name for name in ("SECURITY.md", "CONTRIBUTING.md", "README.md")),
]


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as they are made on GitHub."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def column_of_suite(policy: str) -> dict[str, str]:
    """The cells of a policy in the first table of docs/suite.md, by task and size."""
    head, _, *rows = re.findall(r"^\|(.*)\|$", (DOCS / "suite.md").read_text("utf-8"), re.M)[:41]
    place = [cell.strip() for cell in head.split("|")].index(policy)
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    return {re.sub(r"^\[(.*)-v\d+\].*", r"\1", row[0]): row[place] for row in cells}


@pytest.mark.parametrize("page", QUOTED["BLOCKS"])
def test_what_a_page_quotes_is_what_is_written_today(page: str) -> None:
    assert QUOTED["with_blocks"](page) == (DOCS / page).read_text(encoding="utf-8"), (
        "run `python docs/quoted.py` and commit the pages"
    )


def test_the_tables_agree_with_the_published_page_cell_by_cell() -> None:
    for page, column in (("adoption/benchmark.md", 5), ("cards/universal.md", 1)):
        rows = re.findall(r"^\| (\w+-[SML])(?:\\\*)? \|(.*)\|$", (DOCS / page).read_text(), re.M)
        published = column_of_suite("universal")
        assert len(rows) == (13 if column == 5 else 39)
        for key, cells in rows:
            assert cells.split("|")[column - 1].strip() == published[key], (page, key)


def test_the_card_has_the_results_in_its_front_matter() -> None:
    _, front, _ = (CARDS / "universal.md").read_text(encoding="utf-8").split("---\n", 2)
    (model,) = yaml.safe_load(front)["model-index"]
    published = column_of_suite("universal")
    assert len(model["results"]) == len(published) == 39
    for result in model["results"]:
        key = result["dataset"]["name"].rpartition("-")[0]
        (metric,) = result["metrics"]
        shown = float(published[key].partition(" ")[0])
        assert abs(metric["value"] - shown) <= 0.05 + 0.005, key  # both are rounded


@pytest.mark.parametrize("card", sorted(CARDS.glob("*.md")), ids=lambda path: path.name)
def test_every_card_has_front_matter_with_its_licence_and_tags(card: Path) -> None:
    start, front, text = card.read_text(encoding="utf-8").split("---\n", 2)
    content = yaml.safe_load(front)
    assert start == ""
    assert content["license"] == "mit"
    assert "pretty_name" in content or content["library_name"] == "mediagym"
    assert content["tags"]
    assert text.startswith("\n# ")


def test_the_benchmark_claims_what_the_paired_differences_say() -> None:
    tasks = QUOTED["suite"]()

    def interval(key: str, policy: str, reference: str) -> list[float]:
        pairs = {(row["a"], row["b"]): row["ci"] for row in tasks[key]["paired"]}
        return list(pairs[policy, reference])

    for name in ("Full", "Shock", "Attribution", "Carryover"):
        assert interval(f"{name}-M", "universal", "follow")[0] > 0, name
    assert interval("Uncertain-M", "universal", "follow")[1] < 0.2
    assert interval("ColdStart-L", "universal", "follow")[1] < 0
    for key, task in tasks.items():
        rows = {row["name"]: row for row in task["policies"]}
        assert all(row["violations"] == row["cents_off"] == 0 for row in rows.values())
        if key.startswith("Full"):
            assert rows["universal"]["closed"] < 50
        if not key.startswith("Stationary"):
            assert interval(key, "follow", "static")[0] > 0, key


def test_the_sample_is_as_its_card_describes_it() -> None:
    sample, card = DOCS.parent / "data" / "sample", (CARDS / "sample.md").read_text("utf-8")
    truth = json.loads((sample / "truth.json").read_text(encoding="utf-8"))
    assert f"{truth['days']} days from {truth['start']}" in card
    assert len(truth["campaigns"]) == 9
    assert "nine campaigns" in card
    assert f"seed={truth['seed']}" in card
    _, front, _ = card.split("---\n", 2)
    for entry in yaml.safe_load(front)["configs"]:
        with (sample / entry["data_files"]).open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        assert f"`{', '.join(header)}`" in card
        if entry["config_name"] == "landings":
            assert f"{len(rows):,} landings" in card


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_and_anchors_resolve(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target == "REPOSITORY":
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def described() -> dict[str, Any]:
    return dict(json.loads(CROISSANT.read_text(encoding="utf-8")))


def test_the_croissant_file_is_what_is_written_today() -> None:
    text = runpy.run_path(str(DOCS / "croissant.py"))["text"]()
    assert text == CROISSANT.read_text(encoding="utf-8"), "run `python docs/croissant.py`"


def test_every_file_and_field_of_the_croissant_file_is_there() -> None:
    files = {file["@id"]: file for file in described()["distribution"]}
    assert set(files) == {f"{key}.json" for key, _ in every_task()}
    for file in files.values():
        content = (CARDS / file["contentUrl"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert file["contentSize"] == f"{len(content)} B"
    for records in described()["recordSet"]:
        assert len(records["field"]) >= 4
        for field in records["field"]:
            source = files[field["source"]["fileObject"]["@id"]]
            content = json.loads((CARDS / source["contentUrl"]).read_text(encoding="utf-8"))
            path = re.fullmatch(r"\$\.(\w+)\.(\w+)\[\*\]", field["source"]["extract"]["jsonPath"])
            assert path is not None
            values = content[path[1]][path[2]]
            assert len(values) == 200
            assert all(isinstance(value, float) for value in values)


@pytest.mark.filterwarnings("default")  # of the library's own dependencies
def test_croissants_own_library_reads_the_file() -> None:
    library = pytest.importorskip("mlcroissant", reason="the package `mlcroissant` is missing")
    records = list(library.Dataset(jsonld=str(CROISSANT)).records("Full-M"))
    expected = json.loads((DOCS.parent / "data" / "tasks" / "Full-M.json").read_text())
    assert [row["Full-M/test_daily"] for row in records] == pytest.approx(expected["daily"]["test"])


def test_a_folder_that_is_no_python_name_runs_its_tests(tmp_path: Path) -> None:
    """Such as the one of a downloaded archive: the package's own file is no module of the tests."""
    checkout = tmp_path / "mediagym-main"
    (checkout / "tests").mkdir(parents=True)
    for name in ("pyproject.toml", "__init__.py"):
        shutil.copy(DOCS.parent / name, checkout / name)
    (checkout / "tests" / "test_one.py").write_text("def test_one(): pass\n", encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(words, cwd=checkout, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
