"""Sweeps on one machine, and the commands on the tasks of the suite."""

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


def test_a_job_that_fails_leaves_the_others_whole(tmp_path: Path) -> None:
    words = [str(ROOT / "scripts" / "train.py"), "--multirun", "seed=0", "baselines=[static]"]
    words += ["task=Uncertain-S,Uncertain-XS", *LEARNER, "hydra.sweep.dir=sweep"]
    ended = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert "'Uncertain-XS' is not known" in ended.stderr.splitlines()[-1]
    jobs = sorted(path for path in (tmp_path / "sweep").iterdir() if path.is_dir())
    assert len(jobs) == 2
    for job in jobs:
        asked = yaml.safe_load((job / ".hydra" / "overrides.yaml").read_text())
        whole = "task=Uncertain-S" in asked
        assert (job / "evaluation.json").exists() == whole
        assert (job / "policy.json").exists() == whole
        assert not (job / "plan.json").exists()


def test_a_trained_policy_is_compared_with_baselines_on_the_tasks_that_are_named(
    command: Command, place: Path
) -> None:
    trained = command("train", "task=Uncertain-S", *LEARNER, "hydra.run.dir=run")
    assert trained.status == 0, trained
    assert "benchmark tasks have no advertiser" in trained.out
    assert not (place / "outputs" / "cache").exists()  # nothing was calibrated
    few = ["evaluation.markets=3", "evaluation.resamples=100", "hydra.run.dir=other"]
    policies = "policies=[greedy,static,seasonal,run]"
    ended = command("evaluate", "task=[Uncertain-S,Full-S]", policies, "output=both", *few)
    assert ended.status == 0, ended
    text = "".join(p.read_text() for p in (place / "both").rglob("evaluation.json"))
    assert all(f'"{name}"' in text for name in ("greedy", "seasonal", "ppo"))
    assert json.loads(next((place / "both").rglob("evaluation.json")).read_text())


MISTAKES = {
    "a size that is none": (["task=Uncertain-XS"], ["Uncertain-XS", "such as Full-M"]),
    "a task that is near": (["task=Uncertan-M"], ["Did you mean 'Uncertain-M'"]),
    "one of several": (["task=[Full-S,Fool-S]"], ["Fool-S", "Did you mean 'Full-S'"]),
    "a policy that is near": (["policies=[cmaa]"], ["'cmaa' is not known", "Did you mean 'cma'"]),
    "a learner that does not ship": (["policies=[static,nobody]"], ["'nobody' is not known"]),
    "another budget": (["constraints.total=5"], ["constraints.total: 5", "brings its own"]),
    "another objective": (["objective=revenue"], ["objective.name", "brings its own"]),
    "other data": (["data.path=here"], ["data.path", "brings its own"]),
    "another length": (["env.days=10"], ["env.days: 10", "30 days"]),
}


@pytest.mark.parametrize(("overrides", "fragments"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_about_a_task_is_told_in_one_line(
    command: Command, place: Path, overrides: list[str], fragments: list[str]
) -> None:
    error = command("evaluate", "task=Uncertain-S", *overrides, "output=out").error
    for fragment in fragments:
        assert fragment in error
    assert not (place / "out").exists()


def test_a_search_writes_its_best(command: Command, place: Path) -> None:
    few = ["task=Uncertain-S", "trials=2", "output=found", *LEARNER]
    ended = command("tune", *few)
    assert ended.status == 0, ended
    best = json.loads((place / "found" / "tune.json").read_text())["best"]
    assert best["overrides"] in ended.out
    assert len(json.loads((place / "found" / "tune.json").read_text())["trials"]) == 2
    assert "space.low_std" in command("tune", "+space.low_std={low: 0, high: 1}").error
