"""The command attribute: what it writes, and every mistake as one readable error."""

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
    "an order of none": (["attribution.orders=[0]"], ["attribution.orders"]),
    "a method that is none": (
        ["attribution.ratios.method=markov_7"],
        ["attribution.ratios.method", "markov_7", "markov_1"],
    ),
    "a method that is left out": (
        ["attribution.ratios.method=shapley_rate", "attribution.rate_labels=3"],
        ["attribution.ratios.method", "rate_labels"],
    ),
    "another reading": (["attribution.converted=session"], ["attribution.converted"]),
    "no folder": (["data.path=not/here"], ["not/here"]),
    "no path": (["data.path=null"], ["data.path"]),
    "an empty folder": (["data.path=empty"], ["googleads-performance.csv"]),
    "another name of the file": (["data.landings_file=visits.csv"], ["visits.csv", "journeys"]),
    "an output that is a file": (["output=file"], ["file"]),
}


@pytest.fixture
def folder(export_folder: Path, exports: ModuleType) -> Path:
    exports.write_landings(export_folder)
    return export_folder


@pytest.mark.parametrize(("overrides", "fragments"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_in_one_line(
    command: Command, place: Path, folder: Path, overrides: list[str], fragments: list[str]
) -> None:
    (place / "empty").mkdir()
    (place / "file").write_text("")
    given = [f"data.path={folder}", QUICK, f"output={place / 'out'}", *overrides]
    error = command("attribute", *given).error
    for fragment in fragments:
        assert fragment in error
    assert not (place / "out").exists()


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
    ids=["no file", "empty", "header only", "unpaid only", "none converted", "another name"],
)
def test_landings_that_do_not_do_are_told_in_one_line(
    command: Command, place: Path, folder: Path, content: str | None, fragments: list[str]
) -> None:
    (folder / FILE).unlink()
    if content is not None:
        (folder / FILE).write_text(content)
    error = command("attribute", f"data.path={folder}", QUICK, f"output={place / 'out'}").error
    for fragment in fragments:
        assert fragment in error
    assert not (place / "out").exists()


def test_the_sample_is_attributed_and_the_document_fits_its_schema(
    command: Command, place: Path
) -> None:
    ended = command("attribute", "output=out", QUICK)
    assert ended.status == 0, ended.err
    document = json.loads((place / "out" / "attribution.json").read_text())
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)
    assert ended.out.count(CAVEAT) >= 5
    assert "out/attribution.json" in ended.out
    for name in ("credits", "roles", "influence"):
        picture = imread(place / "out" / f"{name}.png")
        assert min(picture.shape[:2]) > 400
        assert picture[..., :3].std() > 0.05
    _consistent(document)


def _consistent(document: dict[str, Any]) -> None:
    """What the schema cannot say."""
    assert document["caveat"] == CAVEAT
    converting = document["journeys"]["converting"]
    for name, found in document["methods"].items():
        assert list(found) == document["labels"]
        assert sum(own["credit"] for own in found.values()) == pytest.approx(converting), name
        assert all(own["low"] <= own["high"] for own in found.values())
    assert list(document["disagreement"]) == list(document["methods"])
    ratios = document["ratios"]
    assert list(ratios["campaigns"]) == document["campaigns"] == document["labels"][:9]
    assert set(ratios["by_method"]) == set(document["methods"])
    starts = sum(own["initiator"]["count"] for own in document["roles"].values())
    closes = sum(own["closer"]["count"] for own in document["roles"].values())
    solo = sum(own["solo"]["count"] for own in document["roles"].values())
    assert starts == closes
    assert starts + solo == converting
    reconciliation = document["reconciliation"]
    assert reconciliation["rows"] == document["journeys"]["landings"] == 50_000
    assert reconciliation["imputed_times"] == ["meta"]
    assert 0 < reconciliation["journeys_of_unsure_order"] < document["journeys"]["journeys"]


def test_a_run_without_an_output_writes_to_its_own_folder(
    command: Command, place: Path, folder: Path
) -> None:
    ended = command("attribute", f"data.path={folder}", QUICK, "hydra.run.dir=run")
    assert ended.status == 0, ended.err
    assert (place / "run" / "attribution.json").is_file()


def test_a_campaign_without_journeys_has_the_overall_ratio(
    command: Command, place: Path, folder: Path
) -> None:
    kept = [row for row in (folder / FILE).read_text().splitlines() if ",facebook," not in row]
    (folder / FILE).write_text("\n".join(kept) + "\n")
    assert command("attribute", f"data.path={folder}", QUICK, "output=out").status == 0
    ratios = json.loads((place / "out" / "attribution.json").read_text())["ratios"]
    own = ratios["campaigns"]
    assert own["meta"]["journeys"] == 0
    assert own["meta"]["ratio"] == pytest.approx(ratios["overall"])
    assert own["meta"]["log_sd"] > 1 > min(each["log_sd"] for each in own.values())
    assert np.isfinite([each["ratio"] for each in own.values()]).all()
