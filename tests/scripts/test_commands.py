"""Commands end to end on a tiny synthetic advertiser, in process and from a shell."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml

from mediagym.agents import setup
from mediagym.agents.evaluation.tensorboard_runs import TRAINING
from mediagym.agents.plans.document import SCHEMA
from mediagym.agents.plans.read import read_plan
from mediagym.envs.calibration import load_posterior

ROOT = Path(__file__).parents[2]
Command = Callable[..., Any]
LEARNER = [
    "agent.warm.iterations=2",
    "agent.warm.flights=4",
    "agent.total_timesteps=120",
    "agent.n_envs=4",
    "agent.batch_size=60",
    "agent.n_epochs=1",
    "agent.net_arch=[8]",
    "agent.validation=6",
    "agent.checks=1",
]


@pytest.fixture
def advertiser(command: Command, workdir: Path) -> Path:
    """Folder written by the command `synthesize`."""
    arguments = ["path=brand", "days=60", "landings=500", "seed=4"]
    assert command("synthesize", *arguments).status == 0
    return workdir / "brand"


def _shell(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our commands
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False
    )


def _validated(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(content)
    return dict(content)


@pytest.mark.slow
def test_the_commands_lead_from_exports_to_the_plan_of_a_trained_policy(
    command: Command, advertiser: Path, toy: list[str], workdir: Path
) -> None:
    arguments = [*toy, "data.path=brand"]

    calibrated = command("calibrate", *arguments, "hydra.run.dir=calibrated")
    assert calibrated.status == 0, calibrated
    posterior = load_posterior(workdir / "calibrated")
    assert "elasticity" in calibrated.out
    (cached,) = (workdir / "outputs" / "cache").iterdir()
    assert load_posterior(cached).fingerprint() == posterior.fingerprint()

    trained = command("train", *arguments, *LEARNER, "baselines=[static]", "hydra.run.dir=trained")
    assert trained.status == 0, trained
    run = {path.name for path in (workdir / "trained").iterdir()}
    assert run >= {
        "policy.safetensors", "policy.json", "run.json", "plan.json", "plan.png", "response.png",
        "evaluation.json", "evaluation.md", "evaluation.png", "profiles.png", "differences.png",
        "tensorboard",
    }  # fmt: skip
    assert (workdir / "trained" / "tensorboard" / TRAINING).is_dir()
    assert list((workdir / "outputs" / "cache").glob("posterior-*")) == [cached]  # cached

    weights = (workdir / "trained" / "policy.safetensors").read_bytes()
    (workdir / "trained" / "policy.safetensors").unlink()
    run_file = workdir / "trained" / "run.json"
    stored = json.loads(run_file.read_text())
    lured = {"cache": str(workdir / "lured"), "references_dir": str(workdir / "lured")}
    run_file.write_text(json.dumps({**stored, **lured}))
    resumed = command("train", "resume=trained")
    assert resumed.status == 0, resumed
    assert (workdir / "trained" / "policy.safetensors").read_bytes() == weights
    assert (workdir / "trained" / ".hydra" / "resumed").is_dir()
    elsewhere = command("train", "resume=trained", "hydra.run.dir=elsewhere")
    assert "a run goes on in its own" in elsewhere.error
    assert not (workdir / "outputs" / "train").exists()  # only the run folder is written
    assert not (workdir / "lured").exists()
    assert list((workdir / "trained" / "cache").glob("posterior-*"))

    policies = "policies=[greedy,static,trained]"
    evaluated = command("evaluate", *arguments, policies, "hydra.run.dir=evaluated")
    assert evaluated.status == 0, evaluated
    (task,) = json.loads((workdir / "evaluated" / "evaluation.json").read_text())["tasks"]
    rows = {row["name"]: row for row in task["policies"]}
    assert list(rows) == ["greedy", "static", "ppo", "clairvoyant"]
    (training,) = json.loads((workdir / "trained" / "evaluation.json").read_text())["tasks"]
    assert rows["ppo"]["value"] == next(
        row["value"] for row in training["policies"] if row["name"] == "ppo"
    )
    for row in rows.values():
        assert row["violations"] == row["cents_off"] == 0
        assert row["best"] <= 100 + 1e-6

    planned = command("plan", *arguments, "policy=trained", "output=my/plan.json")
    assert planned.status == 0, planned
    content = _validated(workdir / "my" / "plan.json")
    assert content["policy"] == "ppo"
    trained_plan = json.loads((workdir / "trained" / "plan.json").read_text())
    assert {**content, "baselines": []} == {**trained_plan, "baselines": []}
    assert [row["policy"] for row in content["baselines"]] == [
        "uniform", "historical", "greedy", "static", "proportional", "follow",
    ]  # fmt: skip
    constraints, cents = read_plan(workdir / "my" / "plan.json", posterior)
    assert cents.sum() == constraints.total_cents == 20_000_000
    last = np.datetime64("2024-01-01") + 59
    assert content["flight"]["start"] == str(last + 1)
    assert "my/plan.json" in planned.out


def test_a_plan_honours_its_constraints_and_objective(
    command: Command, export_folder: Path, toy: list[str], workdir: Path
) -> None:
    arguments = [
        f"data.path={export_folder}",
        "constraints.total=30000",
        "constraints.channels={google: {cap: 50%}}",
        "constraints.campaigns={google/YouTube: {off: true}, meta: {fixed: $6000}}",
        "constraints.campaign.floor=1%",
        "objective=revenue",
        "env.days=10",
        "agent=greedy",
        "baselines=[static]",
    ]
    assert command("plan", *toy, *arguments).status == 0
    assert sorted(path.name for path in workdir.iterdir()) == ["outputs", "plan.html", "plan.json"]
    content = _validated(workdir / "plan.json")
    assert content["objective"] == "revenue"
    assert len(content["days"]) == 10
    channels = {row["channel"]: row["budget"] for row in content["channels"]}
    assert channels["google"] <= 15_000
    assert channels["meta"] == 6_000
    budgets = {(r["channel"], r["campaign_type"]): r["budget"] for r in content["campaigns"]}
    assert budgets[("google", "YouTube")] == 0
    assert sum(budgets.values()) == pytest.approx(30_000)


def test_the_same_command_writes_the_same_bytes(
    command: Command, export_folder: Path, toy: list[str], workdir: Path
) -> None:
    for name, cache in (("one.json", "a"), ("two.json", "b")):
        arguments = [f"data.path={export_folder}", f"output={name}", f"cache={cache}"]
        assert command("plan", *toy, *arguments).status == 0
    assert (workdir / "one.json").read_bytes() == (workdir / "two.json").read_bytes()


def test_an_unwritable_output_is_one_line_of_error_and_leaves_no_file(
    command: Command, export_folder: Path, toy: list[str], workdir: Path
) -> None:
    (workdir / "file").write_text("in the way")
    result = command("plan", *toy, f"data.path={export_folder}", "output=file/plan.json")
    assert "cannot be written" in result.error
    assert (workdir / "file").read_text() == "in the way"


@pytest.mark.parametrize(
    ("overrides", "fragments"),
    [
        (["policy=nowhere"], ["nowhere", "no trained policy"]),
        (["policy=model.zip"], ["model.zip", "is a file"]),
        (["agent=ppo", *LEARNER, "agent.validation=500"], ["agent.validation: 500 markets", "24"]),
    ],
)
def test_a_mistake_found_after_calibration_is_one_line_of_error(
    command: Command,
    export_folder: Path,
    toy: list[str],
    workdir: Path,
    overrides: list[str],
    fragments: list[str],
) -> None:
    (workdir / "model.zip").write_text("not a policy")
    result = command("plan", *toy, f"data.path={export_folder}", *overrides)
    for fragment in fragments:
        assert fragment in result.error
    assert not (workdir / "plan.json").exists()


@pytest.mark.parametrize(
    ("overrides", "fragment"),
    [
        (["resume=nowhere"], "'nowhere' holds no training run (run.json)"),
        (["agent=greedy"], "agent.name: 'greedy' is not a learner"),
    ],
)
def test_training_refuses_a_missing_run_and_a_baseline(
    command: Command, overrides: list[str], fragment: str
) -> None:
    assert fragment in command("train", *overrides).error


def test_an_unknown_policy_to_evaluate_is_refused_with_the_known_ones(
    command: Command, export_folder: Path, toy: list[str]
) -> None:
    result = command("evaluate", *toy, f"data.path={export_folder}", "policies=[static,ppo2]")
    assert "'ppo2' is not known" in result.error
    assert "greedy" in result.error


def test_synthesize_writes_the_same_exports_from_the_same_seed(
    advertiser: Path, command: Command, workdir: Path
) -> None:
    names = {path.name for path in advertiser.iterdir()}
    assert names == {
        "googleads-performance.csv", "metaads-performance.csv", "microsoftads-performance.csv",
        "website-landings.csv", "truth.json",
    }  # fmt: skip
    again = command("synthesize", "path=again", "days=60", "landings=500", "seed=4")
    assert again.status == 0
    assert len(again.out.splitlines()) == len(names)
    for name in names:
        assert (workdir / "again" / name).read_bytes() == (advertiser / name).read_bytes()
    assert sorted(path.name for path in workdir.iterdir()) == ["again", "brand"]


def test_notes_with_brackets_are_printed_verbatim_and_paths_are_not_broken(
    command: Command, export_folder: Path, toy: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = setup.prepare
    note = "[red]a note[/] on [google]"

    def prepare_with_note(*arguments: Any) -> Any:
        return replace(prepare(*arguments), notes=(note,))

    monkeypatch.setattr(setup, "prepare", prepare_with_note)
    output = "output=" + "long" * 50 + ".json"
    result = command("plan", *toy, f"data.path={export_folder}", output)
    assert result.status == 0
    assert note in result.out
    assert "long" * 50 + ".json" in result.out


def test_cfg_job_prints_the_configuration_and_writes_nothing(tmp_path: Path) -> None:
    result = _shell(str(ROOT / "scripts" / "plan.py"), "--cfg", "job", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    config = yaml.safe_load(result.stdout)
    assert config["constraints"]["total"] == 200_000
    assert config["agent"]["name"] == "static"
    assert list(tmp_path.iterdir()) == []


def test_in_a_shell_a_mistake_is_one_line_of_error_and_status_two(tmp_path: Path) -> None:
    result = _shell(str(ROOT / "scripts" / "plan.py"), "constraints.totl=5", folder=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_in_a_shell_a_plan_is_written_and_stderr_is_empty(
    export_folder: Path, toy: list[str], tmp_path: Path
) -> None:
    words = [str(ROOT / "scripts" / "plan.py"), *toy, f"data.path={export_folder}"]
    result = _shell(*words, f"cache={tmp_path / 'cache'}", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    _validated(tmp_path / "plan.json")


def test_tasks_compared_together_make_one_document(command: Command, workdir: Path) -> None:
    arguments = ["policies=[historical,static]", "evaluation.markets=4", "evaluation.resamples=100"]
    result = command("evaluate", "task=[Stationary-S,Shock-S]", *arguments, "output=both")
    assert result.status == 0, result
    tasks = json.loads((workdir / "both" / "evaluation.json").read_text())["tasks"]
    assert [task["id"] for task in tasks] == ["mediagym/Stationary-S-v1", "mediagym/Shock-S-v1"]
    for task in tasks:
        assert {row["name"] for row in task["policies"]} == {"historical", "static"}
        assert [(pair["a"], pair["b"]) for pair in task["paired"]] == [("historical", "static")]
        assert f"### {task['id']}, 4 markets" in (workdir / "both" / "evaluation.md").read_text()
        assert task["id"] in result.out
    assert (workdir / "both" / "Shock-S" / "tensorboard" / "static").is_dir()
