"""The vector environment as Gymnasium's API has it: autoreset modes, infos and wrappers."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import vector as wrappers

import mediagym  # noqa: F401  # registers the environments
from mediagym.data.errors import MediaGymError
from mediagym.envs.environment import BudgetEnv, BudgetVectorEnv

ENVS, KEYS = 3, {"spend", "reported", "conversions", "cost"}
ID = "mediagym/Full-S-v1"


@pytest.fixture
def make(problem, posterior, env_settings):
    """Makes environments of flights in lockstep over the training draws."""

    def make(mode=AutoresetMode.SAME_STEP, num_envs=ENVS):
        return BudgetVectorEnv(
            problem, posterior.training(), env_settings, num_envs, autoreset_mode=mode
        )

    return make


def actions_of(env, steps, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (steps, *env.action_space.shape))


@pytest.mark.parametrize("mode", ["NextStep", AutoresetMode.NEXT_STEP])
def test_the_next_flight_starts_in_the_step_after_the_last_day(make, problem, mode):
    env, same = make(mode), make()
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert same.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    actions = actions_of(env, problem.days + 2)
    env.reset(seed=4), same.reset(seed=4)
    for action in actions[: problem.days]:
        ours, theirs = env.step(action), same.step(action)
        np.testing.assert_array_equal(ours[1], theirs[1])
        np.testing.assert_array_equal(ours[2], theirs[2])
    assert ours[2].all()
    np.testing.assert_array_equal(ours[0], theirs[4]["final_obs"])
    observation, reward, terminated, truncated, infos = env.step(np.full_like(action, 0.7))
    np.testing.assert_array_equal(observation, theirs[0])
    assert not np.any([reward, terminated, truncated])
    assert infos == {}
    ours, theirs = env.step(actions[-1]), same.step(actions[-1])
    np.testing.assert_array_equal(ours[0], theirs[0])


def test_flights_on_different_days_restart_each_in_its_next_step(make, problem):
    env, mask = make("NextStep"), np.array([False, True, False])
    env.reset(seed=0)
    actions = actions_of(env, 2 * problem.days + 3)
    for action in actions[:4]:
        env.step(action)
    env.reset(options={"reset_mask": mask})
    ends = np.array([env.step(action)[2] for action in actions[4:]])
    first, second = (np.flatnonzero(row) for row in (ends[:, 0], ends[:, 1]))
    assert first.tolist() == [problem.days - 5, 2 * problem.days - 4]
    assert second.tolist() == [problem.days - 1]
    np.testing.assert_array_equal(ends[:, 0], ends[:, 2])


def test_a_step_that_only_restarts_some_flights_masks_them(make, problem):
    env, mask = make("NextStep"), np.array([False, True, False])
    env.reset(seed=0)
    env.step(actions_of(env, 1)[0])
    env.reset(options={"reset_mask": mask})
    for action in actions_of(env, problem.days):
        _, reward, _, _, infos = env.step(action)
    for key in KEYS:  # the first and the last flight ended in the step before
        np.testing.assert_array_equal(infos[f"_{key}"], mask)
        assert not infos[key][~mask].any()
    assert not reward[~mask].any()


def test_without_an_autoreset_a_flight_that_is_over_is_refused_until_it_is_reset(make, problem):
    env = make("Disabled")
    env.reset(seed=0)
    actions = actions_of(env, problem.days + 1)
    for action in actions[:-1]:
        _, _, terminated, _, infos = env.step(action)
    assert terminated.all()
    assert infos["_spend"].all()
    assert "final_obs" not in infos
    with pytest.raises(MediaGymError, match=r"flights are over; call reset"):
        env.step(actions[-1])
    env.reset(options={"reset_mask": terminated})
    env.step(actions[-1])


@pytest.mark.parametrize("mode", ["next", None, 3, []])
def test_an_unknown_mode_is_refused_with_the_known_ones(make, mode):
    with pytest.raises(MediaGymError, match="allowed: NextStep, SameStep, Disabled"):
        make(mode)


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_a_state_continues_in_every_mode(make, problem, mode):
    env, other = make(mode), make(mode)
    env.reset(seed=1)
    for action in actions_of(env, problem.days):
        env.step(action)
    other.set_state(env.get_state())
    if mode is AutoresetMode.DISABLED:
        env.reset(), other.reset()
    for action in actions_of(env, 3, seed=1):
        np.testing.assert_array_equal(env.step(action)[0], other.step(action)[0])


def test_infos_are_those_of_single_flights(make, problem, posterior, env_settings):
    env = make()
    env.reset(seed=2)
    actions = actions_of(env, problem.days)
    infos = [env.step(action)[4] for action in actions]
    assert set(infos[0]) == KEYS | {f"_{key}" for key in KEYS}
    assert set(infos[-1]) == {"final_obs", "_final_obs", "final_info", "_final_info"}
    single = BudgetEnv(problem, posterior.training(), env_settings)
    for i in range(ENVS):
        single.reset(seed=2 if i == 0 else None)
        for action, row in zip(actions, [*infos[:-1], infos[-1]["final_info"]], strict=True):
            info = single.step(action[i])[4]
            assert set(info) == KEYS
            for key, value in info.items():
                np.testing.assert_array_equal(row[key][i], value)
                assert row[f"_{key}"].all()


def test_the_cost_is_the_dollars_between_request_and_allowed_set(make, problem, env_settings):
    env = make(num_envs=16)
    env.reset(seed=0)
    still = np.zeros(env.action_space.shape)
    _, _, _, _, infos = env.step(still)
    allowed = infos["cost"].copy()
    assert (allowed < 0.1 * infos["spend"].sum(-1)).all()
    tilted = still.copy()
    tilted[:, 1:] = np.where(np.arange(still.shape[1] - 1) % 2, 1, -1)
    before = env.get_state()
    _, reward, _, _, infos = env.step(tilted)
    assert (infos["cost"] > 1).all()
    settings = env_settings.model_copy(update={"distance_penalty": 1.0})
    penalised = type(env)(env.batch.problem, env.batch.source, settings, 16)
    penalised.set_state(before)
    lost = reward - penalised.step(tilted)[1]  # the penalty is per dollar of the day's request
    assert np.corrcoef(lost, infos["cost"])[0, 1] > 0.99


def test_infos_are_the_callers_own(make):
    env, other = make(), make()
    env.reset(seed=0), other.reset(seed=0)
    first, second = actions_of(env, 2)
    for array in env.step(first)[4].values():
        array[...] = 7
    other.step(first)
    np.testing.assert_array_equal(env.step(second)[0], other.step(second)[0])


WORKS = {  # wrapper of vectors -> modes in which it works
    wrappers.RecordEpisodeStatistics: ["SameStep", "NextStep", "Disabled"],
    wrappers.NormalizeReward: ["SameStep", "NextStep", "Disabled"],
    wrappers.ClipReward: ["SameStep", "NextStep", "Disabled"],
    wrappers.ClipAction: ["SameStep", "NextStep", "Disabled"],
    wrappers.FlattenObservation: ["NextStep", "Disabled"],
    wrappers.NormalizeObservation: ["NextStep"],
    wrappers.DictInfoToList: ["SameStep", "NextStep", "Disabled"],
}
ARGUMENTS = {wrappers.ClipReward: {"min_reward": -1.0, "max_reward": 1.0}}


@pytest.mark.parametrize("wrapper", WORKS, ids=lambda wrapper: wrapper.__name__)
@pytest.mark.parametrize("mode", [mode.value for mode in AutoresetMode])
def test_wrappers_work_in_the_modes_that_the_page_lists(wrapper, mode):
    env = gym.make_vec(ID, num_envs=2, autoreset_mode=mode)
    if mode not in WORKS[wrapper]:
        with pytest.raises((ValueError, AssertionError)):
            wrapper(env)
        return
    env = wrapper(env, **ARGUMENTS.get(wrapper, {}))
    env.reset(seed=0)
    env.action_space.seed(0)
    ends = 0
    for _ in range(62):
        observation, _, terminated, _, infos = env.step(env.action_space.sample())
        assert observation.shape == env.observation_space.shape
        ends += int(terminated.all())
        if wrapper is wrappers.RecordEpisodeStatistics and terminated.all():
            assert (infos["episode"]["l"] == 30).all()
        if wrapper is wrappers.DictInfoToList:
            assert len(infos) == 2
        if mode == "Disabled" and terminated.all():
            env.reset()
    assert ends == 2


def test_statistics_are_the_same_in_all_modes():
    sums = []
    for mode in ("SameStep", "NextStep"):
        env = wrappers.RecordEpisodeStatistics(gym.make_vec(ID, num_envs=2, autoreset_mode=mode))
        env.reset(seed=0)
        for action in np.random.default_rng(0).uniform(-1, 1, (30, *env.action_space.shape)):
            infos = env.step(action)[4]
        sums.append(infos["episode"]["r"])
    np.testing.assert_array_equal(*sums)
