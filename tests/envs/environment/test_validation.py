import gymnasium as gym
import numpy as np
import pytest

from mediagym.data.errors import ConfigError, MediaGymError
from mediagym.envs.environment.validation import (
    require_action,
    require_count,
    require_mode,
    require_seed,
)
from mediagym.envs.suite import make_env, make_vector_env

WITH_NAN = np.array([0.0, np.nan, 0.0])


@pytest.mark.parametrize("count", [0, -1, 1.5, "8", None, True, 65_537, 2**70])
def test_a_number_of_flights_is_whole_and_above_0(count):
    with pytest.raises(MediaGymError, match="num_envs"):
        require_count(count)


@pytest.mark.parametrize("seed", [-1, 1.5, "a", None, True, [1, 2]])
def test_a_seed_is_one_whole_number(seed):
    with pytest.raises(MediaGymError, match="seed"):
        require_seed(seed)


@pytest.mark.parametrize("seed", [0, 2**31, np.int64(7)])
def test_whole_numbers_of_any_kind_are_seeds(seed):
    assert require_seed(seed) == int(seed)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (np.zeros(4), r"shape \(4,\)"),
        (0.0, r"shape \(\)"),
        ([[0], [0, 0]], "different lengths"),
        (WITH_NAN, "nan"),
        ([0.0, np.inf, 0.0], "inf"),
        (np.array([None] * 3), "object"),
        (np.zeros(3, complex), "complex"),
        (["a", "b", "c"], "real numbers"),
    ],
)
def test_an_invalid_action_is_refused_with_a_message(action, message):
    with pytest.raises(MediaGymError, match=message):
        require_action(action, (3,))


@pytest.mark.parametrize("action", [[0, 1, -1], (0.5, 0.5, 0.5), np.zeros(3, np.float32)])
def test_lists_and_any_real_numbers_are_actions(action):
    assert require_action(action, (3,)).shape == (3,)


def test_a_render_mode_is_one_of_those_allowed():
    assert require_mode(None, ["ansi"]) is None
    with pytest.raises(MediaGymError, match="'human' was given; allowed: ansi"):
        gym.make("mediagym/Uncertain-S-v1", render_mode="human")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"constraints": "tight"}, "constraints: 'tight'"),
        ({"env": 3}, "env: 3"),
        ({"env": {"days": 10}}, "a flight of Uncertain-S has 30 days"),
        ({"env": {"rewrd": "counted"}}, "did you mean 'reward'"),
        ({"constraints": {"totl": 1}}, "did you mean 'total'"),
    ],
)
def test_a_mistyped_key_is_refused_by_name(argument, message):
    with pytest.raises(ConfigError, match=message):
        make_env("Uncertain-S", **argument)


def test_the_state_of_another_configuration_is_refused_and_changes_nothing():
    ours, theirs = make_vector_env(2, "Uncertain-S"), make_vector_env(2, "Uncertain-M")
    ours.reset(seed=0)
    theirs.reset(seed=0)
    before = ours.get_state()
    with pytest.raises(
        MediaGymError, match=r"9 campaigns was given; this environment has 30, 2 and 3\."
    ):
        ours.set_state(theirs.get_state())
    after = ours.get_state()
    assert all(np.array_equal(before[name], after[name]) for name in before)
