"""What ``gym.make`` and ``gym.make_vec`` take and refuse."""

import gc

import gymnasium as gym
import numpy as np
import pytest
import yaml
from numba.core.dispatcher import Dispatcher

import mediagym  # noqa: F401  # registers the environments
from mediagym.data.errors import ConfigError
from mediagym.data.storage import CONF, ROOT, shipped_yaml
from mediagym.envs.environment import EnvSettings
from mediagym.envs.suite import every_task, task_of
from mediagym.envs.suite.names import former_ids

TASK = "Uncertain-S"
ID = task_of(TASK).id
CALIBRATED = "mediagym/Calibrated-v1"
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


def group_of_the_commands():
    """The file of the group ``env`` that training, evaluation and planning share."""
    text = (CONF / "problem.yaml").read_text(encoding="utf-8")
    return next(part["env"] for part in yaml.safe_load(text)["defaults"] if "env" in part)


@pytest.mark.parametrize("make", MAKERS)
def test_an_action_means_the_same_as_under_the_commands(make):
    default = EnvSettings.of(shipped_yaml(f"env/{group_of_the_commands()}"), "env")
    assert make().batch.settings.action == default.action
    assert default.action.follow == 1


@pytest.mark.parametrize("former", [*former_ids(), "mediagym/Calibrated-v0"])
def test_an_id_of_v0_is_refused_with_that_of_v1_and_the_former_meaning(former):
    current = former.replace("-v0", "-v1")
    assert current in gym.registry
    for make in (gym.make, gym.make_vec):
        with (
            pytest.warns(DeprecationWarning, match="v1"),
            pytest.raises(ConfigError, match=f"{former}: .* Use {current}") as error,
        ):
            make(former, split="test")
        assert 'env={"action": {"follow": 0.0}}' in str(error.value)
        assert "\n" not in str(error.value)


def test_every_task_has_a_former_id():
    assert sorted(former_ids()) == sorted(f"mediagym/{key}-v0" for key, _ in every_task())


def test_the_former_meaning_of_zero_is_the_static_plan():
    env = gym.make(ID, env={"action": {"follow": 0.0}}).unwrapped
    env.reset(seed=0)
    spend = [env.step(np.zeros(env.action_space.shape))[4]["spend"] for _ in range(29)]
    plan = env.batch.problem.static_plan[:29]  # what is left after rounding is the last day's
    np.testing.assert_allclose(spend, plan, rtol=1e-9, atol=1e-6)


def files_of_the_package():
    """Size and time of every file but Python's own byte code."""
    paths = (path for path in ROOT.rglob("*") if path.suffix != ".pyc" and path.is_file())
    hidden = (".git", ".hypothesis", ".pytest_cache", ".ruff_cache", ".mypy_cache")
    ours = (path for path in paths if not set(path.relative_to(ROOT).parts) & set(hidden))
    return {path: path.stat().st_mtime_ns for path in ours}


def test_nothing_is_written_into_the_package(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = files_of_the_package()
    free = {"total": 50_000, "ramp": None, "steadiness": None}
    for env in (
        gym.make(ID),
        gym.make(CALIBRATED, constraints=free, solver={"iterations": 5, "draws": 16}),
    ):
        env.reset(seed=0)
        env.step(env.action_space.sample())
    assert files_of_the_package() == before
    assert list(tmp_path.rglob("static-*.npz"))


def test_compiled_code_is_cached_outside_the_package():
    gym.make(ID).reset(seed=0)
    found = [each for each in gc.get_objects() if issubclass(type(each), Dispatcher)]
    ours = [each for each in found if each.py_func.__module__.startswith("mediagym.")]
    assert ours
    for each in ours:
        assert not str(each.stats.cache_path).startswith(str(ROOT))
