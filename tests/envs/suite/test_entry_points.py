"""What ``gym.make`` and ``gym.make_vec`` take and refuse."""

import gymnasium as gym
import pytest

import mediagym  # noqa: F401  # registers the environments
from mediagym.data.errors import ConfigError
from mediagym.data.storage import shipped_yaml
from mediagym.envs.suite import task_of

TASK = "Uncertain-S"
ID = task_of(TASK).id
CALIBRATED = next(key for key in gym.registry if key.startswith("mediagym/Calibrated-"))
MAKERS = [
    pytest.param(lambda **keys: gym.make(ID, **keys).unwrapped, id="task"),
    pytest.param(lambda **keys: gym.make_vec(ID, num_envs=2, **keys), id="batch of a task"),
    pytest.param(lambda **keys: gym.make(CALIBRATED, **keys).unwrapped, id="calibrated"),
    pytest.param(lambda **keys: gym.make_vec(CALIBRATED, num_envs=2, **keys), id="batch of it"),
]


@pytest.mark.parametrize("make", MAKERS)
def test_settings_that_are_given_are_laid_over_the_defaults_at_any_depth(make):
    action = make(env={"action": {"follow": 0.5}}).batch.settings.action.model_dump()
    assert action == shipped_yaml("env/default")["action"] | {"follow": 0.5}


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"action": {"folow": 0.5}}, r"env\.action\.folow: unknown key; allowed here: .*'follow'"),
        ({"rewrad": "counted"}, r"env\.rewrad: unknown key; allowed here: .*'reward'"),
        ({"action": {"follow": 2}}, r"env\.action\.follow: got 2; .*less than or equal to 1"),
        ({"action": 0.5}, r"env\.action: got 0\.5"),
        (0.5, r"env: 0\.5 was given; expected a mapping"),
    ],
)
def test_settings_that_are_not_allowed_are_refused_in_one_line(make, changes, message):
    with pytest.raises(ConfigError, match=message) as error:
        make(env=changes)
    assert "\n" not in str(error.value)
