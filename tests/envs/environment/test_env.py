"""Single and vector environments: checkers, flights, rewards, actions and pictures."""

import pickle

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as check_gymnasium
from helpers.subjects.flights import ENVS, actions_of, roll
from stable_baselines3.common.env_checker import check_env as check_sb3

from mediagym.data.errors import ConfigError, MediaGymError
from mediagym.envs.environment import EnvSettings


def test_gymnasiums_checker_passes(single):
    check_gymnasium(single("ansi"), skip_render_check=True)


@pytest.mark.parametrize("mode", ["ansi", "rgb_array"])
def test_the_checker_passes_in_any_render_mode(single, mode):
    env = single(mode)
    env.spec = None
    check_gymnasium(env, skip_render_check=True)


def test_stable_baselines_checker_passes(single):
    check_sb3(single(), warn=True)


def test_a_flight_ends_after_its_days_and_is_never_truncated(single, problem):
    env = single()
    env.reset(seed=0)
    ends = []
    for _ in range(problem.days):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        ends.append(terminated)
        assert truncated is False
    assert ends == [False] * (problem.days - 1) + [True]


def test_the_spend_in_info_adds_up_to_the_total(single, problem):
    env = single()
    env.reset(seed=1)
    spend = []
    for _ in range(problem.days):
        observed, _, _, _, info = env.step(env.action_space.sample())
        spend.append(info["spend"])
        assert info["conversions"].shape == info["spend"].shape == problem.static_plan[0].shape
        assert env.observation_space.contains(observed)
    assert np.sum(spend) == pytest.approx(problem.constraints.total, rel=1e-12)


def test_a_vector_equals_single_flights_bitwise(single, vector, problem):
    many, one = vector(), single()
    actions = actions_of(many, problem.days)
    observed, rewards, _ = roll(many, actions)
    for i in range(ENVS):
        observation, _ = one.reset(seed=3) if i == 0 else one.reset()
        assert np.array_equal(observation, observed[0, i])
        for t in range(problem.days):
            observation, reward, over, _, _ = one.step(actions[t, i])
            assert reward == rewards[t, i]
            if not over:
                assert np.array_equal(observation, observed[t + 1, i])


def test_a_flight_does_not_depend_on_how_many_there_are(vector, problem):
    few, many = vector(4), vector(8)
    short = problem.days - 1  # then the episode numbers differ
    ours = roll(few, actions_of(few, short))
    theirs = roll(many, actions_of(many, short))
    assert np.array_equal(ours[0], theirs[0][:, :4])
    assert np.array_equal(ours[1], theirs[1][:, :4])


def test_a_vector_restarts_on_the_step_that_ends_the_flight(vector, problem):
    env = vector()
    assert env.metadata["autoreset_mode"] == gym.vector.AutoresetMode.SAME_STEP
    first, _ = env.reset(seed=0)
    actions = actions_of(env, 2 * problem.days)
    for t, action in enumerate(actions, start=1):
        observed, reward, terminated, truncated, info = env.step(action)
        assert env.observation_space.contains(observed)
        assert reward.shape == terminated.shape == truncated.shape == (ENVS,)
        assert not truncated.any()
        over = t % problem.days == 0
        assert (terminated == over).all()
        assert ("final_obs" in info) == over
        if over:
            assert info["_final_obs"].all()
            days_left = 7
            assert (info["final_obs"][:, days_left] == 0).all()
            assert (observed[:, days_left] == 1).all()
    assert env.batch.trace == []
    assert np.array_equal(env.reset(seed=0)[0], first)


def test_the_next_flights_have_other_noise(vector, problem):
    env = vector()
    still = np.zeros((2 * problem.days, *env.action_space.shape), np.float32)
    observed, _, _ = roll(env, still)
    assert not np.array_equal(observed[1], observed[problem.days + 1])


def test_gymnasiums_wrappers_accept_the_vector(vector, problem):
    env = gym.wrappers.vector.RecordEpisodeStatistics(vector())
    env.reset(seed=0)
    for action in actions_of(env, problem.days):
        _, _, _, _, info = env.step(action)
    assert (info["episode"]["l"] == problem.days).all()


@pytest.fixture(scope="module")
def plan_around(env_settings):
    """Scales of actions of which 0 is the static plan."""
    return env_settings.action.model_copy(update={"follow": 0.0})


def test_the_static_plan_has_no_reward_relative_to_itself(vector, problem, plan_around):
    env = vector(action=plan_around)
    still = np.zeros((problem.days, *env.action_space.shape), np.float32)
    _, rewards, _ = roll(env, still)
    np.testing.assert_allclose(rewards, 0, atol=1e-6)


def test_the_absolute_reward_is_the_share_of_the_plans_mean_day(vector, problem):
    env = vector(64, relative=False)
    still = np.zeros((problem.days, *env.action_space.shape), np.float32)
    _, rewards, _ = roll(env, still)
    assert rewards.mean() == pytest.approx(1, abs=0.15)


def test_counted_rewards_average_to_the_expected_ones(vector, problem):
    days = problem.days
    still = np.zeros((days, 256, 1 + len(problem.constraints.names)), np.float32)
    counted, expected = (
        roll(vector(256, relative=False, reward=reward), still)[1]
        for reward in ("counted", "expected")
    )
    noise = counted - expected
    assert np.abs(noise).max() > 0.05
    assert abs(noise.mean()) < 5 * noise.std() / np.sqrt(noise.size)


def test_a_pickled_environment_continues_as_the_original(single, vector):
    for env in (single(), vector()):
        env.reset(seed=2)
        env.action_space.seed(0)
        actions = [env.action_space.sample() for _ in range(8)]
        for action in actions[:3]:
            env.step(action)
        copy = pickle.loads(pickle.dumps(env))  # noqa: S301
        for action in actions[3:]:
            ours, theirs = env.step(action), copy.step(action)
            assert np.array_equal(ours[0], theirs[0])
            assert np.array_equal(ours[1], theirs[1])
        assert np.array_equal(env.reset()[0], copy.reset()[0])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_an_action_that_is_not_finite_is_refused(single, vector, wrong):
    for env in (single(), vector()):
        env.reset(seed=0)
        action = np.zeros(env.action_space.shape, np.float32)
        action[..., 2] = wrong
        with pytest.raises(MediaGymError, match=r"(nan|inf).*finite number in \[-1, 1\]"):
            env.step(action)
        env.step(np.zeros(env.action_space.shape, np.float32))  # the state is unchanged


@pytest.mark.parametrize("shape", [(), (9,), (11,), (1, 10), (3, 10)])
def test_an_action_of_another_shape_is_refused(single, vector, shape):
    for env in (single(), vector()):
        env.reset(seed=0)
        with pytest.raises(MediaGymError, match=r"shape .* was given; expected"):
            env.step(np.zeros(shape, np.float32))


def test_actions_outside_the_box_are_clipped(single):
    spends = []
    for size in (1, 5):
        env = single()
        env.reset(seed=0)
        action = np.where(np.arange(10) % 2, size, -size).astype(np.float32)
        spends.append(env.step(action)[4]["spend"])
    assert np.array_equal(*spends)


def test_a_step_without_a_flight_is_refused(single, vector, problem):
    for env in (single(), vector()):
        with pytest.raises(MediaGymError, match="reset"):
            env.step(np.zeros(env.action_space.shape, np.float32))
    env = single()
    env.reset(seed=0)
    for _ in range(problem.days):
        env.step(env.action_space.sample())
    with pytest.raises(MediaGymError, match="reset"):
        env.step(env.action_space.sample())


@pytest.mark.parametrize("days", [0, 1, 30])
def test_a_flight_can_be_rendered_at_any_time(single, vector, days):
    for make in (single, vector):
        env = make(render_mode="rgb_array")
        env.reset(seed=0)
        for _ in range(days):
            env.step(env.action_space.sample())
        picture = env.render()
        assert picture.dtype == np.uint8
        assert picture.ndim == 3
        assert picture.shape[2] == 3


def test_the_text_shows_each_campaigns_dollars(single, problem):
    env = single("ansi")
    env.reset(seed=0)
    for _ in range(2):
        _, _, _, _, info = env.step(env.action_space.sample())
    text = env.render()
    assert text.startswith("day 2, ")
    for name in problem.constraints.names:
        assert name in text
    assert f"of {problem.constraints.total:,.2f}" in text
    spent = sum(spend for spend, _ in env.batch.trace)
    assert f"{spent[0]:,.2f}" in text
    assert info["spend"].sum() < spent.sum()


def test_without_a_mode_nothing_is_rendered(single, vector):
    for env in (single(), vector()):
        env.reset(seed=0)
        assert env.render() is None


@pytest.mark.parametrize(
    ("key", "value"),
    [("days", 1), ("reward", "clicks"), ("relative", None), ("action", {"tilt": -1, "pace": 0.3})],
)
def test_settings_are_refused_by_key(conf, key, value):
    with pytest.raises(ConfigError, match=rf"env\.{key}"):
        EnvSettings.of(conf("env/default.yaml") | {key: value}, "env")


def test_dollars_moved_by_the_projection_cost_the_penalty(vector, plan_around):
    days = 5
    free = vector(action=plan_around)
    penalised = vector(action=plan_around, distance_penalty=2.0)
    actions = actions_of(free, days)
    observed, reward, _ = roll(free, actions)
    same, less, _ = roll(penalised, actions)
    np.testing.assert_array_equal(observed, same)
    moved = (reward - less) / 2.0
    assert (moved >= 0).all()
    assert (
        moved <= 2 + 1e-9
    ).all()  # all of the day's dollars leave one campaign and enter another
    assert moved.max() > 0.01
    still, _ = roll(free, np.zeros_like(actions))[1:]
    also, _ = roll(penalised, np.zeros_like(actions))[1:]
    np.testing.assert_allclose(still, also, atol=1e-6)  # the plan itself is feasible
