"""Sweeps, and the commands on benchmark tasks."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LEARNER = [
    "agent.warm.iterations=1",
    "agent.warm.flights=2",
    "agent.total_timesteps=60",
    "agent.n_envs=2",
    "agent.batch_size=60",
    "agent.n_epochs=1",
    "agent.net_arch=[4]",
    "agent.validation=3",
    "agent.checks=1",
    "evaluation.markets=3",
    "evaluation.resamples=100",
]
Command = Callable[..., Any]


@pytest.mark.slow
def test_a_failed_job_of_a_sweep_does_not_stop_the_others(tmp_path: Path) -> None:
    words = [str(ROOT / "scripts" / "train.py"), "--multirun", "seed=0", "baselines=[static]"]
    words += ["task=Uncertain-S,Uncertain-XS", *LEARNER, "hydra.sweep.dir=sweep"]
    result = subprocess.run(  # noqa: S603  # our command
        [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "'Uncertain-XS' is not known" in result.stderr.splitlines()[-1]
    jobs = sorted(path for path in (tmp_path / "sweep").iterdir() if path.is_dir())
    assert len(jobs) == 2
    for job in jobs:
        overrides = yaml.safe_load((job / ".hydra" / "overrides.yaml").read_text())
        valid = "task=Uncertain-S" in overrides
        assert (job / "evaluation.json").exists() == valid
        assert (job / "policy.json").exists() == valid
        assert not (job / "plan.json").exists()


@pytest.mark.slow
def test_a_trained_policy_is_compared_with_baselines_on_several_tasks(
    command: Command, workdir: Path
) -> None:
    trained = command("train", "task=Uncertain-S", *LEARNER, "hydra.run.dir=run")
    assert trained.status == 0, trained
    assert "benchmark tasks have no advertiser" in trained.out
    assert not (workdir / "outputs" / "cache").exists()  # nothing was calibrated
    arguments = ["evaluation.markets=3", "evaluation.resamples=100", "hydra.run.dir=other"]
    policies = "policies=[greedy,static,seasonal,run]"
    result = command("evaluate", "task=[Uncertain-S,Full-S]", policies, "output=both", *arguments)
    assert result.status == 0, result
    text = "".join(p.read_text() for p in (workdir / "both").rglob("evaluation.json"))
    assert all(f'"{name}"' in text for name in ("greedy", "seasonal", "ppo"))
    assert json.loads(next((workdir / "both").rglob("evaluation.json")).read_text())


MISTAKES = {
    "an unknown size": (["task=Uncertain-XS"], ["Uncertain-XS", "such as Full-M"]),
    "a misspelt task": (["task=Uncertan-M"], ["Did you mean 'Uncertain-M'"]),
    "one of several": (["task=[Full-S,Fool-S]"], ["Fool-S", "Did you mean 'Full-S'"]),
    "a misspelt policy": (["policies=[cmaa]"], ["'cmaa' is not known", "Did you mean 'cma'"]),
    "an unknown learner": (["policies=[static,nobody]"], ["'nobody' is not known"]),
    "another budget": (["constraints.total=5"], ["constraints.total: 5", "brings its own"]),
    "another objective": (["objective=revenue"], ["objective.name", "brings its own"]),
    "other data": (["data.path=here"], ["data.path", "brings its own"]),
    "another length": (["env.days=10"], ["env.days: 10", "30 days"]),
}


@pytest.mark.parametrize(("overrides", "fragments"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_about_a_task_is_one_line_of_error_and_writes_nothing(
    command: Command, workdir: Path, overrides: list[str], fragments: list[str]
) -> None:
    error = command("evaluate", "task=Uncertain-S", *overrides, "output=out").error
    for fragment in fragments:
        assert fragment in error
    assert not (workdir / "out").exists()


def test_a_search_writes_its_trials_and_the_best(command: Command, workdir: Path) -> None:
    arguments = ["task=Uncertain-S", "trials=2", "output=tuned", *LEARNER]
    result = command("tune", *arguments)
    assert result.status == 0, result
    best = json.loads((workdir / "tuned" / "tune.json").read_text())["best"]
    assert best["overrides"] in result.out
    assert len(json.loads((workdir / "tuned" / "tune.json").read_text())["trials"]) == 2
    assert "space.low_std" in command("tune", "+space.low_std={low: 0, high: 1}").error
