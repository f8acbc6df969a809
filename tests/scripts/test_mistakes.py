"""A user's mistake ends a command with status 2 and one readable error, and writes nothing."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hydra
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from mediagym.agents.setup import prepare
from mediagym.data.errors import MediaGymError
from mediagym.scripts import plan
from mediagym.scripts.cli import launch

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every mistake is found before a calibration."""

    def calibrate(*_: Any) -> None:
        raise AssertionError("calibrated before the mistake was found")

    monkeypatch.setattr(sys.modules[prepare.__module__], "calibrate", calibrate)


MISTAKES = {
    "an unknown key": (["constraints.totl=5"], ["totl", "Did you mean 'total'"]),
    "an unknown group": (["budget=5"], ["budget"]),
    "an unknown agent": (["agent=sarsa"], ["agent/sarsa", "greedy", "static", "ppo"]),
    "no agent": (["~agent"], ["agent", "no value"]),
    "no constraints": (["~constraints"], ["constraints", "no value"]),
    "text for a number": (["evaluation.markets=many"], ["evaluation.markets", "many"]),
    "text for dollars": (["constraints.total=lots"], ["total", "lots"]),
    "negative dollars": (["constraints.total=-5"], ["total", "-5"]),
    "no days": (["env.days=0"], ["env.days"]),
    "no threads": (["threads=0"], ["threads"]),
    "threads in words": (["threads=many"], ["threads", "many"]),
    "a negative seed": (["seed=-1"], ["seed", "-1"]),
    "no cache": (["cache=null"], ["cache"]),
    "no output": (["output=null"], ["output"]),
    "a number for a group": (["env=5"], ["Config group override"]),
    "a group for a number": (["seed={a: 1}"], ["error: seed: got"]),
    "a baseline that is none": (["baselines=[greddy]"], ["baselines", "greddy", "'greedy'"]),
    "one baseline without a list": (["baselines=greedy"], ["baselines", "list"]),
    "not a number": (["priors.conversions_sd=nan"], ["priors.conversions_sd"]),
    "no folder": (["data.path=not/here"], ["not/here"]),
    "no path": (["data.path=null"], ["data.path"]),
    "a file for a folder": (["data.path=file"], ["file"]),
    "an empty folder": (["data.path=empty"], ["googleads-performance.csv"]),
    "an unknown channel": (["data.channels=[tv]"], ["tv"]),
    "floors above the total": (
        ["constraints.channel.floor=50%"],
        ["floors of the channels", "$300,000"],
    ),
    "a floor above the cap": (
        ["constraints.channels={google: {floor: 50%, cap: 20%}}"],
        ["google", "cap"],
    ),
    "a campaign that is none": (
        ["constraints.campaigns={google/TikTok: {off: true}}"],
        ["google/TikTok", "google/YouTube"],
    ),
    "a daily cap that cannot be met": (
        ["constraints.campaign.daily_cap=$1"],
        ["cap"],
    ),
    "more held out than drawn": (["calibration.held_out=5000"], ["held_out", "5000"]),
    "an interpolation to nowhere": (["data.path=${nowhere}"], ["nowhere"]),
    "a broken override": (["constraints.total="], []),
    "not an override": (["total"], ["total"]),
    "a learner without steps": (
        ["agent=ppo", "agent.total_timesteps=-1"],
        ["agent.total_timesteps"],
    ),
}


@pytest.mark.parametrize(("overrides", "fragments"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_in_one_line(
    command: Callable[..., Any],
    place: Path,
    overrides: list[str],
    fragments: list[str],
) -> None:
    (place / "empty").mkdir()
    (place / "file").write_text("")
    before = sorted(place.rglob("*"))
    ended = command("plan", *overrides)
    for fragment in fragments:
        assert fragment in ended.error
    assert 30 < len(ended.error) < 1200
    assert sorted(place.rglob("*")) == before


OTHERS = [
    ("train", ["agent=static"], "agent.name"),
    ("train", ["seed=x"], "seed"),
    ("train", ["data.path=nowhere"], "nowhere"),
    ("train", ["baselines=[ppo]"], "baselines"),
    ("evaluate", ["policies=[]"], "policies"),
    ("evaluate", ["policies=greedy"], "policies"),
    ("calibrate", ["~data"], "data"),
    ("calibrate", ["calibration.draws=0"], "calibration.draws"),
    ("synthesize", ["path=x", "days=3"], "days"),
    ("synthesize", [], "path"),
]


@pytest.mark.parametrize(("name", "overrides", "fragment"), OTHERS)
def test_every_command_tells_its_mistakes(
    command: Callable[..., Any], place: Path, name: str, overrides: list[str], fragment: str
) -> None:
    assert fragment in command(name, *overrides).error
    left = [path for path in place.rglob("*") if path.is_file() and ".hydra" not in path.parts]
    assert left == []


def test_a_run_folder_that_cannot_be_made_is_told(command: Callable[..., Any], place: Path) -> None:
    (place / "file").write_text("in the way")
    assert "file" in command("calibrate", "hydra.run.dir=file/run").error


@pytest.fixture(scope="module")
def config() -> DictConfig:
    """The configuration of scripts/plan.py."""
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return compose("plan")


def test_a_malformed_export_is_told_in_one_line_and_no_plan_is_written(
    malformed: Any,
    export_folder: Path,
    config: DictConfig,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # composing once: only what comes after it differs
    given = config.copy()
    given.data.path = str(export_folder)
    given.output = str(place / "plan.json")
    monkeypatch.setattr(hydra, "main", lambda **_: lambda main: lambda: main(given))
    malformed.mutate(export_folder)
    with pytest.raises(SystemExit) as ended:
        plan.run()
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    for fragment in malformed.fragments:
        assert fragment in error
    assert list(place.iterdir()) == []


def test_a_program_s_own_fault_keeps_its_traceback(
    config: DictConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hydra, "main", lambda **_: lambda main: lambda: main(config))

    def fault(_: DictConfig) -> None:
        raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="a fault"):
        launch(fault, "plan")


def test_an_interruption_is_no_error(
    config: DictConfig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hydra, "main", lambda **_: lambda main: lambda: main(config))

    def stopped(_: DictConfig) -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        launch(stopped, "plan")
    assert ended.value.code == 130
    assert capsys.readouterr().err.strip() == "interrupted"


def test_any_error_of_ours_is_told(
    config: DictConfig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hydra, "main", lambda **_: lambda main: lambda: main(config))

    def mistaken(_: DictConfig) -> None:
        raise MediaGymError("this and that")

    with pytest.raises(SystemExit) as ended:
        launch(mistaken, "plan")
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: this and that\n"
