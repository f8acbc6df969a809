"""Command `insights`: its document and self-contained page, and one-line errors."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pandas as pd
import pytest
from matplotlib.image import imread

from mediagym.data.attribution.document import SCHEMA as ATTRIBUTION_SCHEMA
from mediagym.data.insights.document import ALL_CAMPAIGNS, SCHEMA

Command = Callable[..., Any]
QUICK = [
    "attribution.draws=100",
    "forecasting.forecasters=[same_weekday,level,xgboost]",
    "forecasting.chosen=level",
    "forecasting.validation.origins=2",
    "forecasting.errors.origins=6",
    "forecasting.xgboost.trees=10",
]
SECTIONS = (
    "What happened",
    "What starts and closes journeys",
    "What changed",
    "What to expect",
    "What the data cannot tell",
)
MISTAKES = {
    "an unknown key": (["diagnosis.anomalies.rate=5"], ["rate", "false_alarms"]),
    "an unknown forecaster": (["forecasting.forecasters=[arima]"], ["'arima'", "level"]),
    "a chosen forecaster that is not listed": (
        ["forecasting.chosen=net"],
        ["forecasting.chosen", "'net'"],
    ),
    "coverage above one": (["forecasting.coverage=90"], ["forecasting.coverage", "90"]),
    "an unknown method": (["diagnosis.method=zscore"], ["diagnosis.method", "zscore"]),
    "a history that is too short": (["forecasting.horizon=60"], ["100 days", "validation"]),
    "no folder": (["data.path=not/here"], ["not/here"]),
    "an output that is a file": (["output=file"], ["file"]),
}


def _validated(folder: Path) -> dict[str, Any]:
    document = json.loads((folder / "insights.json").read_text())
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)
    return dict(document)


def test_the_sample_yields_a_valid_document_a_page_and_figures(
    command: Command, workdir: Path
) -> None:
    result = command("insights", "output=out", *QUICK)
    assert result.status == 0, result.err
    document = _validated(workdir / "out")
    attribution = json.loads(ATTRIBUTION_SCHEMA.read_text())
    jsonschema.Draft202012Validator(attribution).validate(document["attribution"])
    forecast = document["expected"]["metrics"]["conversions"]["campaigns"]
    totals = [entry["total"] for name, entry in forecast.items() if name != ALL_CAMPAIGNS]
    assert sum(totals) == pytest.approx(forecast[ALL_CAMPAIGNS]["total"])
    assert len(document["expected"]["days"]) == len(forecast[ALL_CAMPAIGNS]["expected"]) == 30
    assert document["expected"]["days"][0] == "2024-07-01"

    page = (workdir / "out" / "insights.html").read_text()
    assert all(f">{section}" in page for section in SECTIONS)
    assert not re.search(r"""(?:src|href)=["'](?!#|data:image/png;base64,)""", page)
    assert not re.search(r"<script|<link|@import|url\(", page)
    assert page.count("<img alt=") == page.count("data:image/png;base64,") >= 7
    for name in ("weeks", "efficiency", "forecast", "comparison", "importances", "roles"):
        picture = imread(workdir / "out" / f"{name}.png")
        assert picture[..., :3].std() > 0.05
    assert "insights.html" in result.out


def test_without_landings_the_page_says_so_and_is_still_written(
    command: Command, workdir: Path, export_folder: Path, exports: ModuleType
) -> None:
    exports.write_exports(export_folder, days=120)
    result = command("insights", f"data.path={export_folder}", "output=out", *QUICK)
    assert result.status == 0, result.err
    document = _validated(workdir / "out")
    assert document["attribution"] is None
    assert any("no site landings file" in line for line in document["unknown"])
    page = (workdir / "out" / "insights.html").read_text()
    assert "There is no site landings file" in page
    assert not (workdir / "out" / "roles.png").exists()


def test_without_revenue_no_sentence_is_about_it(
    command: Command, workdir: Path, export_folder: Path, exports: ModuleType
) -> None:
    exports.write_exports(export_folder, days=120)
    for path in export_folder.glob("*ads-performance.csv"):
        rows = pd.read_csv(path).drop(columns="Revenue")
        if "Campaign type" in rows:  # one campaign is over: its days of no spend have no revenue
            over = rows["Campaign type"].eq(rows["Campaign type"].iloc[0]) & (
                rows["Date"] > "2024-03"
            )
            rows = rows[~over]
        rows.to_csv(path, index=False)
    result = command("insights", f"data.path={export_folder}", "output=out", *QUICK)
    assert result.status == 0, result.err
    document = _validated(workdir / "out")
    assert document["happened"]["totals"]["revenue"] is None
    campaigns = document["happened"]["campaigns"].values()
    assert {entry[key] for entry in campaigns for key in ("revenue", "roas", "aov")} == {None}
    ahead = document["expected"]["metrics"]["revenue"]["campaigns"][ALL_CAMPAIGNS]
    assert ahead["total"] is None
    assert {*ahead["expected"]} == {None}
    assert document["expected"]["bae"] is None
    page = (workdir / "out" / "insights.html").read_text()
    sentences = re.findall(r"[^.<>]* conversions[^.<>]*", page)
    assert any("of spend brought" in sentence for sentence in sentences)
    assert not any("worth" in s or "of revenue" in s for s in sentences)
    assert "not known" in page


@pytest.mark.parametrize(("overrides", "fragments"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_of_error_and_writes_nothing(
    command: Command,
    workdir: Path,
    export_folder: Path,
    exports: ModuleType,
    overrides: list[str],
    fragments: list[str],
) -> None:
    exports.write_exports(export_folder, days=100)
    (workdir / "file").write_text("")
    arguments = [f"data.path={export_folder}", *QUICK, f"output={workdir / 'out'}", *overrides]
    error = command("insights", *arguments).error
    for fragment in fragments:
        assert fragment in error
    assert not (workdir / "out").exists()
