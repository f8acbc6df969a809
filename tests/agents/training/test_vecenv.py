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
    """Rewards (days, flights), and what every step returned."""
    steps = [envs.step(_actions(envs, day)) for day in range(30)]
    return np.stack([step[1] for step in steps]), steps


def test_shapes_and_types_are_those_that_sb3_wants(envs: SB3Envs) -> None:
    seen = envs.reset()
    assert seen.shape == (COUNT, *envs.observation_space.shape)
    assert seen.dtype == np.float32
    seen, reward, over, infos = envs.step(_actions(envs))
    assert seen.shape == (COUNT, *envs.observation_space.shape)
    assert reward.shape == over.shape == (COUNT,)
    assert reward.dtype == np.float32
    assert over.dtype == bool
    assert isinstance(infos, list)
    assert len(infos) == COUNT


def test_an_episode_ends_with_its_last_observation_and_its_return(envs: SB3Envs) -> None:
    envs.seed(3)
    envs.reset()
    reward, steps = _episode(envs)
    for _, _, over, infos in steps[:-1]:
        assert not over.any()
        assert infos == [{}] * COUNT
    seen, _, over, infos = steps[-1]
    assert over.all()
    for k, info in enumerate(infos):
        assert info["terminal_observation"].shape == envs.observation_space.shape
        assert not np.array_equal(info["terminal_observation"], seen[k])  # that is the next flight
        assert info["episode"]["l"] == 30
        assert info["episode"]["r"] == pytest.approx(reward[:, k].sum(), rel=1e-4, abs=1e-5)


def test_an_episode_that_ends_for_good_is_not_called_cut_short(envs: SB3Envs) -> None:
    envs.reset()
    _, steps = _episode(envs)
    for info in steps[-1][3]:
        assert not info.get("TimeLimit.truncated", False)


def test_returns_start_anew_with_every_episode(envs: SB3Envs) -> None:
    envs.reset()
    _episode(envs)
    reward, steps = _episode(envs)
    for k, info in enumerate(steps[-1][3]):
        assert info["episode"]["r"] == pytest.approx(reward[:, k].sum(), rel=1e-4, abs=1e-5)


def test_a_reset_in_between_drops_the_return_so_far(envs: SB3Envs) -> None:
    envs.reset()
    envs.step(_actions(envs))
    envs.reset()
    reward, steps = _episode(envs)
    for k, info in enumerate(steps[-1][3]):
        assert info["episode"]["r"] == pytest.approx(reward[:, k].sum(), rel=1e-4, abs=1e-5)


def test_flights_share_no_info(envs: SB3Envs) -> None:
    envs.reset()
    _, steps = _episode(envs)
    for step in steps:
        assert len({id(info) for info in step[3]}) == COUNT
    last = steps[-1][3]
    last[0]["more"] = 1
    assert "more" not in last[1]
    assert last[0]["episode"] is not last[1]["episode"]


def test_what_was_returned_does_not_change_later(envs: SB3Envs) -> None:
    seen = envs.reset()
    kept = seen.copy()
    _, steps = _episode(envs)
    np.testing.assert_array_equal(seen, kept)
    final = [info["terminal_observation"].copy() for info in steps[-1][3]]
    rewards = [step[1].copy() for step in steps]
    _episode(envs)
    for info, before in zip(steps[-1][3], final, strict=True):
        np.testing.assert_array_equal(info["terminal_observation"], before)
    for step, before in zip(steps, rewards, strict=True):
        np.testing.assert_array_equal(step[1], before)


def test_a_seed_repeats_the_flights_and_another_does_not(envs: SB3Envs) -> None:
    runs = []
    for seed in (7, 7, 8):
        envs.seed(seed)
        begin = envs.reset()
        runs.append((begin, _episode(envs)[0]))
    np.testing.assert_array_equal(runs[0][0], runs[1][0])
    np.testing.assert_array_equal(runs[0][1], runs[1][1])
    assert not np.array_equal(runs[0][1], runs[2][1])


def test_a_seed_counts_once(envs: SB3Envs) -> None:
    envs.seed(7)
    envs.reset()
    one = _episode(envs)[0]
    envs.reset()
    assert not np.array_equal(_episode(envs)[0], one)


def test_attributes_and_methods_answer_once_a_flight(envs: SB3Envs) -> None:
    assert envs.get_attr("num_envs") == [COUNT] * COUNT
    assert envs.get_attr("num_envs", indices=[0]) == [COUNT]
    envs.set_attr("note", "x")
    assert envs.get_attr("note", indices=1) == ["x"]
    assert envs.env_is_wrapped(VecMonitor) == [False] * COUNT
    assert envs.env_method("render") == [None] * COUNT
    assert envs.env_method("render", indices=[0, 1]) == [None] * 2
    envs.close()


def test_it_works_under_sb3_s_own_wrappers(envs: SB3Envs) -> None:
    wrapped = VecNormalize(VecMonitor(envs))
    wrapped.seed(1)
    assert np.isfinite(wrapped.reset()).all()
    for day in range(31):
        seen, reward, over, infos = wrapped.step(_actions(envs, day))
        assert np.isfinite(seen).all()
        assert np.isfinite(reward).all()
        assert over.all() == (day == 29)
        assert ("episode" in infos[0]) == (day == 29)
