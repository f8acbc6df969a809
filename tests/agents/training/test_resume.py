"""A resumed training ends as if it had never stopped."""

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mediagym.agents.experiment import Experiment
from mediagym.agents.networks import to_safetensors
from mediagym.agents.rollout import EvaluationSet
from mediagym.agents.setup import TrainCommand, configured, keep_configuration, resumable
from mediagym.agents.training.checkpoint import (
    random_state,
    read_state,
    restore_random_state,
    write_state,
)
from mediagym.agents.training.trainer import train
from mediagym.data.errors import ConfigError, DataError
from mediagym.data.storage import write_json

LEARNERS = ("ppo", "ppo_recurrent", "sac")


@pytest.mark.slow
def test_a_training_killed_at_any_moment_resumes_to_the_same_weights(tmp_path: Path) -> None:
    program = str(Path(__file__).parents[2] / "helpers" / "killed.py")
    process = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, program, str(tmp_path), "20", *LEARNERS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    result = json.loads(process.stdout)
    assert result["kills"] >= 20
    for name in LEARNERS:
        hashes = result["learners"][name]
        assert hashes["resumed"], name
        assert set(hashes["resumed"]) == {hashes["whole"]}, name


def test_a_finished_training_is_not_trained_again(
    experiment: Experiment,
    held_out_set: Callable[..., EvaluationSet],
    learner: Callable[..., Any],
    tmp_path: Path,
) -> None:
    markets, validation = experiment.posterior.training(), held_out_set(2)

    def run(seed: int = 0, **changes: Any) -> Any:
        arguments = (
            experiment.problem,
            markets,
            validation,
            experiment.env,
            learner(**changes),
            seed,
            tmp_path,
        )
        return train(*arguments, progress=False)

    first, second = run(), run()
    assert (first.origin, first.training) == (second.origin, second.training)
    for one, other in zip(first.actor.parameters(), second.actor.parameters(), strict=True):
        assert torch.equal(one, other)
    with pytest.raises(ConfigError, match="seed=0; this one has 1"):
        run(seed=1)
    with pytest.raises(ConfigError, match=r"agent\.learning_rate=0\.0003; this one has 0\.1"):
        run(learning_rate=0.1)
    run(checkpoint=9.0)  # its interval does not change the result


def test_a_state_read_back_is_the_state_written(tmp_path: Path) -> None:
    state = {
        "optimizer": {"state": {0: {"step": torch.tensor(3.0)}}, "betas": (0.9, 0.999)},
        "array": np.arange(6, dtype=np.uint8).reshape(2, 3),
        "big": 2**100 + 1,
        "fraction": 0.1 + 0.2,
        "none": None,
        "list": [1, "two", {"three": False}],
    }
    write_state(tmp_path / "state.safetensors", state)
    restored = read_state(tmp_path / "state.safetensors")
    assert restored["optimizer"]["betas"] == (0.9, 0.999)
    assert torch.equal(restored["optimizer"]["state"][0]["step"], torch.tensor(3.0))
    np.testing.assert_array_equal(restored["array"], state["array"])
    assert restored["array"].dtype == np.uint8
    for key in ("big", "fraction", "none", "list"):
        assert restored[key] == state[key]


def test_restored_global_generators_continue(tmp_path: Path) -> None:
    write_state(tmp_path / "random", random_state())
    expected = [torch.rand(3), np.random.rand(3)]  # noqa: NPY002
    shuffled = [random.random() for _ in range(3)]  # noqa: S311  # Python's own
    restore_random_state(read_state(tmp_path / "random"))
    assert torch.equal(torch.rand(3), expected[0])
    np.testing.assert_array_equal(np.random.rand(3), expected[1])  # noqa: NPY002
    assert [random.random() for _ in range(3)] == shuffled  # noqa: S311


@pytest.mark.parametrize(
    "content", [b"", b"half", b"\x80\x04K\x01."], ids=["none", "half", "pickle"]
)
def test_a_broken_checkpoint_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(content)
    with pytest.raises(DataError, match=r"checkpoint\.safetensors"):
        read_state(tmp_path / "checkpoint.safetensors")


def test_a_checkpoint_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    for metadata in (None, {"version": "1", "state": "{}"}):
        path.write_bytes(to_safetensors({"0": np.zeros(1)}, metadata))
        with pytest.raises(DataError, match="checkpoint of another version"):
            read_state(path)


def test_a_resumed_run_uses_its_own_configuration(
    conf: Callable[..., dict[str, Any]], agent: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    groups = ("attribution", "calibration", "constraints", "data", "env", "evaluation", "priors")
    config = {
        **{group: conf(f"{group}/default.yaml") for group in (*groups, "solver")},
        "objective": conf("objective/conversions.yaml"),
        "agent": agent(),
        "task": "Full-S",
        "cache": "cache",
        "threads": 1,
        "seed": 3,
        "baselines": [],
        "resume": None,
        "references_dir": None,
    }
    config["data"]["path"] = "exports"
    assert configured(config, ["seed=3"]) == config
    assert not resumable(tmp_path / "run")
    keep_configuration(tmp_path / "run", TrainCommand.read(config))
    assert resumable(tmp_path / "run")
    resumed = {**config, "seed": 0, "resume": str(tmp_path / "run")}
    own = {**config, "cache": str(tmp_path / "run" / "cache")}
    assert configured(resumed, ["resume=run"]) == own
    assert configured(resumed, ["resume=run", "cache=cache"]) == config
    with pytest.raises(ConfigError, match="'seed=0' was given too"):
        configured(resumed, ["resume=run", "seed=0"])
    with pytest.raises(ConfigError, match="holds no training run"):
        configured({**resumed, "resume": str(tmp_path)}, [])


def test_a_resumed_run_writes_only_into_its_own_folder(tmp_path: Path) -> None:
    stored = {
        "cache": str(tmp_path / "lured"),
        "references_dir": str(tmp_path / "lured"),
        "seed": 3,
    }
    write_json(tmp_path / "run" / "run.json", stored)
    given = {"cache": "mine", "references_dir": "shelf", "resume": str(tmp_path / "run")}
    resumed = configured(given, ["resume=run"])
    assert resumed == {"cache": str(tmp_path / "run" / "cache"), "references_dir": None, "seed": 3}
    chosen = configured(given, ["resume=run", "cache=mine", "references_dir=shelf"])
    assert (chosen["cache"], chosen["references_dir"]) == ("mine", "shelf")


@pytest.mark.parametrize("content", [[], None, 3, "text"])
def test_a_stored_configuration_that_is_none_is_refused(tmp_path: Path, content: object) -> None:
    write_json(tmp_path / "run.json", content)
    with pytest.raises(ConfigError, match=r"run\.json' is not a configuration"):
        configured({"resume": str(tmp_path)}, ["resume=."])
