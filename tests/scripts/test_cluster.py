"""Sweeps and searches on a Slurm of two nodes, by submitit through Hydra's launcher.

Debian's Slurm runs on this machine (`helpers.slurm`); without it the tests are skipped by name.
"""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import slurm
from hydra.errors import MissingConfigException

from mediagym.agents.training.checkpoint import read_state
from mediagym.scripts.cli.cluster import cluster_problem
from mediagym.scripts.cli.launch import _one_line

ROOT = Path(__file__).parents[2]
Command = Callable[..., Any]
TINY = [
    "task=Uncertain-S",
    "baselines=[static]",
    "agent.warm.iterations=1",
    "agent.warm.flights=2",
    "agent.total_timesteps=600",
    "agent.n_envs=2",
    "agent.batch_size=60",
    "agent.n_epochs=2",
    "agent.net_arch=[4]",
    "agent.validation=3",
    "agent.checks=1",
    "agent.checkpoint=0",
    "evaluation.markets=3",
    "evaluation.resamples=100",
]
LONGER = ["seed=7", "agent.total_timesteps=9600"]  # it is killed after the first of 160 checkpoints
SWEEP = ["--multirun", "hydra/launcher=slurm", "hydra.launcher.mem_gb=1"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slurm.Cluster]:
    lacking = slurm.missing()
    if lacking is None and find_spec("submitit") is None:
        lacking = "hydra-submitit-launcher is not installed: the extra `cluster`"
    if lacking is not None:
        pytest.skip(f"no Slurm: {lacking}")
    with slurm.running(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


def _script(name: str) -> list[str]:
    return [sys.executable, str(ROOT / "scripts" / f"{name}.py")]


def _require_equal(run: Path, other: Path) -> None:
    """The weights that were chosen have one hash, and the trainings ended in one state."""
    hashes = [
        hashlib.sha256((folder / "policy.safetensors").read_bytes()).hexdigest()
        for folder in (run, other)
    ]
    assert hashes[0] == hashes[1]
    states = [_plain(read_state(folder / "checkpoint.safetensors")) for folder in (run, other)]
    np.testing.assert_equal(*states)


def _plain(value: Any) -> Any:
    """Return nested containers of tensors and arrays with lists in the place of these."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _wait(process: "subprocess.Popen[str]", until: Callable[[], object]) -> None:
    """Wait for something while a process that brings it about runs."""
    while not until():
        with pytest.raises(subprocess.TimeoutExpired):  # its end would be too early
            process.wait(timeout=0.02)


def test_a_sweep_where_there_is_no_slurm_is_one_line_of_error(
    command: Command, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("submitit")
    monkeypatch.setenv("PATH", str(workdir))
    error = command("train", *SWEEP, *TINY, "seed=0,1", "hydra.sweep.dir=sweep").error
    assert "there is no Slurm here" in error
    assert not list(workdir.rglob("policy.json"))


def test_a_launcher_that_is_not_installed_names_the_extra() -> None:
    error = MissingConfigException("", "hydra/launcher/submitit_slurm", ["basic", "joblib"])
    assert "pip install 'mediagym[cluster]'" in _one_line(error)


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (
            "FailedJobError",
            "sbatch: error: invalid partition: x\nsbatch: ...",
            "(sbatch: error: invalid",
        ),
        ("UncompletedJobError", "Job 3 has not produced any output\nlog: ...", "resume=FOLDER"),
        ("FailedJobError", "Job failed during processing with trace:\n...", None),
    ],
)
def test_what_submitit_raises_is_said_in_one_line(
    kind: str, text: str, message: str | None
) -> None:
    errors = pytest.importorskip("submitit.core.utils")
    said = cluster_problem(getattr(errors, kind)(text))
    assert said is None if message is None else message in said
    assert cluster_problem(RuntimeError(text)) is None


@pytest.mark.slow
def test_seeds_train_on_both_nodes_as_they_do_alone(
    cluster: slurm.Cluster, command: Command, workdir: Path
) -> None:
    words = [*_script("train"), *SWEEP, *TINY, "seed=0,1,2,3", "hydra.sweep.dir=sweep"]
    done = cluster.run(*words, cwd=workdir)
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = cluster.run("scontrol", "--oneliner", "show", "job", cwd=workdir).stdout.splitlines()
    nodes = [word for job in jobs for word in job.split() if word.startswith("NodeList=")]
    assert sorted(nodes) == ["NodeList=n1"] * 2 + ["NodeList=n2"] * 2
    for seed in range(4):
        assert command("train", *TINY, f"seed={seed}", f"hydra.run.dir=alone{seed}").status == 0
        _require_equal(workdir / "sweep" / str(seed), workdir / f"alone{seed}")


@pytest.mark.slow
def test_a_killed_job_is_resumed_on_the_cluster_and_ends_as_if_it_had_not_been(
    cluster: slurm.Cluster, command: Command, workdir: Path
) -> None:
    run = workdir / "sweep" / "0"
    words = [*_script("train"), *SWEEP, *TINY, *LONGER, "hydra.sweep.dir=sweep"]
    process = cluster.start(*words, cwd=workdir)
    try:
        _wait(process, (run / "checkpoint.safetensors").exists)
        job = cluster.run("squeue", "--noheader", "-o", "%i", cwd=workdir).stdout.strip()
        cluster.run("scancel", "--signal=KILL", job, cwd=workdir)
        while cluster.run("squeue", "--noheader", cwd=workdir).stdout:
            time.sleep(0.2)
    finally:  # without accounting it does not notice that its job has ended
        process.terminate()
        process.communicate()
    if (run / "policy.safetensors").exists():
        pytest.skip("the job ended before it was killed")
    assert read_state(run / "checkpoint.safetensors")
    words = [*_script("train"), *SWEEP, "resume=sweep/0"]
    done = cluster.run(*words, cwd=workdir)
    assert done.returncode == 0, done.stdout + done.stderr
    assert command("train", *TINY, *LONGER, "hydra.run.dir=alone").status == 0
    _require_equal(run, workdir / "alone")


@pytest.mark.slow
def test_two_workers_with_ten_trials_each_make_twenty(
    cluster: slurm.Cluster, workdir: Path
) -> None:
    small = [word for word in TINY if not word.startswith("baselines")]
    own = ["agent.total_timesteps=60", "workers=2", "worker=0,1", "trials=20", "output=tuned"]
    done = cluster.run(*_script("tune"), *SWEEP, *small, *own, cwd=workdir)
    assert done.returncode == 0, done.stdout + done.stderr
    trials = json.loads((workdir / "tuned" / "tune.json").read_text())["trials"]
    assert [row["number"] for row in trials] == list(range(20))
    assert len({json.dumps(row["values"]) for row in trials}) == 20
    journal = (workdir / "tuned" / "trials.log").read_text().splitlines()
    attributes = [event["user_attr"] for event in map(json.loads, journal) if "user_attr" in event]
    assert sorted(each["worker"] for each in attributes) == [0] * 10 + [1] * 10
