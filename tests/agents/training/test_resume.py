"""A training that is stopped goes on as if it had not been."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mediagym.agents.experiment import Experiment
from mediagym.agents.rollout import EvaluationSet
from mediagym.agents.setup import configured, keep_configuration, resumable
from mediagym.agents.training.checkpoint import (
    random_state,
    read_state,
    restore_random_state,
    write_state,
)
from mediagym.agents.training.trainer import train
from mediagym.data.errors import ConfigError, DataError

LEARNERS = ("ppo", "ppo_recurrent", "sac")


def test_a_training_killed_at_any_moment_ends_in_the_same_bits(tmp_path: Path) -> None:
    program = str(Path(__file__).parents[2] / "helpers" / "killed.py")
    ended = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, program, str(tmp_path), "20", *LEARNERS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["kills"] >= 20
    for name in LEARNERS:
        hashes = told["learners"][name]
        assert hashes["resumed"], name
        assert set(hashes["resumed"]) == {hashes["whole"]}, name


def test_a_finished_training_is_not_trained_again(
    experiment: Experiment,
    held_trial: Callable[..., EvaluationSet],
    learner: Callable[..., Any],
    tmp_path: Path,
) -> None:
    markets, trial = experiment.posterior.training(), held_trial(2)

    def run(seed: int = 0, **changes: Any) -> Any:
        given = (
            experiment.problem,
            markets,
            trial,
            experiment.env,
            learner(**changes),
            seed,
            tmp_path,
        )
        return train(*given, progress=False)

    first, again = run(), run()
    assert (first.origin, first.training) == (again.origin, again.training)
    for one, other in zip(first.actor.parameters(), again.actor.parameters(), strict=True):
        assert torch.equal(one, other)
    with pytest.raises(ConfigError, match="seed=0; here it is 1"):
        run(seed=1)
    with pytest.raises(ConfigError, match=r"agent\.learning_rate=0\.0003; here it is 0\.1"):
        run(learning_rate=0.1)
    run(checkpoint=9.0)  # how often it is kept changes nothing


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    state = {
        "optimizer": {"state": {0: {"step": torch.tensor(3.0)}}, "betas": (0.9, 0.999)},
        "array": np.arange(6, dtype=np.uint8).reshape(2, 3),
        "big": 2**100 + 1,
        "fraction": 0.1 + 0.2,
        "none": None,
        "list": [1, "two", {"three": False}],
    }
    write_state(tmp_path / "state.safetensors", state)
    again = read_state(tmp_path / "state.safetensors")
    assert again["optimizer"]["betas"] == (0.9, 0.999)
    assert torch.equal(again["optimizer"]["state"][0]["step"], torch.tensor(3.0))
    np.testing.assert_array_equal(again["array"], state["array"])
    assert again["array"].dtype == np.uint8
    for key in ("big", "fraction", "none", "list"):
        assert again[key] == state[key]


def test_global_generators_go_on_where_they_were(tmp_path: Path) -> None:
    write_state(tmp_path / "random", random_state())
    due = [torch.rand(3), np.random.rand(3)]  # noqa: NPY002
    restore_random_state(read_state(tmp_path / "random"))
    assert torch.equal(torch.rand(3), due[0])
    np.testing.assert_array_equal(np.random.rand(3), due[1])  # noqa: NPY002


@pytest.mark.parametrize(
    "content", [b"", b"half", b"\x80\x04K\x01."], ids=["none", "half", "pickle"]
)
def test_a_broken_checkpoint_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(content)
    with pytest.raises(DataError, match=r"checkpoint\.safetensors"):
        read_state(tmp_path / "checkpoint.safetensors")


def test_a_resumed_run_goes_by_its_own_configuration(
    conf: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    config = {
        "agent": {},
        "task": None,
        "seed": 3,
        "baselines": [],
        "resume": None,
        "references_dir": None,
    }
    assert configured(config, ["seed=3"]) == config
    assert not resumable(tmp_path / "run")
    keep_configuration(tmp_path / "run", config)
    assert resumable(tmp_path / "run")
    asked = {**config, "seed": 0, "resume": str(tmp_path / "run")}
    assert configured(asked, ["resume=run"]) == config
    with pytest.raises(ConfigError, match="'seed=0' was given too"):
        configured(asked, ["resume=run", "seed=0"])
    with pytest.raises(ConfigError, match="holds no training run"):
        configured({**asked, "resume": str(tmp_path)}, [])
