"""A policy exported to ONNX acts as it does in torch."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.agents.networks import Actor, FlatShape, Network, Training, export_onnx, load_network
from mediagym.agents.setup.candidates import REFERENCES
from mediagym.data.errors import ConfigError
from mediagym.envs.flight import ActionSettings

ROUNDING = 2e-6  # of float32 sums in another order


def session_of(path: Path) -> Any:
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed ([onnx])")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return runtime.InferenceSession(
        str(path), sess_options=options, providers=["CPUExecutionProvider"]
    )


def actions_of(session: Any, observations: np.ndarray) -> np.ndarray:
    (found,) = session.run(["action"], {"observation": observations})
    return np.asarray(found)


def network_of(**shape: Any) -> Network:
    torch.manual_seed(3)
    sizes: dict[str, Any] = {
        "observation": 11, "actions": 4, "hidden": [8, 7], "lstm": None, "squash": False,
    }  # fmt: skip
    actor = Actor.from_shape(FlatShape(**{**sizes, **shape}))
    record = Training(
        task=None, campaigns=["a, b", "c&d", "é"], objective="conversions", seed=0, threads=1,
        steps=0,
    )  # fmt: skip
    settings = ActionSettings(map="projection", tilt=1.0, pace=0.3, follow=1.0)
    return Network(actor, settings, record, "ppo", "test")


def test_a_shipped_policy_acts_the_same(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed ([onnx])")
    folder = REFERENCES / "Full-M" / "ppo_0"
    network = load_network(folder)
    session = session_of(export_onnx(network, tmp_path / "policy.onnx"))
    observations = np.random.default_rng(0).normal(size=(200, network.actor.shape.observation))
    rows = observations.astype(np.float32) * np.float32(2)
    expected, _ = network.actions(rows)
    found = actions_of(session, rows)
    np.testing.assert_allclose(found, expected, atol=ROUNDING)
    meaning = session.get_modelmeta().custom_metadata_map
    assert json.loads(meaning["action"]) == network.action.model_dump()
    assert json.loads(meaning["campaigns"]) == network.training.campaigns
    assert meaning["task"] == network.training.task


@settings(max_examples=15)
@given(
    hidden=st.lists(st.integers(1, 9), max_size=3),
    squash=st.booleans(),
    flights=st.integers(1, 5),
    scale=st.sampled_from([0.1, 3.0, 100.0]),
)
def test_every_shape_without_memory_acts_the_same(
    tmp_path: Path, hidden: list[int], squash: bool, flights: int, scale: float
) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed ([onnx])")
    network = network_of(hidden=hidden, squash=squash)
    session = session_of(export_onnx(network, tmp_path / "policy.onnx"))
    rows = (scale * np.random.default_rng(1).normal(size=(flights, 11))).astype(np.float32)
    expected, _ = network.actions(rows)
    np.testing.assert_allclose(actions_of(session, rows), expected, atol=ROUNDING * max(scale, 1))


def test_actions_beyond_the_bounds_are_clipped(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed ([onnx])")
    session = session_of(export_onnx(network_of(hidden=[]), tmp_path / "policy.onnx"))
    rows = np.random.default_rng(1).normal(scale=100, size=(5, 11)).astype(np.float32)
    assert set(np.abs(actions_of(session, rows)[np.abs(actions_of(session, rows)) > 0.99])) == {1}


def test_an_export_is_the_same_file_every_time(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed ([onnx])")
    files = [export_onnx(network_of(), tmp_path / name).read_bytes() for name in ("a", "b")]
    assert files[0] == files[1]


def test_a_recurrent_policy_is_refused_in_one_line(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed ([onnx])")
    with pytest.raises(ConfigError, match="ppo has a recurrent layer"):
        export_onnx(network_of(lstm=5), tmp_path / "policy.onnx")
    assert not (tmp_path / "policy.onnx").exists()


def test_a_missing_library_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ConfigError, match=r"pip install 'mediagym\[onnx\]'"):
        export_onnx(network_of(), tmp_path / "policy.onnx")
