"""Settings beyond what they mean or what memory holds are refused by key before any work."""

import json

import pytest
import torch

from mediagym.agents.networks import FlatShape, to_safetensors
from mediagym.agents.setup import PlanCommand
from mediagym.agents.setup.config import agent_of
from mediagym.agents.training.checkpoint import read_state
from mediagym.data.errors import ConfigError, DataError
from mediagym.data.storage import shipped_yaml
from mediagym.envs.calibration import CalibrationSettings, Priors
from mediagym.envs.environment import EnvSettings
from mediagym.envs.planning import SolverSettings
from mediagym.envs.synthetic import SyntheticSettings

GROUPS = {
    "priors": Priors,
    "env": EnvSettings,
    "calibration": CalibrationSettings,
    "solver": SolverSettings,
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("priors.conversions_sd", 1e308),
        ("priors.weekday_sd", 11),
        ("env.days", 1_000_000),
        ("env.days", 367),
        ("calibration.particles", 10**9),
        ("calibration.draws", 10**9),
        ("calibration.seed", 2**32),
        ("solver.draws", 10**9),
        ("solver.iterations", 10**12),
    ],
)
def test_a_setting_out_of_bounds_is_refused_by_its_key(key, value):
    group, name = key.split(".")
    with pytest.raises(ConfigError, match=rf"{group}\.{name}: got .*less than or equal to"):
        GROUPS[group].of(shipped_yaml(f"{group}/default") | {name: value}, group)


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("ppo", "net_arch", [1_000_000_000]),
        ("ppo", "net_arch", [64] * 17),
        ("ppo", "n_envs", 10**6),
        ("ppo", "log_std_init", 1e300),
        ("ppo_recurrent", "lstm_hidden_size", 5000),
        ("sac", "buffer_size", 10**9),
        ("replanner", "draws", 10**9),
        ("thompson", "draws", 10**9),
        ("cma", "flights", 10**6),
    ],
)
def test_an_agent_out_of_bounds_is_refused_by_its_key(name, key, value):
    with pytest.raises(ConfigError, match=rf"agent\.{key}"):
        agent_of(shipped_yaml(f"agent/{name}") | {key: value})


@pytest.mark.parametrize("name", ["clairvoyant", "clairvoyant_static"])
def test_an_oracle_is_no_agent(name):
    with pytest.raises(ConfigError, match=rf"agent\.name: '{name}' knows the true market"):
        agent_of({"name": name})


@pytest.mark.parametrize("group", [{"name": []}, {"name": {}}, {}, [1], "ppo", 3])
def test_what_names_no_agent_is_one_message(group):
    with pytest.raises(ConfigError, match="agent"):
        PlanCommand.read({"agent": group})


def test_a_network_of_a_policy_file_is_bounded_before_it_is_made(monkeypatch):
    monkeypatch.setattr(torch.nn, "Linear", pytest.fail)
    shape = {"observation": 10, "actions": 3, "hidden": [30_000, 30_000], "lstm": None}
    with pytest.raises(ConfigError, match=r"shape\.hidden\.0: got 30000"):
        FlatShape.of({**shape, "squash": False}, "shape")


def test_an_advertiser_is_bounded():
    settings = shipped_yaml("advertiser/default") | {"path": "x"}
    for key, value in {"days": 10**6, "landings": 10**9, "start": "9999-12-31"}.items():
        with pytest.raises(ConfigError, match=key):
            SyntheticSettings.of(settings | {key: value}, "advertiser")


@pytest.mark.parametrize(
    "state", ["[" * 50_000, '{"tuple": ' * 50_000, "[" * 900 + "]" * 900 + "x"]
)
def test_a_checkpoint_of_many_brackets_is_one_message(tmp_path, state):
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(to_safetensors({}, {"version": "2", "state": state}))
    with pytest.raises(DataError, match="not a training state"):
        read_state(path)
    deep = json.dumps({"tuple": []})
    for _ in range(900):
        deep = f'{{"tuple": [{deep}]}}'
    path.write_bytes(to_safetensors({}, {"version": "2", "state": deep}))
    with pytest.raises(DataError, match="not a training state"):
        read_state(path)
