import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import mediagym
from mediagym.data.errors import MediaGymError
from mediagym.envs.calibration import save_posterior

ID = "mediagym/Calibrated-v0"
QUICK = {"iterations": 5, "draws": 4}


@pytest.fixture(scope="module")
def folder(posterior, tmp_path_factory):
    """A calibration, as written by the command."""
    path = tmp_path_factory.mktemp("calibration")
    save_posterior(posterior, path)
    return path


def test_importing_the_package_registers_the_environment():
    assert ID in gym.registry
    assert mediagym.__version__


def test_one_flight_of_a_calibration_passes_the_checker(folder):
    env = gym.make(ID, calibration=folder, solver=QUICK)
    check_env(env.unwrapped, skip_render_check=True)
    env.close()


def test_many_flights_of_a_calibration_run_in_lockstep(folder):
    envs = gym.make_vec(ID, num_envs=3, calibration=folder, solver=QUICK)
    observation, _ = envs.reset(seed=0)
    assert observation.shape == envs.observation_space.shape
    for _ in range(30):
        _, _, over, _, _ = envs.step(envs.action_space.sample())
    assert over.all()


def test_the_static_plan_is_cached_beside_its_calibration(folder, posterior):
    first, again = (gym.make(ID, calibration=folder, solver=QUICK).unwrapped for _ in range(2))
    assert np.array_equal(first.batch.problem.static_plan, again.batch.problem.static_plan)
    cached = len(list(folder.glob("static-*.npz")))
    other = gym.make(ID, calibration=folder, solver=QUICK, constraints={"total": 100_000}).unwrapped
    assert other.batch.problem.constraints.total == 100_000
    assert other.batch.problem.static_plan.sum() == pytest.approx(100_000)
    assert len(list(folder.glob("static-*.npz"))) == cached + 1


def test_the_shipped_sample_needs_no_argument():
    env = gym.make(ID)
    observation, _ = env.reset(seed=0)
    assert env.observation_space.contains(observation)


def test_a_folder_without_a_calibration_is_named(tmp_path):
    with pytest.raises(MediaGymError, match="posterior"):
        gym.make(ID, calibration=tmp_path)


def test_an_unknown_group_is_refused(folder):
    with pytest.raises(TypeError, match="constraint"):
        gym.make(ID, calibration=folder, constraint={"total": 1})
