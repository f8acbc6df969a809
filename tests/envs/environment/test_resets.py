"""Resets of environments: seeds, episodes, masks and states."""

import numpy as np
import pytest
from helpers.subjects.flights import ENVS, actions_of, roll

from mediagym.data.errors import MediaGymError


def test_a_seed_decides_the_flight_and_the_next_one_differs(single):
    env, actions = single(), np.random.default_rng(0).uniform(-1, 1, (5, 10))

    def conversions(seed):
        env.reset(seed=seed)
        return [env.step(action.astype(np.float32))[4]["conversions"] for action in actions]

    first, following, again, other = (conversions(seed) for seed in (5, None, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, following)
    assert not np.array_equal(first, other)


def test_invalid_seeds_are_refused(vector):
    for seed in (-1, [1, 2, 3, -1]):
        with pytest.raises(MediaGymError, match="-1"):
            vector().reset(seed=seed)
    with pytest.raises(MediaGymError, match=r"3 seeds .* each of the 4 environments"):
        vector().reset(seed=[1, 2, 3])


@pytest.mark.parametrize(
    "nested", [[[1], [2, 3], 4, 5], [[1], [2], [3], [4]], np.ones((4, 1), int)]
)
def test_seeds_within_seeds_are_refused_by_the_first(nested, vector):
    with pytest.raises(MediaGymError, match=r"\[1\]\): expected a whole number"):
        vector().reset(seed=nested)


def test_seeds_may_be_an_array(vector):
    env, seeds = vector(), [5, 3, 3, 2**40]
    expected = env.reset(seed=seeds)[0].copy()
    np.testing.assert_array_equal(env.reset(seed=np.array(seeds))[0], expected)
    with pytest.raises(MediaGymError, match="1 seeds were given"):
        env.reset(seed=np.array(5))


def test_a_reset_continues_from_a_given_episode(vector):
    env = vector()
    actions = actions_of(env, env.batch.problem.days)
    roll(env, actions)  # the last day starts the second flights
    expected = env.step(actions[0])[0]
    again = vector()
    again.reset(seed=3, options={"episode": env.num_envs})
    np.testing.assert_array_equal(again.step(actions[0])[0], expected)


def test_each_environment_of_a_list_of_seeds_flies_as_a_single_one(single, vector, problem):
    env, seeds = vector(), [5, 3, 3, 2**40]
    actions = actions_of(env, problem.days + 2)
    observations, rewards, _ = roll_from(env.reset(seed=seeds)[0], env, actions)
    for i, seed in enumerate(seeds):
        one = single()
        np.testing.assert_array_equal(one.reset(seed=seed)[0], observations[0][i])
        for day, action in enumerate(actions):
            observation, reward, over, _, _ = one.step(action[i])
            assert reward == rewards[day][i]
            observation = one.reset()[0] if over else observation
            np.testing.assert_array_equal(observation, observations[day + 1][i])


def roll_from(first, env, actions):
    """Observations from the first on, rewards and ends under actions."""
    steps = [env.step(action) for action in actions]
    return [first, *(s[0] for s in steps)], [s[1] for s in steps], [s[2] for s in steps]


def test_none_in_a_list_of_seeds_continues_that_sequence(vector):
    env, other = vector(), vector()
    env.reset(seed=3)
    env.reset(seed=[None, 7, None, None])
    other.reset(seed=3)
    other.reset()
    (action,) = actions_of(env, 1)
    again, following = env.step(action)[1], other.step(action)[1]
    np.testing.assert_array_equal(again[[0, 2, 3]], following[[0, 2, 3]])
    assert not np.array_equal(again[1], following[1])


@pytest.mark.parametrize("days", [0, 4])
def test_a_mask_starts_only_its_flights_anew(vector, problem, days):
    env, whole, fresh = vector(), vector(), vector()
    mask = np.array([False, True, False, True])
    actions = actions_of(env, problem.days + days)
    env.reset(seed=3), whole.reset(seed=3)
    for action in actions[:days]:
        before = env.step(action)[0]
        whole.step(action)
    start, _ = env.reset(seed=9, options={"reset_mask": mask})
    expected, _ = fresh.reset(seed=9)
    np.testing.assert_array_equal(start[mask], expected[mask])
    if days:
        np.testing.assert_array_equal(start[~mask], before[~mask])
    for day, action in enumerate(actions[days:], days):
        observed, reward, over, _, infos = env.step(action)
        old, new = whole.step(action), fresh.step(action)
        np.testing.assert_array_equal(reward, np.where(mask, new[1], old[1]))
        assert over.tolist() == np.where(mask, new[2], old[2]).tolist()
        if over.any():
            np.testing.assert_array_equal(infos["_final_obs"], over)
            source = new if day + 1 == problem.days + days else old
            rows = mask if source is new else ~mask
            if days:
                np.testing.assert_array_equal(
                    infos["final_obs"][rows], source[4]["final_obs"][rows]
                )
        kept = ~mask & ~over
        np.testing.assert_array_equal(observed[kept], old[0][kept])
    np.testing.assert_array_equal(env.reset(seed=1)[0], fresh.reset(seed=1)[0])


def test_flights_on_different_days_continue_from_their_state(vector):
    env, other = vector(), vector()
    mask = np.array([True, False, False, True])
    actions = actions_of(env, 8)
    env.reset(seed=3)
    for action in actions[:4]:
        env.step(action)
    env.reset(seed=[5, None, None, 6], options={"reset_mask": mask})
    env.step(actions[4])
    observed = other.set_state(env.get_state())
    np.testing.assert_array_equal(observed, env.set_state(env.get_state()))
    for action in actions[5:]:
        np.testing.assert_array_equal(env.step(action)[0], other.step(action)[0])
    np.testing.assert_array_equal(env.reset()[0], other.reset()[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reset_maks": None}, "unknown option 'reset_maks'; allowed: episode, reset_mask"),
        ({"reset_mask": [True] * ENVS}, "reset_mask: list"),
        ({"reset_mask": np.ones(ENVS + 1, bool)}, r"reset_mask: bool \(5,\)"),
        ({"reset_mask": np.ones(ENVS)}, "reset_mask: float64"),
        ({"reset_mask": np.zeros(ENVS, bool)}, "reset_mask: all False"),
        ({"reset_mask": np.arange(ENVS) == 1}, "no flight is in progress"),
        ({"episode": -1}, "episode"),
        ({"episode": 2**63}, "episode"),
        ("episode", "expected a mapping"),
    ],
)
def test_an_option_that_is_not_allowed_is_refused_by_name(vector, single, options, message):
    with pytest.raises(MediaGymError, match=message):
        vector().reset(options=options)
    if "reset_mask" in options:
        with pytest.raises(MediaGymError, match="unknown option 'reset_mask'; allowed: episode"):
            single().reset(options=options)
