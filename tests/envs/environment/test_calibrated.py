import shutil
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import mediagym
from mediagym.data.errors import MediaGymError
from mediagym.data.storage import SAMPLE, write_arrays
from mediagym.envs.calibration import save_posterior

ID = "mediagym/Calibrated-v1"
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


SHIPPED = SAMPLE / "calibration"
OTHER = {"solver": QUICK, "constraints": {"total": 100_000}}


def _names(folder):
    return {path.name for path in folder.rglob("*")}


def test_a_plan_for_the_shipped_calibration_is_cached_in_the_home_folder(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    before = _names(SHIPPED)
    first = gym.make(ID, **OTHER).unwrapped.batch.problem.static_plan
    assert _names(SHIPPED) == before
    (file,) = tmp_path.rglob("static-*.npz")
    assert file.parent.name == "mediagym"
    made = file.stat().st_mtime_ns
    np.testing.assert_array_equal(gym.make(ID, **OTHER).unwrapped.batch.problem.static_plan, first)
    assert file.stat().st_mtime_ns == made
    assert capsys.readouterr().err == ""
    write_arrays(file, {"plan": 0 * first})
    np.testing.assert_array_equal(gym.make(ID, **OTHER).unwrapped.batch.problem.static_plan, first)
    assert capsys.readouterr().err.count("it is made anew") == 1


@pytest.mark.parametrize("home", [None, "file/below"], ids=["unset", "not writable"])
def test_without_a_home_folder_it_works_without_a_cache_and_says_so(
    home, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME")
    (tmp_path / "file").write_text("in the way")
    if home is not None:
        monkeypatch.setenv("HOME", str(tmp_path / home))
    before = _names(SHIPPED)
    env = gym.make(ID, **OTHER)
    assert env.unwrapped.batch.problem.constraints.total == 100_000
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("note: ")
    assert "not cached" in line if home is None else "computed again the next time" in line
    assert _names(SHIPPED) == before
    assert _names(tmp_path) == {"file"}


def test_the_shipped_plan_is_sound_and_needs_no_cache(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    gym.make(ID)
    assert capsys.readouterr().err == ""
    assert _names(tmp_path) == set()


def test_a_damaged_plan_beside_a_calibration_is_made_anew(folder, tmp_path, capsys):
    own = Path(shutil.copytree(folder, tmp_path / "own"))
    first = gym.make(ID, calibration=own, solver=QUICK).unwrapped.batch.problem.static_plan
    capsys.readouterr()
    for path in own.glob("static-*.npz"):
        path.write_bytes(path.read_bytes()[:100])
    again = gym.make(ID, calibration=own, solver=QUICK).unwrapped.batch.problem.static_plan
    np.testing.assert_array_equal(again, first)
    assert capsys.readouterr().err.count("it is made anew") == 1
