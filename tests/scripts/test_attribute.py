"""Command `attribute`: the files it writes, and one-line errors."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import numpy as np
import pytest
from matplotlib.image import imread

from mediagym.data.attribution.attribute import CAVEAT
from mediagym.data.attribution.document import SCHEMA

Command = Callable[..., Any]
FILE = "website-landings.csv"
HEADER = "User Id,Website Landing Time,Is Converted,Source,Channel,Campaign Type\n"
QUICK = "attribution.draws=100"
MISTAKES = {
    "an unknown key": (["attribution.draw=5"], ["draw", "Did you mean 'draws'"]),
    "an unknown group": (["budget=5"], ["budget"]),
    "text for a number": (["attribution.draws=many"], ["attribution.draws", "many"]),
    "no lookback": (["attribution.lookback_days=0"], ["attribution.lookback_days"]),
    "shares above one": (["attribution.position=[1,1,1]"], ["attribution.position", "sum to 1"]),
    "an order of zero": (["attribution.orders=[0]"], ["attribution.orders"]),
    "an unknown method": (
        ["attribution.ratios.method=markov_7"],
        ["attribution.ratios.method", "markov_7", "markov_1"],
    ),
    "a method that is not computed": (
        ["attribution.ratios.method=shapley_rate", "attribution.rate_labels=3"],
        ["attribution.ratios.method", "rate_labels"],
    ),
    "an unknown value of converted": (["attribution.converted=session"], ["attribution.converted"]),
    "no folder": (["data.path=not/here"], ["not/here"]),
    "no data path": (["data.path=null"], ["data.path"]),
    "an empty folder": (["data.path=empty"], ["no export was found", "contains nothing"]),
    "another file name": (["data.landings_file=visits.csv"], ["visits.csv", "data.landings_file"]),
    "an output that is a file": (["output=file"], ["file"]),
}


@pytest.fixture
def folder(export_folder: Path, exports: ModuleType) -> Path:
    exports.write_landings(export_folder)
    return export_folder


@pytest.mark.parametrize(("overrides", "fragments"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_of_error_and_writes_nothing(
    command: Command, workdir: Path, folder: Path, overrides: list[str], fragments: list[str]
) -> None:
    (workdir / "empty").mkdir()
    (workdir / "file").write_text("")
    arguments = [f"data.path={folder}", QUICK, f"output={workdir / 'out'}", *overrides]
    error = command("attribute", *arguments).error
    for fragment in fragments:
        assert fragment in error
    assert not (workdir / "out").exists()


@pytest.mark.parametrize(
    ("content", "fragments"),
    [
        (None, [FILE, "no landings file"]),
        ("", [FILE, "empty"]),
        (HEADER, [FILE, "no data"]),
        (HEADER + "20a70111,2024-01-05 01:57:19,1,,direct,\n", [FILE, "no paid landing"]),
        (HEADER + "20a70111,2024-01-05 01:57:19,0,google,paid,YouTube\n", ["not one", "converted"]),
        (HEADER + "20a70111,2024-01-05 01:57:19,1,Google Ads,paid,YouTube\n", ["Google Ads"]),
    ],
    ids=["no file", "empty", "header only", "unpaid only", "none converted", "another spelling"],
)
def test_unusable_landings_are_one_line_of_error_and_write_nothing(
    command: Command, workdir: Path, folder: Path, content: str | None, fragments: list[str]
) -> None:
    (folder / FILE).unlink()
    if content is not None:
        (folder / FILE).write_text(content)
    error = command("attribute", f"data.path={folder}", QUICK, f"output={workdir / 'out'}").error
    for fragment in fragments:
        assert fragment in error
    assert not (workdir / "out").exists()


def test_the_document_of_the_sample_fits_its_schema_and_adds_up(
    command: Command, workdir: Path
) -> None:
    result = command("attribute", "output=out", QUICK)
    assert result.status == 0, result.err
    document = json.loads((workdir / "out" / "attribution.json").read_text())
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)
    assert result.out.count(CAVEAT) >= 5
    assert "out/attribution.json" in result.out
    for name in ("credits", "roles", "influence"):
        picture = imread(workdir / "out" / f"{name}.png")
        assert min(picture.shape[:2]) > 400
        assert picture[..., :3].std() > 0.05
    _check_sums(document)


def _check_sums(document: dict[str, Any]) -> None:
    """Check the properties that the schema cannot express."""
    assert document["caveat"] == CAVEAT
    converting = document["journeys"]["converting"]
    for name, entries in document["methods"].items():
        assert list(entries) == document["labels"]
        assert sum(entry["credit"] for entry in entries.values()) == pytest.approx(converting), name
        assert all(entry["low"] <= entry["high"] for entry in entries.values())
    assert list(document["disagreement"]) == list(document["methods"])
    ratios = document["ratios"]
    assert list(ratios["campaigns"]) == document["campaigns"] == document["labels"][:9]
    assert set(ratios["by_method"]) == set(document["methods"])
    initiators, closers, solos = (
        sum(entry[role]["count"] for entry in document["roles"].values())
        for role in ("initiator", "closer", "solo")
    )
    assert initiators == closers
    assert initiators + solos == converting
    reconciliation = document["reconciliation"]
    assert reconciliation["rows"] == document["journeys"]["landings"] == 50_000
    assert reconciliation["imputed_times"] == ["meta"]
    assert 0 < reconciliation["journeys_of_unsure_order"] < document["journeys"]["journeys"]


def test_without_an_output_folder_the_files_are_in_the_run_folder(
    command: Command, workdir: Path, folder: Path
) -> None:
    result = command("attribute", f"data.path={folder}", QUICK, "hydra.run.dir=run")
    assert result.status == 0, result.err
    assert (workdir / "run" / "attribution.json").is_file()


def test_a_campaign_without_journeys_gets_the_overall_ratio(
    command: Command, workdir: Path, folder: Path
) -> None:
    rows = [row for row in (folder / FILE).read_text().splitlines() if ",facebook," not in row]
    (folder / FILE).write_text("\n".join(rows) + "\n")
    assert command("attribute", f"data.path={folder}", QUICK, "output=out").status == 0
    ratios = json.loads((workdir / "out" / "attribution.json").read_text())["ratios"]
    campaigns = ratios["campaigns"]
    assert campaigns["meta"]["journeys"] == 0
    assert campaigns["meta"]["ratio"] == pytest.approx(ratios["overall"])
    assert campaigns["meta"]["log_sd"] > 1 > min(entry["log_sd"] for entry in campaigns.values())
    assert np.isfinite([entry["ratio"] for entry in campaigns.values()]).all()
