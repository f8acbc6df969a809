"""Names that look like markup or controls, in calibrations, plans, evaluations and backtests."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import markdown as markdown_package
import numpy as np
import pytest
from helpers.subjects.hostile_names import (
    NAMES,
    TAME,
    Conf,
    Elements,
    require_same_elements,
    require_shown,
    texts_of,
    with_names,
)

from mediagym.agents.evaluation import policy_table
from mediagym.agents.evaluation.figures import comparison, differences, profiles, regret
from mediagym.agents.evaluation.tables import markdown
from mediagym.agents.plans import plan_table
from mediagym.agents.plans.document import Plan, document
from mediagym.agents.plans.figures import response_curves, spend_map
from mediagym.agents.studies import backtest_markdown, draw_backtest, rolling_table
from mediagym.agents.studies.backtest_report import SCORES
from mediagym.data.display import shortened
from mediagym.data.history import Campaign, History
from mediagym.data.plotting import blank, drawn, in_legend
from mediagym.envs.calibration import Forecast, Posterior, Priors
from mediagym.envs.calibration.report import calibration_content, learning_table
from mediagym.envs.calibration.report.figures import FIGURES
from mediagym.envs.calibration.report.page import write_report
from mediagym.envs.constraints import ConstraintSettings, parse_constraints

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
            report = {**with_names(content.report, mapping), "notes": list(own)}
            renamed = content._replace(names=tuple(full), report=report)
            written = write_report(renamed, "conversions", tmp_path / f"{kind}{at}")
            assert {path.parent for path in written} == {tmp_path / f"{kind}{at}"}
            pages[kind] = written[0].read_text(encoding="utf-8")
            if kind == "hostile":
                require_shown([learning_table(report)], full)
                figure = draw["weekdays" if at else "parameters"](renamed)
                texts = [text.replace("/\n", "/", 1) for text in texts_of(figure)]
                assert {drawn(name) for name in full} <= set(texts)
        require_same_elements(pages["hostile"], pages["tame"], names)


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
    require_shown([plan_table(content)], [policy])
    dates = np.datetime64("2024-01-01") + np.arange(14)
    assert texts_of(spend_map(("a", "b"), dates, np.ones((14, 2)), policy))


def test_plans(conf: Conf, posterior: Posterior) -> None:
    content = document(_plan(NAMES, conf, "static"))
    full = [f"google/{name}" for name in NAMES]
    require_shown([plan_table(content)], full)
    assert max(map(len, content["warnings"][: 2 * len(NAMES)])) < 400
    dates = np.datetime64("2024-01-01") + np.arange(14)
    texts = texts_of(spend_map(full, dates, np.ones((14, len(full))), "static"))
    assert {f"{drawn(name)}  $14" for name in full} <= set(texts)
    size = len(posterior.campaigns)
    for some in (NAMES[:size], NAMES[size : 2 * size], NAMES[-size:]):
        renamed = replace(posterior, campaigns=tuple(Campaign("google", name) for name in some))
        texts = texts_of(response_curves(renamed, np.ones((14, size))))
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
        require_shown([policy_table(task)], NAMES)
        page = Elements(markdown_package.markdown(markdown([task]), extensions=["tables"]))
        tame = markdown([_task((*TAME[at:], *TAME[:at]))])
        expected = Elements(markdown_package.markdown(tame, extensions=["tables"]))
        assert page.elements == expected.elements
        for name in NAMES:
            assert shortened(name, 256).strip() in page.text
    assert {drawn(name) for name in NAMES} <= set(texts_of(comparison([task])))
    assert {in_legend(name) for name in NAMES} <= set(texts_of(profiles([task])))
    assert texts_of(differences([task]))
    behind = {name: np.ones((3, 2)) for name in NAMES}
    assert {in_legend(name) for name in NAMES} <= set(texts_of(regret(behind, r"$\frac{x$")))


# --- backtest


def test_backtests(tmp_path: Path) -> None:
    scores = dict.fromkeys(SCORES, 0.5)
    part = {"date": "2024-01-01", "actual_total": 10.0, "total_interval90": [5.0, 15.0],
            "model": scores, "rivals": dict.fromkeys(NAMES, scores), "partial": {},
            "forecast_totals": dict.fromkeys(("model", *NAMES), 9.0)}  # fmt: skip
    content = {
        **part, "metric": "conversions", "currency": None, "horizon": 30, "origins": [part],
        "latest": part, "goals": {"origins": {}, "latest": {}}, "ratio_to_best_rival": 0.5,
        "ratio_interval95": None,
        "verdict": " ".join(NAMES),
    }  # fmt: skip
    require_shown([rolling_table(content)], NAMES)
    text = backtest_markdown(content, "python backtest.py name=a\n<script>alert(1)</script>")
    page = Elements(markdown_package.markdown(text, extensions=["tables"]))
    assert {tag for tag, _ in page.elements} <= {
        "p", "pre", "code", "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
    for name in NAMES:
        assert shortened(name, 256).strip() in page.text
    assert draw_backtest(content, tmp_path).parent == tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["backtest.png"]
