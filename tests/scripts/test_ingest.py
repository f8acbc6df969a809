"""Command `ingest`: what is found in a folder, or all that is wrong with it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mediagym.data.ingestion.document import SCHEMA

Command = Callable[..., Any]
GOOGLE = "Day,Campaign,Cost,Impr.,Clicks,Conversions,Conv. value\n"
META = "Day,Campaign name,Amount spent (USD),Impressions,Link clicks,Purchases,Purchases value\n"


def _document(folder: Path) -> dict[str, Any]:
    content = json.loads((folder / "ingest.json").read_text(encoding="utf-8"))
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(content)
    return dict(content)


def _rows(cost: str = "10") -> str:
    days = [f"2024-{month:02}-{day:02}" for month in (1, 2) for day in range(1, 29)]
    return "".join(f"{day},Brand,{cost},100,5,1,30\n" for day in days)


def test_the_sample_is_described_and_its_history_reads_back_to_the_same(
    command: Command, workdir: Path
) -> None:
    result = command("ingest", "output=out")
    assert result.status == 0, result.err
    assert {path.name for path in (workdir / "out").iterdir()} == {
        "history.csv", "ingest.html", "ingest.json",
    }  # fmt: skip
    document = _document(workdir / "out")
    assert document["status"] == "read"
    assert len(document["files"]) == 3
    totals = document["totals"]
    assert totals["merged"] == pytest.approx(totals["files"])
    assert set(totals["merging"].values()) == set(totals["planning"].values()) == {0}
    assert {entry["unit"] for entry in document["campaigns"]} >= {"google/YouTube", "meta"}
    for text in ("googleads", "history.csv", "ingest.html"):
        assert text in result.out

    (workdir / "again").mkdir()
    (workdir / "again" / "any.csv").write_bytes((workdir / "out" / "history.csv").read_bytes())
    assert command("ingest", "data.path=again", "output=second").status == 0
    second = _document(workdir / "second")
    assert second["totals"]["merged"] == totals["merged"]
    assert [entry["name"] for entry in second["campaigns"]] == [
        entry["name"] for entry in document["campaigns"]
    ]
    history = (workdir / "second" / "history.csv").read_bytes()
    assert history == (workdir / "out" / "history.csv").read_bytes()


def test_a_folder_with_mistakes_is_refused_with_all_problems_of_all_files(
    command: Command, workdir: Path
) -> None:
    (workdir / "brand").mkdir()
    (workdir / "brand" / "google.csv").write_text(GOOGLE + _rows() + _rows("much")[:40])
    (workdir / "brand" / "meta.csv").write_text(META + _rows("-5"))
    result = command("ingest", "data.path=brand", "output=out")
    assert result.status == 2
    assert "Traceback" not in result.err
    document = _document(workdir / "out")
    assert document["status"] == "refused"
    assert {problem["file"] for problem in document["problems"]} == {"google.csv", "meta.csv"}
    for problem in document["problems"]:
        assert problem["message"] in result.err
        assert all(problem[key] for key in ("given", "allowed", "fix"))
    assert [path.name for path in (workdir / "out").iterdir()] == ["ingest.json"]


def test_a_wrong_setting_writes_nothing(command: Command, workdir: Path) -> None:
    assert "data.overlaps" in command("ingest", "data.overlaps=guess", "output=out").error
    assert not (workdir / "out").exists()
