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
from mediagym.agents.networks import (
    Actor,
    FlatShape,
    LearnedPolicy,
    Network,
    Training,
    load_network,
    read_safetensors,
    save_network,
    to_safetensors,
)
from mediagym.agents.plans import acting
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.agents.setup import candidates_of, trained
from mediagym.agents.training import LEARNERS, SB3Envs
from mediagym.data.errors import ConfigError, DataError, MediaGymError
from mediagym.envs.environment import BudgetVectorEnv
from mediagym.envs.flight import action_size, observation_size

KINDS = {
    "clipped": {"lstm": None, "squash": False},
    "recurrent": {"lstm": 5, "squash": False},
    "squashed": {"lstm": None, "squash": True},
}


def _network(experiment: Experiment, record: Training, kind: str, **shape: int) -> Network:
    campaigns = len(experiment.posterior.campaigns)
    channels = len(experiment.problem.constraints.channels)
    sizes: dict[str, Any] = {
        "observation": observation_size(campaigns, channels),
        "actions": action_size(campaigns),
        "hidden": [8, 7],
    }
    torch.manual_seed(0)
    actor = Actor.from_shape(FlatShape(**{**sizes, **KINDS[kind], **shape}))
    return Network(actor, experiment.env.action, record, "ppo", "test")


@pytest.fixture(scope="module", params=KINDS)
def network(request: pytest.FixtureRequest, experiment: Experiment, record: Training) -> Network:
    return _network(experiment, record, request.param)


@pytest.fixture
def folder(network: Network, tmp_path: Path) -> Path:
    save_network(network, tmp_path / "run")
    return tmp_path / "run"


def _rewrite(folder: Path, **changes: Any) -> None:
    path = folder / "policy.json"
    facts = json.loads(path.read_text())
    if "shape" in changes:
        changes["shape"] = {**facts["shape"], **changes["shape"]}
    path.write_text(json.dumps({**facts, **changes}))


def test_a_policy_read_back_acts_bitwise_the_same(
    network: Network,
    folder: Path,
    experiment: Experiment,
    held_out_set: Callable[..., EvaluationSet],
) -> None:
    loaded = load_network(folder)
    observations = np.random.default_rng(0).normal(size=(2, 64, network.actor.shape.observation))
    for one, other in zip(
        _two_days(network, observations), _two_days(loaded, observations), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    rollouts = [
        rollout_policy(
            experiment.problem, LearnedPolicy("ppo", each, experiment.problem), held_out_set(3)
        )
        for each in (network, loaded)
    ]
    np.testing.assert_array_equal(rollouts[0].spend, rollouts[1].spend)
    assert (loaded.name, loaded.origin, loaded.actor.shape) == ("ppo", "test", network.actor.shape)
    assert (loaded.action, loaded.training) == (network.action, network.training)


def _two_days(network: Network, observations: np.ndarray) -> list[np.ndarray]:
    first, memory = network.actions(observations[0])
    return [first, network.actions(observations[1], memory)[0]]


def test_only_a_recurrent_network_depends_on_the_day_before(network: Network) -> None:
    observations = np.random.default_rng(0).normal(size=(2, 3, network.actor.shape.observation))
    without_memory = network.actions(observations[1])[0]
    same = np.array_equal(without_memory, _two_days(network, observations)[1])
    assert same == (network.actor.shape.lstm is None)


def test_actions_lie_within_one_and_do_not_explore(network: Network) -> None:
    observations = 100 * np.random.default_rng(0).normal(
        size=(200, network.actor.shape.observation)
    )
    actions, _ = network.actions(observations)
    assert np.abs(actions).max() <= 1
    np.testing.assert_array_equal(actions, network.actions(observations)[0])


@pytest.mark.parametrize("name", ["ppo", "ppo_recurrent", "sac", "tqc"])
def test_the_actor_of_an_algorithm_acts_as_the_algorithm_does(
    experiment: Experiment, learner: Callable[..., Any], name: str
) -> None:
    batch = BudgetVectorEnv(experiment.problem, experiment.posterior.training(), experiment.env, 4)
    model = LEARNERS[name].build(SB3Envs(batch), learner(name), 0)
    actor = Actor.of(model.policy)
    rng, start = np.random.default_rng(0), np.ones(4, bool)
    memory, state = None, None
    for day in range(3):
        observation = rng.normal(size=(4, actor.shape.observation)).astype(np.float32)
        first = start if day == 0 else ~start
        expected, state = model.predict(observation, state, first, deterministic=True)
        with torch.no_grad():
            mean, memory = actor(torch.as_tensor(observation), memory)
        np.testing.assert_allclose(mean.numpy().clip(-1, 1), expected, atol=1e-6)


def test_a_single_rollout_equals_its_row_in_a_batch(
    network: Network, experiment: Experiment, held_out_set: Callable[..., EvaluationSet]
) -> None:
    policy = LearnedPolicy("ppo", network, experiment.problem)
    batch, single = (
        rollout_policy(experiment.problem, policy, held_out_set(count)) for count in (4, 1)
    )
    np.testing.assert_allclose(batch.spend[:, :1], single.spend, rtol=1e-4)  # float32 network


def test_the_folder_of_a_run_names_a_policy(folder: Path, experiment: Experiment) -> None:
    policy = trained(folder, experiment)
    assert policy.name == "ppo"
    assert not policy.open_loop
    (same,) = candidates_of([str(folder)], experiment)[0].policies
    assert same.name == "ppo"


def test_several_runs_of_one_learner_are_named_after_their_folders(
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


@pytest.mark.parametrize(
    "name", ["../../../escaped", "/x", "", " ", ".", "..", "a/b", "<b>x", "-x", "a\n", "x" * 65]
)
def test_the_name_of_a_policy_is_a_plain_one(network: Network, tmp_path: Path, name: str) -> None:
    save_network(replace(network, name=name), tmp_path)
    with pytest.raises(DataError, match=r"policy.json: name: .* was given. Allowed: ") as caught:
        load_network(tmp_path)
    assert len(str(caught.value)) < 300 + len(str(tmp_path))


def test_a_message_about_many_campaigns_is_short(
    network: Network, experiment: Experiment, tmp_path: Path
) -> None:
    names = [f"google/{'long ' * 500}{number}" for number in range(5000)]
    training = network.training.model_copy(update={"campaigns": names})
    save_network(replace(network, training=training), tmp_path)
    with pytest.raises(ConfigError, match="and 4988 more") as caught:
        trained(tmp_path, experiment)
    assert len(str(caught.value)) < 3_000


def test_a_policy_with_another_observation_size_is_refused(
    experiment: Experiment, record: Training, tmp_path: Path
) -> None:
    save_network(_network(experiment, record, "clipped", observation=40), tmp_path)
    with pytest.raises(ConfigError, match="takes 40 observations and returns"):
        trained(tmp_path, experiment)


def test_a_folder_without_a_policy_is_refused(experiment: Experiment, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no trained policy \(policy.json\)"):
        trained(tmp_path, experiment)


class Payload:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


def _archive(path: Path, trap: Path) -> None:
    """Write an archive as Stable-Baselines3 does, with a payload in every pickled field."""
    pickled = pickle.dumps(Payload(trap))
    data = {"policy_class": {":type:": "x", ":serialized:": b64encode(pickled).decode()}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", json.dumps(data))
        archive.writestr("policy.pth", pickled)
        archive.writestr("_stable_baselines3_version", "2.9.2")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """Path of a file that appears when a payload is unpickled, as is verified here once."""
    trap = tmp_path / "executed"
    pickle.loads(pickle.dumps(Payload(trap)))  # noqa: S301  # verifies that the payload works
    assert trap.exists()
    trap.unlink()
    return trap


def test_an_archive_of_sb3_is_refused_in_one_line_and_not_executed(
    experiment: Experiment, trap: Path, tmp_path: Path
) -> None:
    path = tmp_path / "model.zip"
    _archive(path, trap)
    for load in (
        lambda: trained(path, experiment),
        lambda: candidates_of(["static", str(path)], experiment),
        lambda: acting(experiment, str(path), 0),
    ):
        with pytest.raises(ConfigError, match=r"model\.zip' is a file; pickled formats") as caught:
            load()
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


def _change_weights(folder: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    path = folder / "policy.safetensors"
    content = to_safetensors(
        {name: change(value) for name, value in read_safetensors(path)[0].items()}
    )
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
    "a scale in words": lambda folder: _rewrite(folder, action={"tilt": "wide", "pace": 1}),
    "another hash": lambda folder: _rewrite(folder, sha256="0" * 64),
    "no weights": lambda folder: (folder / "policy.safetensors").unlink(),
    "weights of another size": lambda folder: _change_weights(folder, lambda weight: weight[:-1]),
    "weights that are not finite": lambda folder: _change_weights(
        folder, lambda weight: weight * np.nan
    ),
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


def test_the_record_holds_campaigns_versions_and_hash(network: Network, folder: Path) -> None:
    facts = json.loads((folder / "policy.json").read_text())
    content = (folder / "policy.safetensors").read_bytes()
    assert facts["sha256"] == hashlib.sha256(content).hexdigest()
    assert facts["versions"]["torch"] == version("torch")
    assert facts["training"]["campaigns"] == network.training.campaigns
    assert {
        array.dtype for array in read_safetensors(folder / "policy.safetensors")[0].values()
    } == {np.dtype(np.float32)}


def test_saving_leaves_two_files_and_nothing_else(folder: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == ["policy.json", "policy.safetensors"]
