import ast
import hashlib
import json
import pickle
import zipfile
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mediagym.agents.experiment import Experiment
from mediagym.agents.plans import acting
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.agents.setup import candidates_of, trained
from mediagym.agents.training import (
    Actor,
    LearnedPolicy,
    Network,
    SB3Envs,
    Training,
    model_of,
    save_network,
)
from mediagym.agents.training.actor import Shape
from mediagym.agents.training.checkpoint import packed, unpacked
from mediagym.agents.training.network import load_network
from mediagym.data.errors import ConfigError, DataError, MediaGymError
from mediagym.envs.environment import BudgetVectorEnv
from mediagym.envs.flight import action_size, observation_size

ROOT = Path(__file__).parents[3]


KINDS = {
    "clipped": {"lstm": None, "squash": False},
    "recurrent": {"lstm": 5, "squash": False},
    "squashed": {"lstm": None, "squash": True},
}


def _network(experiment: Experiment, record: Training, kind: str, **shape: int) -> Network:
    campaigns = len(experiment.posterior.campaigns)
    channels = len(experiment.problem.constraints.channels)
    usual: dict[str, Any] = {
        "observation": observation_size(campaigns, channels),
        "actions": action_size(campaigns),
        "hidden": [8, 7],
    }
    torch.manual_seed(0)
    actor = Actor.built(Shape(**{**usual, **KINDS[kind], **shape}))
    return Network(actor, experiment.env.action, record, "ppo", "made up")


@pytest.fixture(scope="module", params=KINDS)
def network(request: pytest.FixtureRequest, experiment: Experiment, record: Training) -> Network:
    return _network(experiment, record, request.param)


@pytest.fixture
def folder(network: Network, tmp_path: Path) -> Path:
    save_network(network, tmp_path / "run")
    return tmp_path / "run"


def _rewrite(folder: Path, **changes: Any) -> None:
    path = folder / "policy.json"
    told = json.loads(path.read_text())
    if "shape" in changes:
        changes["shape"] = {**told["shape"], **changes["shape"]}
    path.write_text(json.dumps({**told, **changes}))


def test_a_policy_read_back_acts_bitwise_the_same(
    network: Network, folder: Path, experiment: Experiment, held_trial: Callable[..., EvaluationSet]
) -> None:
    again = load_network(folder)
    seen = np.random.default_rng(0).normal(size=(2, 64, network.actor.shape.observation))
    for one, other in zip(_two_days(network, seen), _two_days(again, seen), strict=True):
        np.testing.assert_array_equal(one, other)
    flown = [
        rollout_policy(
            experiment.problem, LearnedPolicy("ppo", each, experiment.problem), held_trial(3)
        )
        for each in (network, again)
    ]
    np.testing.assert_array_equal(flown[0].spend, flown[1].spend)
    assert (again.name, again.origin, again.actor.shape) == ("ppo", "made up", network.actor.shape)
    assert (again.action, again.training) == (network.action, network.training)


def _two_days(network: Network, seen: np.ndarray) -> list[np.ndarray]:
    first, memory = network.actions(seen[0])
    return [first, network.actions(seen[1], memory)[0]]


def test_only_a_recurrent_network_remembers_yesterday(network: Network) -> None:
    seen = np.random.default_rng(0).normal(size=(2, 3, network.actor.shape.observation))
    fresh = network.actions(seen[1])[0]
    same = np.array_equal(fresh, _two_days(network, seen)[1])
    assert same == (network.actor.shape.lstm is None)


def test_actions_lie_within_one_and_do_not_explore(network: Network) -> None:
    seen = 100 * np.random.default_rng(0).normal(size=(200, network.actor.shape.observation))
    actions, _ = network.actions(seen)
    assert np.abs(actions).max() <= 1
    np.testing.assert_array_equal(actions, network.actions(seen)[0])


@pytest.mark.parametrize("name", ["ppo", "ppo_recurrent", "sac", "tqc"])
def test_the_actor_of_an_algorithm_acts_as_the_algorithm_does(
    experiment: Experiment, learner: Callable[..., Any], name: str
) -> None:
    batch = BudgetVectorEnv(experiment.problem, experiment.posterior.training(), experiment.env, 4)
    model = model_of(SB3Envs(batch), learner(name), 0)
    actor = Actor.of(model.policy)
    rng, start = np.random.default_rng(0), np.ones(4, bool)
    memory, state = None, None
    for day in range(3):
        seen = rng.normal(size=(4, actor.shape.observation)).astype(np.float32)
        due, state = model.predict(seen, state, start if day == 0 else ~start, deterministic=True)
        with torch.no_grad():
            mean, memory = actor(torch.as_tensor(seen), memory)
        np.testing.assert_allclose(mean.numpy().clip(-1, 1), due, atol=1e-6)


def test_a_flight_on_its_own_is_the_flight_in_a_batch(
    network: Network, experiment: Experiment, held_trial: Callable[..., EvaluationSet]
) -> None:
    policy = LearnedPolicy("ppo", network, experiment.problem)
    many, one = (rollout_policy(experiment.problem, policy, held_trial(count)) for count in (4, 1))
    np.testing.assert_allclose(many.spend[:, :1], one.spend, rtol=1e-4)  # float32 network


def test_the_folder_of_a_run_is_a_policy(folder: Path, experiment: Experiment) -> None:
    policy = trained(folder, experiment)
    assert policy.name == "ppo"
    assert not policy.open_loop
    (same,) = candidates_of([str(folder)], experiment)[0].policies
    assert same.name == "ppo"


def test_several_runs_of_one_learner_go_by_their_folders(
    network: Network, tmp_path: Path, experiment: Experiment
) -> None:
    for run in ("run1", "run2"):
        save_network(network, tmp_path / run)
    names = ["static", str(tmp_path / "run1"), str(tmp_path / "run2")]
    expected = ["static", "ppo_run1", "ppo_run2"]
    entrants = candidates_of(names, experiment)
    assert [entrant.name for entrant in entrants] == expected
    assert [entrant.policies[0].name for entrant in entrants] == expected


def test_a_policy_for_other_campaigns_is_refused_by_name(
    network: Network, experiment: Experiment, tmp_path: Path
) -> None:
    names = ["google/Radio", *network.training.campaigns[1:]]
    training = network.training.model_copy(update={"campaigns": names})
    save_network(replace(network, training=training), tmp_path)
    with pytest.raises(ConfigError, match="trained for the campaigns google/Radio, ") as caught:
        trained(tmp_path, experiment)
    assert experiment.problem.constraints.names[0] in str(caught.value)


def test_a_policy_that_sees_something_else_is_refused(
    experiment: Experiment, record: Training, tmp_path: Path
) -> None:
    save_network(_network(experiment, record, "clipped", observation=40), tmp_path)
    with pytest.raises(ConfigError, match="was trained on 40 numbers a day"):
        trained(tmp_path, experiment)


def test_a_folder_without_a_policy_is_refused(experiment: Experiment, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no trained policy \(policy.json\)"):
        trained(tmp_path, experiment)


class Payload:
    """Would leave a file behind if it were unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


def _archive(path: Path, trap: Path) -> None:
    """Write what Stable-Baselines3 saves, with a payload in every field that it would unpickle."""
    pickled = pickle.dumps(Payload(trap))
    data = {"policy_class": {":type:": "x", ":serialized:": b64encode(pickled).decode()}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", json.dumps(data))
        archive.writestr("policy.pth", pickled)
        archive.writestr("_stable_baselines3_version", "2.9.2")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A file that appears when a payload is unpickled, as it does here once."""
    trap = tmp_path / "executed"
    pickle.loads(pickle.dumps(Payload(trap)))  # noqa: S301  # it does what it says
    assert trap.exists()
    trap.unlink()
    return trap


def test_an_archive_of_sb3_is_refused_in_one_line_and_not_executed(
    experiment: Experiment, trap: Path, tmp_path: Path
) -> None:
    path = tmp_path / "model.zip"
    _archive(path, trap)
    for ask in (
        lambda: trained(path, experiment),
        lambda: candidates_of(["static", str(path)], experiment),
        lambda: acting(experiment, str(path), "static", 0),
    ):
        with pytest.raises(ConfigError, match=r"model\.zip' is a file; formats that") as caught:
            ask()
        assert "\n" not in str(caught.value)
    assert not trap.exists()


@pytest.mark.parametrize("name", ["policy.safetensors", "policy.json"])
@pytest.mark.parametrize("kind", ["archive", "pickle"])
def test_a_payload_in_place_of_a_file_is_refused_and_not_executed(
    folder: Path, experiment: Experiment, trap: Path, name: str, kind: str
) -> None:
    if kind == "archive":
        _archive(folder / name, trap)
    else:
        (folder / name).write_bytes(pickle.dumps(Payload(trap)))
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        candidates_of([str(folder)], experiment)
    assert not trap.exists()


def _reweigh(folder: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    path = folder / "policy.safetensors"
    content = packed({name: change(value) for name, value in unpacked(path)[0].items()})
    path.write_bytes(content)
    _rewrite(folder, sha256=hashlib.sha256(content).hexdigest())


CHANGES: dict[str, Callable[[Path], object]] = {
    "another version": lambda folder: _rewrite(folder, version=99),
    "other layers": lambda folder: _rewrite(folder, shape={"hidden": [16]}),
    "no layers": lambda folder: (folder / "policy.json").write_text('{"version": 2}'),
    "not a mapping": lambda folder: (folder / "policy.json").write_text("[1]"),
    "not JSON": lambda folder: (folder / "policy.json").write_text("{"),
    "text for a size": lambda folder: _rewrite(folder, shape={"actions": "ten"}),
    "a negative size": lambda folder: _rewrite(folder, shape={"actions": -3}),
    "a scale of no meaning": lambda folder: _rewrite(folder, action={"tilt": "wide", "pace": 1}),
    "another hash": lambda folder: _rewrite(folder, sha256="0" * 64),
    "no weights": lambda folder: (folder / "policy.safetensors").unlink(),
    "weights of another size": lambda folder: _reweigh(folder, lambda weight: weight[:-1]),
    "weights that are no numbers": lambda folder: _reweigh(folder, lambda weight: weight * np.nan),
    "half a file": lambda folder: (folder / "policy.safetensors").write_bytes(
        (folder / "policy.safetensors").read_bytes()[:200]
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


def test_the_record_says_what_it_was_trained_with(network: Network, folder: Path) -> None:
    told = json.loads((folder / "policy.json").read_text())
    content = (folder / "policy.safetensors").read_bytes()
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert told["versions"]["torch"] == version("torch")
    assert told["training"]["campaigns"] == network.training.campaigns
    assert {array.dtype for array in unpacked(folder / "policy.safetensors")[0].values()} == {
        np.dtype(np.float32)
    }


def test_saving_leaves_two_files_and_nothing_else(folder: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == ["policy.json", "policy.safetensors"]


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
