"""Commands on exports that name a currency print it, and no other, in every output."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import numpy as np
import pytest

from mediagym.agents.plans.document import SCHEMA
from mediagym.agents.plans.read import read_plan
from mediagym.data.insights.document import SCHEMA as INSIGHTS_SCHEMA
from mediagym.data.plotting import blank
from mediagym.envs.calibration import load_posterior
from mediagym.envs.calibration.report.figures import FIGURES

Command = Callable[..., Any]
SIGNS = {"EUR": "€", "JPY": "¥"}
QUICK = [
    "forecasting.forecasters=[same_weekday,level]",
    "forecasting.chosen=level",
    "forecasting.validation.origins=2",
    "forecasting.errors.origins=6",
]


@pytest.fixture(params=SIGNS)
def currency(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(export_folder: Path, exports: ModuleType, currency: str) -> Path:
    """Exports of 120 days whose rows name their currency."""
    exports.write_exports(export_folder, days=120)
    for file in (exports.GOOGLE, exports.META, exports.MICROSOFT):
        heading = "Currency" if file == exports.META else "Currency code"
        rows = [{**row, heading: currency} for row in exports.read_rows(export_folder / file)]
        exports.write_rows(export_folder / file, list(rows[0]), rows)
    return export_folder


def _assert_only(currency: str, text: str, *, is_page: bool = False) -> None:
    """Amounts with the currency's sign, none in dollars; of yen, only returns have decimals."""
    if is_page:
        text = re.sub(r"data:image/png;base64,[^\"]*|<style>.*?</style>", "", text, flags=re.S)
    assert SIGNS[currency] in text
    assert not re.search(r"\$|dollar|USD", text, re.IGNORECASE)
    if currency == "JPY":
        returns = r"""¥[\d,.]+(?= per ¥1 )|(?<="Revenue per ¥1"><span>)¥\d+\.\d\d"""
        assert not re.search(r"¥[\d,]+\.\d", re.sub(returns, "", text))


def _validated(path: Path, schema: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\$|dollar|USD", text, re.IGNORECASE)
    content = json.loads(text)
    jsonschema.Draft202012Validator(json.loads(schema.read_text())).validate(content)
    return dict(content)


def _plan(command: Command, folder: Path, toy: list[str], *arguments: str) -> Any:
    settings = ["env.days=10", "agent=static", "baselines=[]", *arguments]
    return command("plan", *toy, f"data.path={folder}", *settings)


def test_a_plan_is_in_the_currency_of_the_exports(
    command: Command, folder: Path, toy: list[str], workdir: Path, currency: str
) -> None:
    """The plan, its warnings and its posterior; yen are planned in whole units."""
    bounds = "constraints.campaigns={google/YouTube: {floor: 30%}}"  # draws a warning
    result = _plan(command, folder, toy, "constraints.total=54321", bounds)
    assert result.status == 0, result.err
    _assert_only(currency, result.out)
    content = _validated(workdir / "plan.json", SCHEMA)
    assert content["currency"] == currency
    total = "¥54321" if currency == "JPY" else "€54321.00"
    assert content["constraints"]["settings"]["total"] == total
    assert any(f"({SIGNS[currency]}" in line for line in content["warnings"])

    posterior = load_posterior(next(workdir.glob("**/posterior.json")).parent)
    assert posterior.currency == currency
    constraints, cents = read_plan(workdir / "plan.json", posterior)
    assert constraints.currency == currency
    assert cents.sum() == 5_432_100
    assert (cents % 100 == 0).all() == (currency == "JPY")


def test_a_plan_without_a_currency_is_in_dollars(
    command: Command, export_folder: Path, toy: list[str], workdir: Path
) -> None:
    result = _plan(command, export_folder, toy)
    assert result.status == 0, result.err
    assert "$200,000.00" in result.out
    content = json.loads((workdir / "plan.json").read_text())
    assert content["currency"] is None
    assert content["constraints"]["settings"]["total"] == "$200000.00"
    assert "currency" not in json.loads(next(workdir.glob("**/posterior.json")).read_text())


def test_a_total_of_part_of_a_yen_is_refused(
    command: Command, folder: Path, toy: list[str], currency: str
) -> None:
    if currency != "JPY":
        pytest.skip("euros have cents")
    error = _plan(command, folder, toy, "constraints.total=54321.5").error
    assert "constraints.total" in error
    assert "whole number of JPY" in error


def test_a_calibration_and_its_report_are_in_the_currency_of_the_exports(
    command: Command,
    folder: Path,
    toy: list[str],
    workdir: Path,
    currency: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[str] = []
    curves = FIGURES["curves"]

    def read(content: Any) -> Any:
        figure = curves(content)
        drawn.append(figure.get_supxlabel())
        return figure

    for name in FIGURES:
        monkeypatch.setitem(FIGURES, name, lambda _: blank(1, 1))
    monkeypatch.setitem(FIGURES, "curves", read)
    result = command("calibrate", *toy[:5], f"data.path={folder}", "hydra.run.dir=run")
    assert result.status == 0, result.err
    assert not re.search(r"\$|dollar|USD", result.out)
    page = (workdir / "run" / "calibration" / "calibration.html").read_text(encoding="utf-8")
    _assert_only(currency, page, is_page=True)
    assert f">{SIGNS[currency]} per day</th>" in page
    assert [label.partition(";")[0] for label in drawn] == [f"{SIGNS[currency]} per day"]
    content = json.loads((workdir / "run" / "calibration" / "calibration.json").read_text())
    assert content["currency"] == currency


def test_insights_are_in_the_currency_of_the_exports(
    command: Command, folder: Path, workdir: Path, currency: str
) -> None:
    result = command("insights", f"data.path={folder}", "output=out", *QUICK)
    assert result.status == 0, result.err
    _assert_only(currency, result.out)
    content = _validated(workdir / "out" / "insights.json", INSIGHTS_SCHEMA)
    assert content["currency"] == currency
    page = (workdir / "out" / "insights.html").read_text(encoding="utf-8")
    _assert_only(currency, page, is_page=True)
    sign = SIGNS[currency]
    assert re.search(rf"or {sign}\d+\.\d\d per {sign}1 spent\.", page)
    assert f">Revenue per {sign}1</th>" in page


@pytest.mark.slow
def test_a_backtest_of_revenue_names_the_currency(
    command: Command, folder: Path, toy: list[str], workdir: Path, currency: str
) -> None:
    sizes = ["backtest.first=100", "backtest.horizon=10", "calibration.held_out=1"]
    arguments = [*toy[:5], f"data.path={folder}", *sizes, "objective=revenue", "output=out"]
    result = command("backtest", *arguments)
    assert result.status == 0, result.err
    _assert_only(currency, result.out)
    assert f"revenue in {SIGNS[currency]}, 10 days" in result.out
    assert json.loads((workdir / "out" / "backtest.json").read_text())["currency"] == currency


def test_a_calibration_of_another_currency_is_not_continued(
    command: Command,
    folder: Path,
    exports: ModuleType,
    toy: list[str],
    workdir: Path,
    currency: str,
) -> None:
    arguments = [*toy[:5], "report=false"]
    first = command("calibrate", *arguments, f"data.path={folder}", "hydra.run.dir=first")
    assert first.status == 0, first.err
    other = exports.write_exports(workdir / "other", days=130)
    for file in (exports.GOOGLE, exports.META, exports.MICROSOFT):
        heading = "Currency" if file == exports.META else "Currency code"
        rows = [{**row, heading: "GBP"} for row in exports.read_rows(other / file)]
        exports.write_rows(other / file, list(rows[0]), rows)
    error = command("calibrate", *arguments, f"data.path={other}", "update=first").error
    assert f"its amounts are in {currency}, theirs in GBP" in error
    assert np.isfinite(load_posterior(workdir / "first").spend).all()
