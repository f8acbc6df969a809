"""Names that look like markup, formulas or controls, in ingestion, attribution and insights."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.exports import write_landings
from helpers.histories import structured_history
from helpers.records import records_of, rows_of, source_of
from helpers.subjects.hostile_names import (
    NAMES,
    TAME,
    Conf,
    require_same_elements,
    require_shown,
    texts_of,
    with_names,
)

from mediagym.data.attribution import (
    AttributionSettings,
    attribution_document,
    attribution_study,
    attribution_tables,
)
from mediagym.data.attribution.figures import attribution_figures
from mediagym.data.diagnosis import DiagnosisSettings, diagnose
from mediagym.data.exports import LeftOut, Records
from mediagym.data.forecasting import (
    METRICS,
    ForecastingSettings,
    compare,
    forecasters_of,
    look_ahead,
)
from mediagym.data.history import Campaign, History
from mediagym.data.ingestion import ingest_document, ingest_tables
from mediagym.data.ingestion.figures import ingest_figures
from mediagym.data.ingestion.page import ingest_page
from mediagym.data.insights import Insights, insights_document, insights_tables
from mediagym.data.insights.figures import insights_figures
from mediagym.data.insights.page import insights_page
from mediagym.data.plotting import drawn

# --- ingestion


def _records(names: tuple[str, ...]) -> Records:
    frames = [rows_of([9.0 + at] * 40, name) for at, name in enumerate(names)]
    frames.append(rows_of([9.0] * 40, names[0], start=42, platform="meta"))
    sources = [
        source_of(frame, f"{name}.csv", [LeftOut((1, 2), 14, name)], notes=[name])
        for frame, name in zip(frames, [*names, "last"], strict=True)
    ]
    return records_of(*frames, sources=sources, notes=[f"{name}: a note." for name in names])


def test_ingestion(tmp_path: Path) -> None:
    records, tame = _records(NAMES), _records(TAME)
    content = ingest_document(records, None, None)
    names = [entry["name"] for entry in content["campaigns"]]
    pictures = {"spend": b"png", "outcome": b"png"}
    page = ingest_page(content, pictures)
    require_same_elements(page, ingest_page(ingest_document(tame, None, None), pictures), names)
    require_shown(ingest_tables(content), [" ".join(name.split()) for name in names], 48)
    for some in (NAMES, NAMES[:8], NAMES[8:16], NAMES[16:]):  # a heat map, and panels
        part = _records(some)
        for figure in ingest_figures(part, ingest_document(part, None, None)).values():
            assert texts_of(figure)


# --- attribution and insights


@pytest.fixture
def attribution(
    export_folder: Path, data_settings: Callable[..., Any], conf: Conf
) -> dict[str, Any]:
    """Attribution of a small folder."""
    write_landings(export_folder)
    settings = AttributionSettings.of(conf("attribution/default.yaml", draws=100), "attribution")
    return dict(attribution_document(attribution_study(data_settings(export_folder), settings)))


def _hostile(content: dict[str, Any], names: Iterable[str]) -> tuple[dict[str, Any], list[str]]:
    """An attribution document with other labels, and those labels."""
    old = list(dict.fromkeys([*content["labels"], *content["campaigns"]]))
    mapping = dict(zip(old, names, strict=False))
    return with_names(content, mapping), [mapping[name] for name in content["labels"]]


def test_attribution(attribution: dict[str, Any]) -> None:
    for names in (NAMES, NAMES[::-1]):
        content, labels = _hostile(attribution, names)
        require_shown(attribution_tables(content), labels)
        for figure in attribution_figures(content).values():
            texts = texts_of(figure)
            occurring = [n for n in labels if any(r["count"] for r in _counts(content, n))]
            assert {drawn(name) for name in occurring} <= set(texts)


def _counts(content: dict[str, Any], label: str) -> list[dict[str, Any]]:
    return [v for v in content["roles"][label].values() if isinstance(v, dict) and "count" in v]


def _insights(names: tuple[str, ...], conf: Conf, attribution: dict[str, Any]) -> Insights:
    campaigns = tuple(Campaign("google", name) for name in names)
    factor = np.ones((160, len(names)))
    factor[100:, 0] = 0.4  # a lasting change
    factor[60:63, 1] = 0.05  # an anomaly
    history: History = structured_history(1, 160, factor=factor, campaigns=campaigns)
    forecasting = ForecastingSettings.of(
        conf("forecasting/default.yaml", forecasters=["same_weekday", "level"], chosen="level"),
        "forecasting",
    )
    diagnosis = DiagnosisSettings.of(conf("diagnosis/default.yaml"), "diagnosis")
    forecasters, _ = forecasters_of(forecasting, {})
    spend = history.spend[-forecasting.horizon :]
    chosen = forecasters["level"]
    return Insights(
        history=history,
        attribution=attribution,
        diagnosis=diagnose(history, diagnosis),
        spend=spend,
        comparison=compare(history, forecasters, forecasting),
        outlooks={m: look_ahead(history, spend, chosen, m, forecasting) for m in METRICS},
        importances={"level": {"spend": 0.1, "weekday": 0.2}},
        coverage=0.9,
        drift_coverage=0.9,
        extrapolated=history.names,
        notes=tuple(names),
    )


def test_insights(conf: Conf, attribution: dict[str, Any]) -> None:
    for names, tame in ((NAMES[:12], TAME[:12]), (NAMES[12:], TAME[12 : len(NAMES)])):
        content, others = (
            insights_document(_insights(own, conf, _hostile(attribution, labels)[0]))
            for own, labels in ((names, NAMES), (tame, TAME))
        )
        figures = insights_figures(content)
        pictures = dict.fromkeys(figures, b"png")
        full = [f"google/{name}" for name in names]
        tame_page = insights_page(others, pictures)
        require_same_elements(insights_page(content, pictures), tame_page, full)
        require_shown(insights_tables(content), full)
        assert content["changed"]["changes"]
        assert content["changed"]["anomalies"]
        for figure in figures.values():
            assert texts_of(figure)
        assert {drawn(name) for name in full} <= set(texts_of(figures["efficiency"]))
