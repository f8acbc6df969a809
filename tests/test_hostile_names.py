"""Names that look like markup, formulas, paths or controls, on every surface where people read.

Nothing fails, nothing is interpreted, and what is shown is the name itself.
"""

import io
from collections.abc import Callable, Iterable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import markdown as markdown_package
import numpy as np
import pytest
from helpers.exports import write_landings
from helpers.histories import structured_history
from helpers.records import records_of, rows_of, source_of
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text
from rich.console import Console
from rich.table import Table

from mediagym.agents.evaluation import policy_table
from mediagym.agents.evaluation.figures import comparison, differences, profiles, regret
from mediagym.agents.evaluation.tables import markdown
from mediagym.agents.plans import plan_table
from mediagym.agents.plans.document import Plan, document
from mediagym.agents.plans.figures import response_curves, spend_map
from mediagym.agents.studies import backtest_markdown, draw_backtest, rolling_table
from mediagym.agents.studies.backtest_report import SCORES
from mediagym.data.attribution import (
    AttributionSettings,
    attribution_document,
    attribution_study,
    attribution_tables,
)
from mediagym.data.attribution.figures import attribution_figures
from mediagym.data.diagnosis import DiagnosisSettings, diagnose
from mediagym.data.display import (
    MAX_MESSAGE,
    file_name,
    label,
    markdown_text,
    shortened,
    terminal,
    terminal_lines,
    visible,
)
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
from mediagym.data.plotting import blank, drawn, in_legend, png_of
from mediagym.envs.calibration import Forecast, Posterior, Priors
from mediagym.envs.calibration.report import calibration_content, learning_table
from mediagym.envs.calibration.report.figures import FIGURES
from mediagym.envs.calibration.report.page import write_report
from mediagym.envs.constraints import ConstraintSettings, parse_constraints
from mediagym.scripts.cli import print_line, print_notes, progress

Conf = Callable[..., dict[str, Any]]
NAMES = (
    "[/b]",
    "[red]x",
    ":smile:\\",
    r"$\frac{x$",
    "$a_1$ and $b^2$",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a|b",
    "`code` *bold* _x_ [link](https://example.org) @someone",
    "=cmd|' /C calc'!A0",
    "+1",
    "@x",
    "_hidden",
    "first\nsecond",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202eesrever",
    "long " * 1000,
    " \t ",
    "\U0001f600 \U0001f9ff",
    "../../x",
    "/etc/passwd",
    "{{ 7 * 7 }}{% raw %}",
)
TAME = tuple(f"Campaign {number}" for number in range(len(NAMES)))


class _Elements(HTMLParser):
    """Elements of a page with the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "wbr":  # where the name of a campaign may be broken, after its channel
            self.elements.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _require_same_elements(page: str, tame: str, names: Iterable[str]) -> None:
    """The page has the elements of a page with tame names, and shows every name.

    The middle of a long one may be left out.
    """
    found = _Elements(page)
    assert found.elements == _Elements(tame).elements
    for name in names:
        assert visible(name) in found.text or label(name) in found.text
    assert not {"\x1b", "\u202e", "\x07"} & set(page)


def _require_shown(tables: Iterable[Table], names: Iterable[str], most: int = 64) -> None:
    """Printed by a console that reads markup, the tables show every name as it is."""
    stream = io.StringIO()
    console = Console(file=stream, width=20_000, force_terminal=False)
    for table in tables:
        console.print(table)
    text = stream.getvalue()
    assert not {"\x1b", "\u202e", "\x07"} & set(text)
    for name in names:
        assert shortened(name, most).strip() in text


def _texts(figure: Figure) -> list[str]:
    """Texts of a figure; all of them are drawn without formulas."""
    figure.canvas.draw()
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    assert not any(text.get_parse_math() for text in texts if text.get_text())
    return [text.get_text() for text in texts]


def _renamed(content: Any, names: dict[str, str]) -> Any:
    """JSON with other names, as keys and as values."""
    if isinstance(content, dict):
        return {names.get(key, key): _renamed(value, names) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_renamed(value, names) for value in content]
    return names.get(content, content) if isinstance(content, str) else content


# --- the functions of the surfaces


@given(st.text())
def test_a_file_name_is_one_name_inside_its_folder(text: str) -> None:
    name = file_name(text)
    assert Path("folder", name).parent == Path("folder")
    assert name.isascii()
    assert name not in (".", "..")
    assert 1 <= len(name) <= 64
    assert not set(name) & set('/\\:*?"<>| \0')


@pytest.mark.parametrize("name", ["ppo", "static_cvar", "PPO-2_seed.1"])
def test_a_plain_name_is_its_own_file_name(name: str) -> None:
    assert file_name(name) == name


def test_other_names_have_file_names_of_their_own() -> None:
    names = [*NAMES, "a/b", "a_b", "con", "NUL.txt", ".hidden", "end.", "-rf", "x" * 65]
    assert len({file_name(name) for name in names}) == len(names)


@given(st.text())
def test_what_is_shown_is_printable_and_bounded(text: str) -> None:
    line = visible(text)
    assert len(line) == len(text)
    assert all(c.isprintable() or c in "\u200c\u200d" for c in line)
    assert len(shortened(text, 9)) <= 9
    assert terminal(text).plain == shortened(text)


@given(st.text())
def test_markdown_reads_a_name_back_as_text(text: str) -> None:
    page = _Elements(markdown_package.markdown(f"x{markdown_text(text)}x"))
    assert page.elements == [("p", ())]
    assert page.text == f"x{shortened(text, 256)}x"


def test_a_figure_draws_dollar_signs_as_they_are() -> None:
    figure = blank(4, 3)
    axes = figure.subplots()
    axes.set_title(r"$\frac{x$ $")
    axes.plot([1, 2], label=in_legend("_$a$ $"))
    axes.legend()
    axes.set_xticks([0, 1], ["$^$", "\U0001f9ff"])
    texts = _texts(figure)
    for text in (r"$\frac{x$ $", " _$a$ $", "$^$"):
        assert text in texts
    assert png_of(figure).startswith(b"\x89PNG")


# --- the commands


def test_the_terminal_shows_notes_lines_and_progress_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in NAMES:
        print_notes([name])
        print_line(f"{name}: [bold]done[/]")
        with progress(name) as show:
            show(name)
    text = capsys.readouterr().out
    assert not {"\x1b", "\u202e", "\x07"} & set(text)
    assert "[/b]: [bold]done[/]" in text
    assert "! [red]x" in text
    assert "! :smile:" in text
    assert max(map(len, text.splitlines())) < 6_000


def test_messages_are_bounded_line_by_line() -> None:
    lines = terminal_lines("1. \x1b[2J\n2. " + "x" * 100_000).splitlines()
    assert lines[0] == "1. \ufffd[2J"
    assert len(lines) == 2
    assert len(lines[1]) == MAX_MESSAGE


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
    _require_same_elements(page, ingest_page(ingest_document(tame, None, None), pictures), names)
    _require_shown(ingest_tables(content), [" ".join(name.split()) for name in names], 48)
    for some in (NAMES, NAMES[:8], NAMES[8:16], NAMES[16:]):  # a heat map, and panels
        part = _records(some)
        for figure in ingest_figures(part, ingest_document(part, None, None)).values():
            assert _texts(figure)


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
    return _renamed(content, mapping), [mapping[name] for name in content["labels"]]


def test_attribution(attribution: dict[str, Any]) -> None:
    for names in (NAMES, NAMES[::-1]):
        content, labels = _hostile(attribution, names)
        _require_shown(attribution_tables(content), labels)
        for figure in attribution_figures(content).values():
            texts = _texts(figure)
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
        _require_same_elements(insights_page(content, pictures), tame_page, full)
        _require_shown(insights_tables(content), full)
        assert content["changed"]["changes"]
        assert content["changed"]["anomalies"]
        for figure in figures.values():
            assert _texts(figure)
        assert {drawn(name) for name in full} <= set(_texts(figures["efficiency"]))


# --- calibration


def test_calibration(
    history: History,
    posterior: Posterior,
    priors: Priors,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = dict(FIGURES)
    for name in FIGURES:  # drawing them is slow, so it is done once below
        monkeypatch.setitem(FIGURES, name, lambda _: blank(1, 1))
    content = calibration_content(history, posterior, priors)
    size = len(content.names)
    for at, names in enumerate((NAMES[:size], NAMES[-size:], NAMES[size : 2 * size])):
        pages: dict[str, str] = {}
        for kind, own in (("hostile", names), ("tame", TAME[:size])):
            full = [f"google/{name}" for name in own]
            mapping = dict(zip(content.names, full, strict=True))
            report = {**_renamed(content.report, mapping), "notes": list(own)}
            renamed = content._replace(names=tuple(full), report=report)
            written = write_report(renamed, "conversions", tmp_path / f"{kind}{at}")
            assert {path.parent for path in written} == {tmp_path / f"{kind}{at}"}
            pages[kind] = written[0].read_text(encoding="utf-8")
            if kind == "hostile":
                _require_shown([learning_table(report)], full)
                figure = draw["weekdays" if at else "parameters"](renamed)
                texts = [text.replace("/\n", "/", 1) for text in _texts(figure)]
                assert {drawn(name) for name in full} <= set(texts)
        _require_same_elements(pages["hostile"], pages["tame"], names)


# --- plans


def _plan(names: tuple[str, ...], conf: Conf, policy: str) -> Plan:
    cents = np.full((14, len(names)), 1_000, np.int64)
    campaigns = [Campaign("google", name) for name in names]
    settings = conf(
        "constraints/default.yaml", total=float(cents.sum() / 100), channel={}, campaign={},
        pacing=None,
    )  # fmt: skip
    constraints = parse_constraints(
        ConstraintSettings.of(settings, "constraints"), campaigns, len(cents)
    )
    draws = np.ones((4, *cents.shape))
    spend = np.full(len(names), 2.0)
    return Plan(
        policy=policy,
        objective="conversions",
        constraints=constraints,
        first_day=20_000,
        cents=cents,
        forecast=Forecast(draws, draws, 10 * draws, 10 * draws),
        marginal=np.ones(len(names)),
        baselines={},
        observed_mean=spend,
        recent=0 * spend,
        observed_max=spend,
        notes=names,
    )


@pytest.mark.parametrize("policy", NAMES)
def test_the_title_of_a_plan(conf: Conf, policy: str) -> None:
    content = document(_plan(("a", "b"), conf, policy))
    _require_shown([plan_table(content)], [policy])
    dates = np.datetime64("2024-01-01") + np.arange(14)
    assert _texts(spend_map(("a", "b"), dates, np.ones((14, 2)), policy))


def test_plans(conf: Conf, posterior: Posterior) -> None:
    content = document(_plan(NAMES, conf, "static"))
    full = [f"google/{name}" for name in NAMES]
    _require_shown([plan_table(content)], full)
    assert max(map(len, content["warnings"][: 2 * len(NAMES)])) < 400
    dates = np.datetime64("2024-01-01") + np.arange(14)
    texts = _texts(spend_map(full, dates, np.ones((14, len(full))), "static"))
    assert {f"{drawn(name)}  $14" for name in full} <= set(texts)
    size = len(posterior.campaigns)
    for some in (NAMES[:size], NAMES[size : 2 * size], NAMES[-size:]):
        renamed = replace(posterior, campaigns=tuple(Campaign("google", name) for name in some))
        texts = _texts(response_curves(renamed, np.ones((14, size))))
        titles = {text.removesuffix(" (extrapolated)") for text in texts}
        assert {drawn(f"google/{name}") for name in some} <= titles


# --- evaluation


def _task(names: tuple[str, ...]) -> dict[str, Any]:
    number = {"value": 9.0, "mean": 90.0, "ci": [89.0, 91.0], "iqm": 90.0, "iqm_ci": [89.0, 91.0],
              "p10": 85.0, "cvar": 80.0, "cvar_ci": [79.0, 82.0], "violations": 0, "cents_off": 0,
              "turnover": 0.1, "seconds_per_decision": 0.1}  # fmt: skip
    band = {"share": [1.0, 0.5], "low": [0.9, 0.4], "high": [1.0, 0.6]}
    paired = {"b": names[0], "difference": 1.0, "ci": [0.5, 1.5], "probability": 0.9}
    return {
        "id": "mediagym/Calibrated-v1",
        "markets": 8,
        "policies": [{"name": name, "seeds": 1, **number} for name in names],
        "paired": [{"a": name, **paired} for name in names[1:]],
        "profile": {"percent": [80.0, 100.0], "policies": dict.fromkeys(names, band)},
    }


def test_evaluation() -> None:
    for at in range(len(NAMES)):  # each is the reference once
        task = _task((*NAMES[at:], *NAMES[:at]))
        _require_shown([policy_table(task)], NAMES)
        page = _Elements(markdown_package.markdown(markdown([task]), extensions=["tables"]))
        tame = markdown([_task((*TAME[at:], *TAME[:at]))])
        expected = _Elements(markdown_package.markdown(tame, extensions=["tables"]))
        assert page.elements == expected.elements
        for name in NAMES:
            assert shortened(name, 256).strip() in page.text
    assert {drawn(name) for name in NAMES} <= set(_texts(comparison([task])))
    assert {in_legend(name) for name in NAMES} <= set(_texts(profiles([task])))
    assert _texts(differences([task]))
    behind = {name: np.ones((3, 2)) for name in NAMES}
    assert {in_legend(name) for name in NAMES} <= set(_texts(regret(behind, r"$\frac{x$")))


# --- backtest


def test_backtests(tmp_path: Path) -> None:
    scores = dict.fromkeys(SCORES, 0.5)
    part = {"date": "2024-01-01", "actual_total": 10.0, "total_interval90": [5.0, 15.0],
            "model": scores, "rivals": dict.fromkeys(NAMES, scores), "partial": {},
            "forecast_totals": dict.fromkeys(("model", *NAMES), 9.0)}  # fmt: skip
    content = {
        **part, "metric": "conversions", "currency": None, "horizon": 30, "origins": [part],
        "latest": part, "goals": {"origins": {}, "latest": {}}, "ratio_to_best_rival": 0.5,
        "verdict": " ".join(NAMES),
    }  # fmt: skip
    _require_shown([rolling_table(content)], NAMES)
    text = backtest_markdown(content, "python backtest.py name=a\n<script>alert(1)</script>")
    page = _Elements(markdown_package.markdown(text, extensions=["tables"]))
    assert {tag for tag, _ in page.elements} <= {
        "p", "pre", "code", "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
    for name in NAMES:
        assert shortened(name, 256).strip() in page.text
    assert draw_backtest(content, tmp_path).parent == tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["backtest.png"]
