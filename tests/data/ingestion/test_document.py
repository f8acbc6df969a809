"""`ingest.json`: files, totals before and after merging, campaigns, successors, problems."""

import json
from typing import Any

import jsonschema
import numpy as np
import pytest
from helpers.records import FIRST, records_of, rows_of, source_of

from mediagym.data.errors import DataProblemsError, data_error
from mediagym.data.exports import LeftOut
from mediagym.data.history import METRICS, Campaign, History
from mediagym.data.ingestion import ingest_document, problems_document
from mediagym.data.ingestion.document import SCHEMA
from mediagym.data.names import short_ids


def _validated(document: dict[str, Any]) -> dict[str, Any]:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    content = json.loads(json.dumps(document, allow_nan=False))
    jsonschema.Draft202012Validator(schema).validate(content)
    return dict(content)


def _history(spend: float) -> History:
    values = np.full((2, 1), spend / 2)
    arrays = {metric: values.copy() for metric in METRICS}
    presence = np.zeros((2, 1), dtype=np.int8)
    notes = ("google: WARNING, dead.", "google: odd.")
    return History(
        FIRST + np.arange(2), (Campaign("google", None),), presence=presence, notes=notes, **arrays
    )


def test_each_file_is_described_with_its_sums_and_what_was_left_out() -> None:
    rows = rows_of([10, None, 30])
    rows["revenue"] = np.nan
    source = source_of(rows, "google.csv", [LeftOut((5,), 1, "totals")])
    document = _validated(ingest_document(records_of(rows, sources=[source]), None, None))
    (file,) = document["files"]
    assert (file["file"], file["language"], file["rows"], file["days"]) == (
        "google.csv", "German", 2, 3,
    )  # fmt: skip
    assert (file["first"], file["last"]) == ("2024-01-01", "2024-01-03")
    assert file["sums"] == {
        "spend": 40, "impressions": 400, "clicks": 20, "conversions": 1, "revenue": None,
    }  # fmt: skip
    assert file["left_out"] == [{"reason": "totals", "rows": 1, "lines": [5]}]


def test_totals_show_what_merging_took_away_and_are_exact_where_it_took_nothing() -> None:
    rows = rows_of([0.1] * 10 + [0.7])
    twice = records_of(rows, sources=[source_of(rows, "a.csv"), source_of(rows[:4], "b.csv")])
    totals = _validated(ingest_document(twice, None, None))["totals"]
    assert totals["rows"] == {"files": 15, "merged": 11}
    assert totals["merging"]["spend"] == pytest.approx(0.4)
    once = ingest_document(records_of(rows), None, None)["totals"]
    assert once["merging"] == dict.fromkeys(METRICS, 0.0)


def test_the_history_that_plans_use_is_compared_with_the_records() -> None:
    document = _validated(ingest_document(records_of(rows_of([10, 30])), _history(25.0), ["", ""]))
    totals = document["totals"]
    assert totals["history"]["spend"] == 25
    assert totals["planning"]["spend"] == 15


def test_campaigns_have_lifetimes_gaps_and_the_unit_of_the_plan() -> None:
    spend = [5.0, 5, None, None, None, None, None, 7]
    records = records_of(rows_of(spend, "Brand"), rows_of([1.0, 0, 0], "Spring", "meta"))
    units = ["Search"] * 3 + [""] * 3
    brand, spring = _validated(ingest_document(records, None, units))["campaigns"]
    assert (brand["name"], brand["unit"]) == ("google/Brand", "google/Search")
    assert [(run["first"], run["days"]) for run in brand["runs"]] == [
        ("2024-01-01", 2),
        ("2024-01-08", 1),
    ]
    assert brand["gaps"] == [{"first": "2024-01-03", "last": "2024-01-07"}]
    assert (brand["days_with_row"], brand["days_without_row"], brand["gap_days"]) == (3, 5, 5)
    assert (spring["unit"], spring["days"], spring["days_with_row"]) == ("meta", 1, 3)
    assert [brand["id"], spring["id"]] == list(short_ids(["google/Brand", "meta/Spring"]))


def test_campaigns_of_one_name_are_told_apart_by_type_account_and_identifier() -> None:
    labels: list[dict[str, str]] = [
        {"campaign_type": "Search"},
        {"campaign_type": "Video"},
        {"campaign_type": "Video", "account": "Acme"},
        {"campaign_type": "Video", "account": "Acme", "campaign_id": "7"},
    ]
    records = records_of(*(rows_of([1.0], **each) for each in labels))
    names = [entry["name"] for entry in ingest_document(records, None, None)["campaigns"]]
    assert sorted(names) == [
        "google/Brand (Search)",
        "google/Brand (Video)",
        "google/Brand (Video) (Acme)",
        "google/Brand (Video) (Acme) (7)",
    ]


def test_campaigns_without_a_name_are_called_by_their_type_or_platform() -> None:
    search = rows_of([1.0], "", campaign_type="Search Network")
    document = ingest_document(records_of(search, rows_of([1.0], "", "meta")), None, None)
    assert [e["name"] for e in document["campaigns"]] == ["google/Search Network", "meta"]


def test_proposed_successors_are_of_one_platform_and_type() -> None:
    before, after = rows_of([9.0] * 40, "Old"), rows_of([10.0] * 40, "New", start=40)
    other = rows_of([9.0] * 40, "Other", "meta", 40)
    document = _validated(ingest_document(records_of(before, after, other), None, None))
    (pair,) = document["successors"]
    assert (pair["ended"]["name"], pair["started"]["name"]) == ("google/Old", "google/New")
    assert (pair["end"], pair["start"], pair["lag"]) == ("2024-02-09", "2024-02-10", 1)


def test_notes_are_listed_once_warnings_first() -> None:
    records = records_of(rows_of([10, 30]), notes=["a.csv: harmless.", "google: odd."])
    notes = ingest_document(records, _history(40.0), ["", ""])["notes"]
    assert notes == ["google: WARNING, dead.", "a.csv: harmless.", "google: odd."]


def test_all_problems_of_a_refused_folder_are_listed() -> None:
    problems = [
        data_error("a.csv", "'x' is no number", "numbers", "correct it", row=3, column="Cost"),
        data_error("b.csv", "the file is empty", "rows", "export it again", setting="data.x=y"),
    ]
    document = _validated(problems_document(DataProblemsError(problems)))
    assert document["status"] == "refused"
    assert document["problems"] == [
        {
            "file": "a.csv", "row": 3, "column": "Cost", "given": "'x' is no number",
            "allowed": "numbers", "fix": "correct it", "setting": None,
            "message": str(problems[0]),
        },
        {
            "file": "b.csv", "row": None, "column": None, "given": "the file is empty",
            "allowed": "rows", "fix": "export it again", "setting": "data.x=y",
            "message": str(problems[1]),
        },
    ]  # fmt: skip
    assert len(_validated(problems_document(problems[0]))["problems"]) == 1
