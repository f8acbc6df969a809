"""The policies in docs/own_policies.md run as they are printed."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO

import mediagym
from mediagym.agents.experiment import Experiment
from mediagym.agents.networks import export_onnx, load_network
from mediagym.agents.policy import Policy
from mediagym.agents.rollout import rollout_policy
from mediagym.agents.setup import candidates_of
from mediagym.agents.setup.candidates import REFERENCES
from mediagym.agents.training import SB3Envs
from mediagym.envs.suite import make_vector_env

ROOT = Path(__file__).parents[3]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs/own_policies.md").read_text(), re.DOTALL)
FILES = {found[1]: block for block in BLOCKS if (found := re.match(r"# (\w+\.py)\n", block))}


@pytest.fixture
def small(task_experiment: Callable[..., Experiment]) -> Experiment:
    return task_experiment("Uncertain-S", markets=4)


@pytest.fixture
def printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the files that the page prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def played(experiment: Experiment, name: str) -> tuple[tuple[Policy, ...], np.ndarray]:
    """Policies of an entry and the values of their flights, (seeds, markets)."""
    (entry,) = candidates_of([name], experiment)
    markets = experiment.held_out("test")
    rollouts = [rollout_policy(experiment.problem, each, markets) for each in entry.policies]
    assert all(each.violations == each.cents_off == 0 for each in rollouts)
    return entry.policies, np.stack([each.total for each in rollouts])


def test_the_page_prints_four_policies() -> None:
    assert set(FILES) == {"my_policies.py", "sb3_policy.py", "torch_policy.py", "onnx_policy.py"}


def test_the_controller_in_numpy_is_better_than_the_static_plan(
    small: Experiment, printed: Path
) -> None:
    assert len(FILES["my_policies.py"].splitlines()) <= 22
    _, values = played(small, "my_policies.py:proportional")
    _, static = played(small, "static")
    assert values.mean() > static.mean()


def test_a_model_of_stable_baselines3_is_loaded_by_its_own_code(
    small: Experiment, printed: Path
) -> None:
    envs = SB3Envs(make_vector_env(4, "Uncertain-S"))
    model = PPO("MlpPolicy", envs, n_steps=4, batch_size=16, n_epochs=1, device="cpu", seed=0)
    model.learn(16)
    model.save(printed / "model.zip")
    (policy,), values = played(small, "sb3_policy.py:Trained")
    assert np.isfinite(values).all()
    assert policy.action.follow == 0  # type: ignore[attr-defined]


def test_a_torch_module_has_one_policy_per_training_seed(small: Experiment, printed: Path) -> None:
    task = mediagym.describe("Uncertain-S")
    namespace: dict[str, object] = {"__file__": str(printed / "torch_policy.py")}
    exec(FILES["torch_policy.py"], namespace)  # noqa: S102  # the page's own class
    for seed in range(2):
        torch.manual_seed(seed)
        sizes = task.observation_space.shape[0], task.action_space.shape[0]
        torch.save(namespace["Agent"](*sizes).state_dict(), printed / f"agent_{seed}.pt")  # type: ignore[operator]
    policies, values = played(small, "torch_policy.py:agents")
    assert len(policies) == 2
    assert not np.array_equal(*values)


def test_an_exported_policy_flies_as_the_network_does(
    task_experiment: Callable[..., Experiment], printed: Path
) -> None:
    for library in ("onnx", "onnxruntime"):
        pytest.importorskip(library, reason=f"{library} is not installed ([onnx])")
    experiment = task_experiment("Full-M", markets=3)
    folder = REFERENCES / "Full-M" / "ppo_0"
    export_onnx(load_network(folder), printed / "policy.onnx")
    _, values = played(experiment, "onnx_policy.py:Exported")
    _, expected = played(experiment, str(folder))
    np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_the_lines_for_python_run(capsys: pytest.CaptureFixture[str]) -> None:
    (lines,) = [block for block in BLOCKS if block.startswith("import mediagym")]
    exec(lines.replace("Uncertain-M", "Uncertain-S"), {})  # noqa: S102
    assert "vs follow: +0.00" in capsys.readouterr().out
