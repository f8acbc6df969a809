import ast
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3.common.policies import ActorCriticPolicy

from mediagym.agents.evaluation import Trial, fly_policy
from mediagym.agents.learned import LearnedPolicy, Network, load_network, save_network
from mediagym.agents.registry import entrants_of, trained
from mediagym.agents.workflow import Session
from mediagym.data.errors import ConfigError, DataError, MediaGymError
from mediagym.data.files import read_arrays, write_arrays
from mediagym.envs.actions import ActionSettings, action_size
from mediagym.envs.observation import BOUND, observation_size

ROOT = Path(__file__).parent.parent.parent


def _network(action: ActionSettings, observation: int, actions: int, seed: int = 0) -> Network:
    torch.manual_seed(seed)
    policy = ActorCriticPolicy(
        gym.spaces.Box(-BOUND, BOUND, (observation,), np.float32),
        gym.spaces.Box(-1.0, 1.0, (actions,), np.float32),
        lr_schedule=lambda _: 0.0,
        net_arch=[8],
    )
    with torch.no_grad():
        for weight in policy.parameters():
            weight += 0.1 * torch.randn(weight.shape)
    return Network.of(policy, action, [8], "ppo", "made up")


@pytest.fixture(scope="module")
def network(session: Session) -> Network:
    campaigns = len(session.posterior.campaigns)
    channels = len(session.problem.constraints.channels)
    size = observation_size(campaigns, channels)
    return _network(session.env.action, size, action_size(campaigns))


@pytest.fixture
def folder(network: Network, tmp_path: Path) -> Path:
    save_network(network, tmp_path / "run")
    return tmp_path / "run"


def _rewrite(folder: Path, **changes: Any) -> None:
    path = folder / "policy.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_policy_read_back_acts_bitwise_the_same(
    network: Network, folder: Path, session: Session, held_trial: Callable[..., Trial]
) -> None:
    again = load_network(folder)
    seen = np.random.default_rng(0).normal(size=(64, network.policy.observation_space.shape[0]))
    np.testing.assert_array_equal(network.actions(seen), again.actions(seen))
    flown = [
        fly_policy(session.problem, LearnedPolicy("ppo", each, session.problem), held_trial(3))
        for each in (network, again)
    ]
    np.testing.assert_array_equal(flown[0].spend, flown[1].spend)
    assert (again.name, again.origin, again.hidden) == ("ppo", "made up", [8])
    assert again.action == network.action


def test_actions_lie_within_one_and_do_not_explore(network: Network) -> None:
    seen = 10 * np.random.default_rng(0).normal(size=(200, 90))[:, :1]
    seen = np.tile(seen, network.policy.observation_space.shape)
    actions = network.actions(seen)
    assert np.abs(actions).max() <= 1
    np.testing.assert_array_equal(actions, network.actions(seen))


def test_a_flight_on_its_own_is_the_flight_in_a_batch(
    network: Network, session: Session, held_trial: Callable[..., Trial]
) -> None:
    policy = LearnedPolicy("ppo", network, session.problem)
    many, one = (fly_policy(session.problem, policy, held_trial(count)) for count in (4, 1))
    np.testing.assert_allclose(many.spend[:, :1], one.spend, rtol=1e-4)  # float32 network


def test_the_folder_of_a_run_is_a_policy(folder: Path, session: Session) -> None:
    policy = trained(folder, session.arena)
    assert policy.name == "ppo"
    assert not policy.open_loop
    (same,) = entrants_of([str(folder)], session)[0].policies
    assert same.name == "ppo"


def test_several_runs_of_one_learner_go_by_their_folders(
    network: Network, tmp_path: Path, session: Session
) -> None:
    for run in ("run1", "run2"):
        save_network(network, tmp_path / run)
    names = ["static", str(tmp_path / "run1"), str(tmp_path / "run2")]
    expected = ["static", "ppo_run1", "ppo_run2"]
    entrants = entrants_of(names, session)
    assert [entrant.name for entrant in entrants] == expected
    assert [entrant.policies[0].name for entrant in entrants] == expected


def test_a_policy_for_other_campaigns_is_refused(session: Session, tmp_path: Path) -> None:
    save_network(_network(session.env.action, 40, action_size(4)), tmp_path)
    with pytest.raises(ConfigError, match="trained for 4 campaigns; there are 9 here"):
        trained(tmp_path, session.arena)


def test_a_policy_that_sees_something_else_is_refused(session: Session, tmp_path: Path) -> None:
    save_network(_network(session.env.action, 40, action_size(9)), tmp_path)
    with pytest.raises(ConfigError, match="Train"):
        trained(tmp_path, session.arena)


def test_a_folder_without_a_policy_is_refused(session: Session, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no trained policy \(policy.json\)"):
        trained(tmp_path, session.arena)


class Payload:
    """Would leave a file behind if it were unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


def test_a_pickled_payload_in_the_weights_is_refused_and_not_executed(
    folder: Path, tmp_path: Path
) -> None:
    trap = tmp_path / "executed"
    pickle.loads(pickle.dumps(Payload(trap)))  # noqa: S301  # it does what it says
    assert trap.exists()
    trap.unlink()
    weights = dict(read_arrays(folder / "policy.npz"))
    name = next(iter(weights))
    weights[name] = np.array([Payload(trap)], dtype=object)
    np.savez(folder / "policy.npz", **weights)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"policy\.npz"):
        load_network(folder)
    assert not trap.exists()


def test_a_pickle_in_place_of_the_archive_is_refused_and_not_executed(
    folder: Path, tmp_path: Path
) -> None:
    trap = tmp_path / "executed"
    (folder / "policy.npz").write_bytes(pickle.dumps(Payload(trap)))
    with pytest.raises(DataError, match=r"policy\.npz"):
        load_network(folder)
    assert not trap.exists()


CHANGES: dict[str, Callable[[Path], object]] = {
    "another version": lambda folder: _rewrite(folder, version=99),
    "other layers": lambda folder: _rewrite(folder, hidden=[16]),
    "no layers": lambda folder: (folder / "policy.json").write_text('{"version": 1}'),
    "not a mapping": lambda folder: (folder / "policy.json").write_text("[1]"),
    "not JSON": lambda folder: (folder / "policy.json").write_text("{"),
    "text for a size": lambda folder: _rewrite(folder, actions="ten"),
    "a negative size": lambda folder: _rewrite(folder, actions=[-3]),
    "a scale of no meaning": lambda folder: _rewrite(folder, action={"tilt": "wide", "pace": 1}),
    "no weights": lambda folder: (folder / "policy.npz").unlink(),
    "a weight missing": lambda folder: write_arrays(
        folder / "policy.npz", dict(list(read_arrays(folder / "policy.npz").items())[1:])
    ),
    "a weight that is not a number": lambda folder: write_arrays(
        folder / "policy.npz",
        {k: v * np.nan for k, v in read_arrays(folder / "policy.npz").items()},
    ),
    "weights as text": lambda folder: write_arrays(
        folder / "policy.npz",
        {k: np.full(v.shape, "x") for k, v in read_arrays(folder / "policy.npz").items()},
    ),
    "half a file": lambda folder: (folder / "policy.npz").write_bytes(
        (folder / "policy.npz").read_bytes()[:200]
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_files_that_were_changed_are_refused_in_one_line(
    folder: Path, change: Callable[[Path], object]
) -> None:
    change(folder)
    with pytest.raises(MediaGymError) as caught:
        load_network(folder)
    assert "policy." in str(caught.value)
    assert "\n" not in str(caught.value)


def test_saving_leaves_two_files_and_nothing_else(folder: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == ["policy.json", "policy.npz"]


SAFE = {"np.load", "json.loads", "json.load", "OmegaConf.load"}  # the last by YAML's safe loader


@pytest.mark.parametrize("room", ["data", "envs", "agents", "scripts"])
def test_nothing_is_ever_unpickled(room: str) -> None:
    banned = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}
    for path in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not {name.name.split(".")[0] for name in node.names} & banned, path
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in banned, path
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert not called.endswith((".load_from_vector", "read_pickle")), (path, called)
                if called.endswith((".load", ".loads")):
                    assert called in SAFE, (path, called)
                if called == "np.load":
                    given = {keyword.arg: keyword.value for keyword in node.keywords}
                    assert ast.unparse(given["allow_pickle"]) == "False", path
