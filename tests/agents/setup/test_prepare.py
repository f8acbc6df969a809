import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.plans import acting, plan_of
from mediagym.agents.policies import BASELINES, BaselineSettings, baseline
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.setup import ExperimentConfig, candidates_of, prepare
from mediagym.data.errors import ConfigError, DataError, MediaGymError
from mediagym.data.storage import read_arrays, read_json, write_arrays, write_json

Config = Callable[..., dict[str, Any]]


def _say(lines: list[str]) -> Callable[[str], None]:
    return lines.append


def _prepare(config: dict[str, Any]) -> tuple[Experiment, list[str]]:
    lines: list[str] = []
    return prepare(ExperimentConfig.read(config), _say(lines)), lines


def _calibrated(lines: list[str]) -> bool:
    return any("saved in" in line for line in lines)


def test_a_calibration_is_found_again_for_equal_content(config: Config, tmp_path: Path) -> None:
    one, first = _prepare(config())
    two, second = _prepare(config())
    assert _calibrated(first)
    assert not _calibrated(second)
    assert any("found in" in line for line in second)
    assert one.posterior.fingerprint() == two.posterior.fingerprint()
    np.testing.assert_array_equal(one.problem.static_plan, two.problem.static_plan)
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_the_same_data_in_another_folder_is_found_too(
    config: Config, export_folder: Path, tmp_path: Path
) -> None:
    _prepare(config())
    moved = export_folder.rename(tmp_path / "moved")
    again = config()
    again["data"]["path"] = str(moved)
    assert not _calibrated(_prepare(again)[1])


def test_changed_data_are_calibrated_anew(config: Config, export_folder: Path) -> None:
    one, _ = _prepare(config())
    path = export_folder / "metaads-performance.csv"
    rows = path.read_text().splitlines()
    cells = rows[5].split(",")
    cells[5] = str(float(cells[5]) + 20)  # conversions
    path.write_text("\n".join([*rows[:5], ",".join(cells), *rows[6:]]) + "\n")
    two, lines = _prepare(config())
    assert _calibrated(lines)
    assert one.posterior.fingerprint() != two.posterior.fingerprint()


@pytest.mark.parametrize(
    ("group", "change"),
    [
        ("priors", {"conversions_sd": 1.4}),
        ("priors", {"level_half_life": {"median": 50, "sd": 0.7}}),
        ("calibration", {"seed": 1}),
        ("calibration", {"mcmc_steps": 2}),
    ],
)
def test_other_beliefs_or_sizes_are_calibrated_anew(
    config: Config, group: str, change: dict[str, Any]
) -> None:
    base = config()
    _prepare(base)
    changed = config()
    changed[group] = {**changed[group], **change}
    assert _calibrated(_prepare(changed)[1])


def test_what_the_calibration_does_not_depend_on_does_not_repeat_it(config: Config) -> None:
    _prepare(config())
    other = config(constraints={"total": 50_000}, evaluation={"seed": 9})
    experiment, lines = _prepare(other)
    assert not _calibrated(lines)
    assert experiment.problem.static_plan.sum() == pytest.approx(50_000)


def test_another_budget_is_planned_anew(config: Config, tmp_path: Path) -> None:
    one, two = (_prepare(config(constraints={"total": t}))[0] for t in (50_000, 60_000))
    assert one.problem.static_plan.sum() != two.problem.static_plan.sum()
    (folder,) = (tmp_path / "cache").iterdir()
    assert len(list(folder.glob("static-*.npz"))) == 2


def _zeros(path: Path) -> None:
    write_arrays(path, {name: 0 * array for name, array in read_arrays(path).items()})


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("posterior.npz", lambda path: path.write_bytes(b"half a file")),
        ("posterior.npz", _zeros),
        ("posterior.json", lambda path: write_json(path, [])),
        ("posterior.json", lambda path: path.unlink()),
        ("seal.json", lambda path: path.unlink()),
    ],
    ids=["truncated", "zeros", "a list", "missing", "old form"],
)
def test_a_broken_calibration_is_made_anew_and_said(
    config: Config,
    tmp_path: Path,
    name: str,
    damage: Callable[[Path], Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, _ = _prepare(config())
    (folder,) = (tmp_path / "cache").iterdir()
    damage(folder / name)
    assert capsys.readouterr().err == ""
    again, lines = _prepare(config())
    assert _calibrated(lines)
    assert again.posterior.fingerprint() == first.posterior.fingerprint()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"note: cache entry {folder}: ")
    assert not _calibrated(_prepare(config())[1])
    assert capsys.readouterr().err == ""


def test_a_sealed_entry_that_is_no_calibration_is_made_anew(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _prepare(config())
    (folder,) = (tmp_path / "cache").iterdir()
    seal = read_json(folder / "seal.json")
    text = write_json(folder / "posterior.json", {"version": 2}).read_bytes()
    seal["sha256"]["posterior.json"] = hashlib.sha256(text).hexdigest()
    write_json(folder / "seal.json", seal)
    assert _calibrated(_prepare(config())[1])
    assert "is not a calibration" in capsys.readouterr().err


def test_a_static_plan_put_in_by_hand_is_not_believed(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = _prepare(config())[0].problem.static_plan
    ((path),) = (tmp_path / "cache").rglob("static-*.npz")
    for arrays in ({"plan": 0 * plan}, {**read_arrays(path), "plan": 0 * plan}):
        write_arrays(path, arrays)
        np.testing.assert_array_equal(_prepare(config())[0].problem.static_plan, plan)
        assert capsys.readouterr().err.count(f"note: cache entry {path}: ") == 1
    _prepare(config())
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("place", ["file", "file/cache", "locked", "locked/cache"])
def test_a_cache_that_cannot_be_written_is_refused_before_a_calibration(
    config: Config, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked").chmod(0o500)

    def denied(*_: Any, **__: Any) -> None:  # as for users other than root
        raise PermissionError(13, "Permission denied")

    def slow(*_: Any) -> None:
        raise AssertionError("calibrated before the cache was looked at")

    if place.startswith("locked"):
        monkeypatch.setattr("mediagym.data.cache.tempfile.TemporaryFile", denied)
    monkeypatch.setattr(sys.modules[prepare.__module__], "calibrate", slow)
    with pytest.raises(DataError, match="cannot be written") as caught:
        _prepare(config(cache=str(tmp_path / place)))
    assert str(caught.value).startswith(f"cache={tmp_path / place}: ")
    assert "\n" not in str(caught.value)


def test_a_cache_that_may_only_be_read_serves_what_it_holds(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _prepare(config())

    def refuse(folder: Path) -> None:
        raise AssertionError(f"{folder}: written without need")

    monkeypatch.setattr(sys.modules[prepare.__module__], "require_writable", refuse)
    assert not _calibrated(_prepare(config())[1])


MISTAKES: dict[str, dict[str, Any]] = {
    "env": {"env": {"days": 0}},
    "solver": {"solver": {"iterations": 0}},
    "evaluation": {"evaluation": {"markets": 0}},
    "priors": {"priors": {"conversions_sd": -1}},
    "calibration": {"calibration": {"ess_target": 2}},
    "constraints": {"constraints": {"total": -5}},
    "objective": {"objective": {"name": "fame", "margin": 1}},
    "agent": {"agent": {"name": "sarsa"}},
    "learner": {"agent": {"name": "ppo", "total_timesteps": -1}},
    "infeasible": {"constraints": {"channel": {"floor": "50%"}}},
    "unknown campaign": {"constraints": {"campaigns": {"google/TikTok": {"off": True}}}},
}


@pytest.mark.parametrize("change", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_found_before_anything_slow_runs(
    config: Config, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def slow(*_: Any) -> None:
        raise AssertionError("calibrated before the configuration was checked")

    monkeypatch.setattr(sys.modules[prepare.__module__], "calibrate", slow)
    made = config()
    for group, keys in change.items():
        made[group] = {**made[group], **keys}
    with pytest.raises(MediaGymError) as caught:
        _prepare(made)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "cache").exists()


def test_the_notes_on_the_data_reach_the_plan(
    config: Config, export_folder: Path, exports: Any
) -> None:
    exports.write_landings(export_folder)
    experiment, _ = _prepare(config())
    plan = plan_of(experiment, baseline("static", experiment), [])
    assert experiment.notes
    assert plan.notes == experiment.notes


def test_an_unknown_policy_is_refused_with_those_that_are_known(experiment: Experiment) -> None:
    with pytest.raises(ConfigError, match="'greddy' is not known") as caught:
        baseline("greddy", experiment)
    for name in BASELINES:
        assert name in str(caught.value)
    with pytest.raises(ConfigError, match="not known"):
        candidates_of(["static", "no/such/folder"], experiment)


def test_a_policy_given_twice_is_refused(experiment: Experiment) -> None:
    with pytest.raises(ConfigError, match="twice"):
        candidates_of(["static", "greedy", "static"], experiment)


def test_baselines_come_in_the_order_they_are_named(experiment: Experiment) -> None:
    names = ["static", "greedy", "roas", "uniform"]  # neither the registry's order nor the alphabet
    entrants = candidates_of(names, experiment)
    assert [entrant.name for entrant in entrants] == names
    assert [entrant.policies[0].name for entrant in entrants] == names


def test_a_plan_is_asked_of_a_run_a_baseline_or_a_learner(
    experiment: Experiment, tmp_path: Path
) -> None:
    static = replace(experiment, agent=BaselineSettings(name="static"))
    assert isinstance(acting(static, None, 0), PlanPolicy)
    with pytest.raises(ConfigError, match="holds no trained policy"):
        acting(static, str(tmp_path), 0)


def test_a_learner_is_trained_where_its_plan_is_asked_for(
    experiment: Experiment, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = acting(experiment, None, 0)
    assert policy.name == "ppo"
    assert not policy.open_loop
    assert capsys.readouterr().out == ""


def test_rivals_do_not_change_a_plan(experiment: Experiment) -> None:
    policies = [baseline(name, experiment) for name in ("static", "greedy")]
    alone, beside = (plan_of(experiment, policies[0], rivals) for rivals in ([], policies))
    np.testing.assert_array_equal(alone.cents, beside.cents)
    assert alone.baselines == {}
    assert set(beside.baselines) == {"greedy"}
