"""Training stopped at counted checkpoints continues to the same networks and optimisers."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mediagym.agents.experiment import Experiment
from mediagym.agents.networks import Network
from mediagym.agents.rollout import EvaluationSet
from mediagym.agents.training import trainer as training
from mediagym.agents.training.checkpoint import read_state, write_state
from mediagym.agents.training.selection import GAIN, Selection

LEARNERS = ("ppo", "ppo_recurrent", "sac")
SIZES = {
    "warm": {"iterations": 3, "flights": 4, "learning_rate": 3e-3},
    "total_timesteps": 600,
    "learning_rate": 0.02,
    "checks": 5,
}
OFF_POLICY = {"learning_starts": 120, "gradient_steps": 3, "buffer_size": 400}
STOPS = {"in the warm start": 2, "after some updates": 3 + 3}  # checkpoints: 3 warm, then 5


class _Stopped(Exception):  # noqa: N818  # a kill, not an error
    """Stands for a kill right after a checkpoint."""


@pytest.fixture
def run(
    experiment: Experiment,
    held_out_set: Callable[..., EvaluationSet],
    learner: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Network]:
    """Trains in a folder, if asked only until a number of checkpoints are written.

    Every check is scored higher than the one before, so that what the learner finds is selected.
    """
    monkeypatch.setattr(
        Selection, "_scores", lambda self, _: {GAIN: getattr(self, "score", 0.0) + 1}
    )
    problem, markets = experiment.problem, experiment.posterior.training()
    validation = held_out_set(2)

    def train(name: str, folder: Path, stop: int | None = None) -> Network:
        settings = learner(name, **SIZES, **(OFF_POLICY if name == "sac" else {}))
        written = 0

        def write(path: Path, state: Any) -> None:
            nonlocal written
            write_state(path, state)
            written += 1
            if written == stop:
                raise _Stopped

        monkeypatch.setattr(training, "write_state", write)
        arguments = (problem, markets, validation, experiment.env, settings, 0, folder)
        return training.train(*arguments, progress=False)

    return train


def _leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Arrays and plain values of nested containers, by their path."""
    if isinstance(value, Mapping):
        parts = value.items()
    elif isinstance(value, list | tuple):
        parts = enumerate(value)
    else:
        tensor = isinstance(value, torch.Tensor)
        return {path: value.detach().numpy().copy() if tensor else np.array(value)}
    return {k: v for key, part in parts for k, v in _leaves(part, f"{path}/{key}").items()}


def _assert_same(one: Any, other: Any) -> None:
    ours, theirs = _leaves(one), _leaves(other)
    assert ours.keys() == theirs.keys()
    for path, value in ours.items():
        np.testing.assert_array_equal(value, theirs[path], err_msg=path)


def _checkpoint(folder: Path) -> dict[str, Any]:
    state = read_state(folder / "checkpoint.safetensors")
    assert isinstance(state, dict)
    return state


@pytest.mark.parametrize("name", LEARNERS)
def test_a_resumed_learner_ends_with_the_same_networks_and_optimisers(
    run: Callable[..., Network], tmp_path: Path, name: str
) -> None:
    network = run(name, tmp_path / "whole")
    whole = _checkpoint(tmp_path / "whole")
    assert network.origin.startswith(f"{name}, ")  # not the warm start, nor actions of 0
    networks = whole["sb3"]["networks"]
    optimisers = [key for key in networks if "optimizer" in key]
    assert optimisers
    for key in optimisers:  # they have taken steps, so that they have moments to restore
        assert networks[key]["state"], key
    for number, stop in enumerate(STOPS.values()):
        folder = tmp_path / f"stopped{number}"
        with pytest.raises(_Stopped):
            run(name, folder, stop)
        stopped = _checkpoint(folder)
        assert stopped["in_warm_start"] == (number == 0)
        assert (stopped["sb3"]["steps"] > 0) == (number == 1)
        resumed = run(name, folder)
        _assert_same(_checkpoint(folder), whole)
        assert resumed.origin == network.origin
        _assert_same(resumed.actor.state_dict(), network.actor.state_dict())


@pytest.mark.parametrize("name", LEARNERS)
def test_a_run_opened_again_holds_what_its_checkpoint_holds(
    run: Callable[..., Network], tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it does anything: networks, optimisers, buffer, selection, generators."""
    with pytest.raises(_Stopped):
        run(name, tmp_path, STOPS["after some updates"])
    before = _checkpoint(tmp_path)
    opened = []

    def look(self: Any) -> Any:
        opened.append(self._state())
        raise _Stopped

    monkeypatch.setattr(training._Run, "network", look)
    torch.manual_seed(7)
    np.random.seed(7)  # noqa: NPY002  # as another program might
    with pytest.raises(_Stopped):
        run(name, tmp_path)
    _assert_same(opened[0], before)
