from typing import Any

import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecMonitor, VecNormalize

from mediagym.agents.experiment import Experiment
from mediagym.agents.training import SB3Envs
from mediagym.envs.environment import BudgetVectorEnv

COUNT = 3


@pytest.fixture
def envs(experiment: Experiment) -> SB3Envs:
    batch = BudgetVectorEnv(
        experiment.problem, experiment.posterior.training(), experiment.env, COUNT
    )
    return SB3Envs(batch)


def _actions(envs: SB3Envs, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (COUNT, *envs.action_space.shape)).astype(np.float32)


def _episode(envs: SB3Envs) -> tuple[np.ndarray, list[Any]]:
    """Rewards (days, flights) and results of all steps."""
    steps = [envs.step(_actions(envs, day)) for day in range(30)]
    return np.stack([step[1] for step in steps]), steps


def test_shapes_and_types_are_those_of_a_vecenv(envs: SB3Envs) -> None:
    observation = envs.reset()
    assert observation.shape == (COUNT, *envs.observation_space.shape)
    assert observation.dtype == np.float32
    observation, reward, ended, infos = envs.step(_actions(envs))
    assert observation.shape == (COUNT, *envs.observation_space.shape)
    assert reward.shape == ended.shape == (COUNT,)
    assert reward.dtype == np.float32
    assert ended.dtype == bool
    assert isinstance(infos, list)
    assert len(infos) == COUNT


def test_an_episode_ends_with_its_last_observation_and_its_return(envs: SB3Envs) -> None:
    envs.seed(3)
    envs.reset()
    reward, steps = _episode(envs)
    for _, _, ended, infos in steps[:-1]:
        assert not ended.any()
        assert infos == [{}] * COUNT
    observation, _, ended, infos = steps[-1]
    assert ended.all()
    for k, info in enumerate(infos):
        assert info["terminal_observation"].shape == envs.observation_space.shape
        assert not np.array_equal(info["terminal_observation"], observation[k])  # the next one's
        assert info["episode"]["l"] == 30
        assert info["episode"]["r"] == pytest.approx(reward[:, k].sum(), rel=1e-4, abs=1e-5)


def test_the_end_of_an_episode_is_not_a_truncation(envs: SB3Envs) -> None:
    envs.reset()
    _, steps = _episode(envs)
    for info in steps[-1][3]:
        assert not info.get("TimeLimit.truncated", False)


def test_returns_start_at_zero_in_every_episode(envs: SB3Envs) -> None:
    envs.reset()
    _episode(envs)
    reward, steps = _episode(envs)
    for k, info in enumerate(steps[-1][3]):
        assert info["episode"]["r"] == pytest.approx(reward[:, k].sum(), rel=1e-4, abs=1e-5)


def test_a_reset_within_an_episode_drops_its_return(envs: SB3Envs) -> None:
    envs.reset()
    envs.step(_actions(envs))
    envs.reset()
    reward, steps = _episode(envs)
    for k, info in enumerate(steps[-1][3]):
        assert info["episode"]["r"] == pytest.approx(reward[:, k].sum(), rel=1e-4, abs=1e-5)


def test_environments_share_no_info(envs: SB3Envs) -> None:
    envs.reset()
    _, steps = _episode(envs)
    for step in steps:
        assert len({id(info) for info in step[3]}) == COUNT
    last = steps[-1][3]
    last[0]["more"] = 1
    assert "more" not in last[1]
    assert last[0]["episode"] is not last[1]["episode"]


def test_returned_arrays_do_not_change_later(envs: SB3Envs) -> None:
    observation = envs.reset()
    copy = observation.copy()
    _, steps = _episode(envs)
    np.testing.assert_array_equal(observation, copy)
    final = [info["terminal_observation"].copy() for info in steps[-1][3]]
    rewards = [step[1].copy() for step in steps]
    _episode(envs)
    for info, before in zip(steps[-1][3], final, strict=True):
        np.testing.assert_array_equal(info["terminal_observation"], before)
    for step, before in zip(steps, rewards, strict=True):
        np.testing.assert_array_equal(step[1], before)


def test_episodes_depend_on_the_seed(envs: SB3Envs) -> None:
    runs = []
    for seed in (7, 7, 8):
        envs.seed(seed)
        first = envs.reset()
        runs.append((first, _episode(envs)[0]))
    np.testing.assert_array_equal(runs[0][0], runs[1][0])
    np.testing.assert_array_equal(runs[0][1], runs[1][1])
    assert not np.array_equal(runs[0][1], runs[2][1])


def test_a_seed_applies_to_one_reset(envs: SB3Envs) -> None:
    envs.seed(7)
    envs.reset()
    one = _episode(envs)[0]
    envs.reset()
    assert not np.array_equal(_episode(envs)[0], one)


def test_attributes_and_methods_return_one_value_per_environment(envs: SB3Envs) -> None:
    assert envs.get_attr("num_envs") == [COUNT] * COUNT
    assert envs.get_attr("num_envs", indices=[0]) == [COUNT]
    envs.set_attr("note", "x")
    assert envs.get_attr("note", indices=1) == ["x"]
    assert envs.env_is_wrapped(VecMonitor) == [False] * COUNT
    assert envs.env_method("render") == [None] * COUNT
    assert envs.env_method("render", indices=[0, 1]) == [None] * 2
    envs.close()


def test_the_wrappers_of_sb3_work(envs: SB3Envs) -> None:
    wrapped = VecNormalize(VecMonitor(envs))
    wrapped.seed(1)
    assert np.isfinite(wrapped.reset()).all()
    for day in range(31):
        observation, reward, ended, infos = wrapped.step(_actions(envs, day))
        assert np.isfinite(observation).all()
        assert np.isfinite(reward).all()
        assert ended.all() == (day == 29)
        assert ("episode" in infos[0]) == (day == 29)
