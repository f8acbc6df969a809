"""User errors end a command with status 2 and one line of error, before anything is written."""

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
def no_calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if a calibration starts: every mistake must be found before."""

    def calibrate(*_: Any) -> None:
        raise AssertionError("calibrated before the mistake was found")

    monkeypatch.setattr(sys.modules[prepare.__module__], "calibrate", calibrate)


MISTAKES = {
    "an unknown key": (["constraints.totl=5"], ["totl", "Did you mean 'total'"]),
    "an unknown group": (["budget=5"], ["budget"]),
    "an unknown agent": (
        ["agent=sarsa"],
        ["agent: 'sarsa' is not known", "greedy", "static", "ppo"],
    ),
    "a misspelt agent": (["agent=statc"], ["Did you mean 'static'?"]),
    "an agent's former name": (["agent=cem"], ["'cem' is now called 'cma'", "agent=cma"]),
    "a baseline's former name": (["baselines=[cem]"], ["'cma'"]),
    "a key's former name": (["calibration.keep=.5"], ["calibration.ess_target"]),
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
    "an unknown baseline": (["baselines=[greddy]"], ["baselines", "greddy", "'greedy'"]),
    "one baseline without a list": (["baselines=greedy"], ["baselines", "list"]),
    "not a number": (["priors.conversions_sd=nan"], ["priors.conversions_sd"]),
    "no folder": (["data.path=not/here"], ["not/here"]),
    "no path": (["data.path=null"], ["data.path"]),
    "a file for a folder": (["data.path=file"], ["file"]),
    "an empty folder": (["data.path=empty"], ["no export was found", "contains nothing"]),
    "an unknown channel": (["data.channels=[tv]"], ["tv"]),
    "floors above the total": (
        ["constraints.channel.floor=50%"],
        ["floors of the channels", "$300,000"],
    ),
    "a floor above the cap": (
        ["constraints.channels={google: {floor: 50%, cap: 20%}}"],
        ["google", "cap"],
    ),
    "an unknown campaign": (
        ["constraints.campaigns={google/TikTok: {off: true}}"],
        ["google/TikTok", "google/YouTube"],
    ),
    "a daily cap that cannot be met": (
        ["constraints.campaign.daily_cap=$1"],
        ["cap"],
    ),
    "more held-out markets than draws": (["calibration.held_out=5000"], ["held_out", "5000"]),
    "an unknown interpolation": (["data.path=${nowhere}"], ["nowhere"]),
    "a broken override": (["constraints.total="], []),
    "not an override": (["total"], ["total"]),
    "a learner without steps": (
        ["agent=ppo", "agent.total_timesteps=-1"],
        ["agent.total_timesteps"],
    ),
}


@pytest.mark.parametrize(("overrides", "fragments"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_of_error_and_writes_nothing(
    command: Callable[..., Any],
    workdir: Path,
    overrides: list[str],
    fragments: list[str],
) -> None:
    (workdir / "empty").mkdir()
    (workdir / "file").write_text("")
    before = sorted(workdir.rglob("*"))
    result = command("plan", *overrides)
    for fragment in fragments:
        assert fragment in result.error
    assert 30 < len(result.error) < 1200
    assert sorted(workdir.rglob("*")) == before


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
def test_every_command_reports_mistakes_in_one_line_and_writes_nothing(
    command: Callable[..., Any], workdir: Path, name: str, overrides: list[str], fragment: str
) -> None:
    assert fragment in command(name, *overrides).error
    files = [path for path in workdir.rglob("*") if path.is_file() and ".hydra" not in path.parts]
    assert files == []


@pytest.mark.parametrize(
    "name", ["plan", "calibrate", "train", "evaluate", "score", "recovery", "pilots", "black_box"]
)
def test_constraints_that_no_data_make_right_are_refused_before_any_data_are_read(
    command: Callable[..., Any], workdir: Path, name: str
) -> None:
    (workdir / "mine.csv").write_text("Date,meta\n2024-07-01,5\n")
    own = {"score": ["plan=mine.csv"]}.get(name, [])
    data = [] if name in ("recovery", "pilots", "black_box") else ["data.path=not/here"]
    for word, key in (
        ("constraints.total=-1", "constraints.total: -1"),
        ("constraints.channel={floor: 20%, cap: 10%}", "constraints.channel.floor: '20%'"),
        ("constraints.steadiness=80%", "constraints.steadiness: '80%'"),
    ):
        assert key in command(name, *own, *data, word).error


def test_a_run_folder_that_cannot_be_created_is_one_line_of_error(
    command: Callable[..., Any], workdir: Path
) -> None:
    (workdir / "file").write_text("in the way")
    assert "file" in command("calibrate", "hydra.run.dir=file/run").error


@pytest.fixture(scope="module")
def config() -> DictConfig:
    """The configuration of scripts/plan.py."""
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return compose("plan")


def test_a_malformed_export_is_one_line_of_error_and_no_plan_is_written(
    malformed: Any,
    export_folder: Path,
    config: DictConfig,
    workdir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # composed once for all cases, as only the export differs
    edited = config.copy()
    edited.data.path = str(export_folder)
    edited.output = str(workdir / "plan.json")
    monkeypatch.setattr(hydra, "main", lambda **_: lambda main: lambda: main(edited))
    malformed.mutate(export_folder)
    with pytest.raises(SystemExit) as exit_info:
        plan.run()
    assert exit_info.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    for fragment in malformed.fragments:
        assert fragment in error
    assert list(workdir.iterdir()) == []


def test_any_other_exception_keeps_its_traceback_and_asks_for_a_report(
    config: DictConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hydra, "main", lambda **_: lambda main: lambda: main(config))

    def fail(_: Any) -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug") as caught:
        launch(fail, dict, "plan")
    assert any("issue tracker" in note for note in caught.value.__notes__)


def test_an_interruption_exits_with_status_130_and_one_word(
    config: DictConfig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hydra, "main", lambda **_: lambda main: lambda: main(config))

    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as exit_info:
        launch(interrupt, dict, "plan")
    assert exit_info.value.code == 130
    assert capsys.readouterr().err.strip() == "interrupted"


def test_an_error_of_the_package_is_printed_as_it_is(
    config: DictConfig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hydra, "main", lambda **_: lambda main: lambda: main(config))

    def fail(_: Any) -> None:
        raise MediaGymError("a message")

    with pytest.raises(SystemExit) as exit_info:
        launch(fail, dict, "plan")
    assert exit_info.value.code == 2
    assert capsys.readouterr().err == "error: a message\n"
