"""End-to-end tests of calibrate, backtest and recovery, and of a plan for journeys."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from mediagym.data.plotting import blank
from mediagym.envs.calibration import load_posterior
from mediagym.envs.calibration.report.figures import FIGURES

Command = Callable[..., Any]
SMALL = [
    "calibration.particles=64", "calibration.mcmc_steps=1", "calibration.final_mcmc_steps=1",
    "calibration.draws=48", "calibration.held_out=24",
]  # fmt: skip


def _days(exports: ModuleType, folder: Path, count: int) -> Path:
    """Truncate all exports to their first days."""
    last = str(np.datetime64("2024-01-01") + count - 1)
    for file in (exports.GOOGLE, exports.META, exports.MICROSOFT):
        rows = exports.read_rows(folder / file)
        first = [row for row in rows if row["Date"] <= last]
        exports.write_rows(folder / file, list(rows[0]), first)
    return folder


def _without_count(exports: ModuleType, folder: Path) -> Path:
    rows = exports.read_rows(folder / exports.META)
    header = [name for name in rows[0] if name != "Conversions"]
    exports.write_rows(folder / exports.META, header, rows)
    return folder


def test_a_calibration_writes_a_report_and_can_be_updated_with_new_days(
    command: Command,
    export_folder: Path,
    exports: ModuleType,
    workdir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in FIGURES:  # blank: other tests look at them, and drawing takes seconds
        monkeypatch.setitem(FIGURES, name, lambda _: blank(1, 1))
    whole = exports.write_exports(workdir / "whole")
    _days(exports, export_folder, 52)
    first = command("calibrate", *SMALL, f"data.path={export_folder}", "hydra.run.dir=first")
    assert first.status == 0, first
    assert "first/calibration/calibration.html" in first.out
    names = {path.name for path in (workdir / "first" / "calibration").iterdir()}
    assert names >= {"calibration.html", "calibration.json", "curves.png", "residuals.png"}

    arguments = [*SMALL, f"data.path={whole}", "update=first"]
    second = command("calibrate", *arguments, "hydra.run.dir=second")
    assert second.status == 0, second
    old, new = load_posterior(workdir / "first"), load_posterior(workdir / "second")
    assert new.state.day == old.state.day + 8
    assert new.report["history"]["days"] == 60
    content = json.loads((workdir / "second" / "calibration" / "calibration.json").read_text())
    assert content["history"]["days"] == 60
    assert content["objective"] == "conversions"

    again = command("calibrate", *SMALL, f"data.path={whole}", "update=second")
    assert "no day after 2024-02-29" in again.error
    many = [each.replace("held_out=24", "held_out=48") for each in arguments]
    many = [each.replace("draws=48", "draws=64") for each in many]
    assert "calibration.held_out: 48" in command("calibrate", *many).error


def test_an_export_without_conversions_can_be_planned_for_revenue_alone(
    command: Command, export_folder: Path, exports: ModuleType, toy: list[str], workdir: Path
) -> None:
    _without_count(exports, export_folder)
    arguments = [*toy, f"data.path={export_folder}", "env.days=5", "baselines=[]"]
    refused = command("plan", *arguments)
    assert "meta: the export has no column Conversions" in refused.error
    assert "objective=revenue" in refused.error
    assert not (workdir / "plan.json").exists()
    accepted = command("plan", *arguments, "objective=revenue")
    assert accepted.status == 0, accepted
    content = json.loads((workdir / "plan.json").read_text())
    assert content["objective"] == "revenue"
    assert content["totals"]["revenue"]["mean"] > 0


def test_plans_for_journeys_from_the_landings_and_from_a_file_agree(
    command: Command, export_folder: Path, exports: ModuleType, toy: list[str], workdir: Path
) -> None:
    exports.write_landings(export_folder)
    data = f"data.path={export_folder}"
    arguments = [*toy, data, "objective=journeys", "env.days=5", "baselines=[]"]
    assert command("attribute", data, "attribution.draws=100", "output=attribution").status == 0
    (file,) = (workdir / "attribution").rglob("attribution.json")
    from_landings = command("plan", *arguments, "attribution.draws=100", "output=one.json")
    assert from_landings.status == 0, from_landings
    assert "by journeys" in from_landings.out
    from_file = command("plan", *arguments, f"objective.attribution={file}", "output=two.json")
    assert from_file.status == 0, from_file
    one, two = (json.loads((workdir / name).read_text()) for name in ("one.json", "two.json"))
    assert one["totals"] == two["totals"]
    assert one["totals"]["journey_conversions"]["mean"] > 0


def test_a_backtest_writes_scores_and_a_figure(
    command: Command, export_folder: Path, workdir: Path
) -> None:
    arguments = [*SMALL, f"data.path={export_folder}", "backtest.first=40", "backtest.horizon=10"]
    result = command("backtest", *arguments, "calibration.held_out=1", "output=out")
    assert result.status == 0, result
    content = json.loads((workdir / "out" / "backtest.json").read_text())
    assert [origin["days_known"] for origin in content["origins"]] == [40]
    assert content["latest"]["days_known"] == 50
    for name in ("backtest.png", "backtest.md"):
        assert (workdir / "out" / name).stat().st_size > 300
    verdict, *remarks = content["remarks"]
    assert verdict[:20] in result.out
    assert f"All {len(remarks)} are in out/backtest.json" in result.out


def test_a_recovery_study_writes_its_table(command: Command, workdir: Path) -> None:
    row = (
        "{spend: 800, cpc: 1.5, cvr: .03, order: 90, order_sd: .3, ctr: .01, dispersion: .05, "
        "level_sd: .03}"
    )
    campaigns = "{" + ", ".join(f"{n}: {row}" for n in ("google/Search Network", "meta")) + "}"
    arguments = [
        *SMALL, "calibration.held_out=1", "study.forms=[hill]", "study.advertisers=1",
        "study.workers=1", "env.days=5", "constraints.total=9000", "solver.iterations=5",
        "solver.draws=8", "advertiser.days=40", "~advertiser.campaigns",
        f"+advertiser.campaigns={campaigns}", "data.channels=[google,meta]", "output=out",
    ]  # fmt: skip
    result = command("recovery", *arguments)
    assert result.status == 0, result
    content = json.loads((workdir / "out" / "recovery.json").read_text())
    assert [row["form"] for row in content["forms"]] == ["hill"]
    assert len(content["cases"]) == 1
    assert "regret, best steady" in result.out
    assert {path.name for path in (workdir / "out").iterdir()} == {
        "recovery.json", "recovery.md", "recovery.png",
    }  # fmt: skip


MISTAKES = [
    ("backtest", ["backtest.frist=5"], "'first'"),
    ("backtest", ["backtest.first=500"], "backtest: the history has"),
    ("backtest", ["backtest.horizon=0"], "backtest.horizon"),
    ("backtest", ["objective.name=roas"], "objective.name"),
    ("backtest", ["data.path=nowhere"], "nowhere"),
    ("recovery", ["study.advertiser=5"], "'advertisers'"),
    ("recovery", ["study.forms=[hill,weibull]"], "study.forms.1: got 'weibull'"),
    ("recovery", ["study.workers=0"], "study.workers"),
    ("calibrate", ["updat=x"], "updat"),
    ("calibrate", ["update=nowhere"], "nowhere"),
    ("calibrate", ["objective.name=roas"], "objective.name"),
    ("calibrate", ["priors.evidence=[{campaign: x, spend: 5, sd: 1, elasticity: .5}]"], "'x'"),
    ("calibrate", ["priors.evidence=[{campaign: meta, spend: 5, sd: 1}]"], "lift test"),
    ("calibrate", ["priors.pooling.advertiser=1"], "priors.pooling"),
    ("plan", ["objective=journeys", "objective.attribution=nowhere.json"], "nowhere.json"),
]


@pytest.mark.parametrize(("name", "overrides", "fragment"), MISTAKES)
def test_a_mistake_is_reported_in_one_line_and_writes_nothing(
    command: Command, workdir: Path, name: str, overrides: list[str], fragment: str
) -> None:
    assert fragment in command(name, *overrides).error
    files = [path for path in workdir.rglob("*") if path.is_file() and ".hydra" not in path.parts]
    assert files == []
