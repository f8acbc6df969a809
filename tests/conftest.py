"""Fixtures shared by all tests."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import helpers.exports as exports_module
import hypothesis
import numpy as np
import pytest
import yaml
from helpers.malformed import MUTATIONS

from mediagym.data.exports import DataSettings
from mediagym.data.history import History
from mediagym.data.storage import shipped_yaml
from mediagym.data.units import load_history
from mediagym.envs.calibration import CalibrationSettings, Posterior, Priors, calibrate
from mediagym.envs.constraints import Constraints, ConstraintSettings, parse_constraints
from mediagym.envs.environment import EnvSettings
from mediagym.envs.flight import Problem, problem_of
from mediagym.envs.market import Objective, ObjectiveSettings, Ratio
from mediagym.envs.planning import SolverSettings, static_plan
from mediagym.envs.synthetic import Advertiser, SyntheticSettings, synthesize, write_advertiser

ROOT = Path(__file__).parents[1]


hypothesis.settings.register_profile(
    "mediagym",
    deadline=None,  # machines differ in speed
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],  # ours are only read
)
hypothesis.settings.load_profile("mediagym")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs tests with the argument `malformed` once per mutation of an export folder."""
    if "malformed" in metafunc.fixturenames:
        metafunc.parametrize("malformed", MUTATIONS, ids=[each.name for each in MUTATIONS])


@pytest.fixture
def exports() -> ModuleType:
    """The module tests/helpers/exports.py."""
    return exports_module


@pytest.fixture
def export_folder(tmp_path: Path) -> Path:
    """A valid folder of exports: 60 days, 6 campaigns, no landings."""
    return exports_module.write_exports(tmp_path / "exports")


@pytest.fixture
def data_settings() -> Callable[..., DataSettings]:
    """Makes settings of a folder: the shipped defaults with overrides."""
    text = (ROOT / "conf" / "data" / "default.yaml").read_text(encoding="utf-8")

    def make(path: Path | str | None, **overrides: Any) -> DataSettings:
        return DataSettings.of({**yaml.safe_load(text), "path": path, **overrides})

    return make


@pytest.fixture
def advertiser_a() -> Path:
    """Folder of a real advertiser's exports; skips the test if it is not available."""
    folder = ROOT.parent / "shared" / "data" / "advertiser_a"
    if not folder.is_dir():
        pytest.skip("advertiser A (../shared/data/advertiser_a) is not here")
    return folder


def read_conf(path: str, /, **overrides: Any) -> dict[str, Any]:
    """A shipped YAML of the folder conf, without the launcher's keys and with overrides."""
    return {**shipped_yaml(path.removesuffix(".yaml")), **overrides}


@pytest.fixture(scope="session")
def conf() -> Callable[..., dict[str, Any]]:
    """`read_conf`: a shipped YAML by its path inside conf, with overrides."""
    return read_conf


@pytest.fixture(scope="session")
def priors() -> Priors:
    """The shipped priors, but for curves nearly apart: 96 draws are too few for shared ones.

    With so few curves that may all be S-shaped, the mean over them has several peaks.
    """
    given = read_conf("priors/default.yaml")
    given["pooling"] = given["pooling"] | {"curve": 0.4}
    given["curve"] = given["curve"] | {"less_shape": 1.0}
    return Priors.of(given, "priors")


@pytest.fixture(scope="session")
def synthetic_settings(tmp_path_factory: pytest.TempPathFactory) -> SyntheticSettings:
    """Settings of the shipped synthetic advertiser: 9 campaigns, 150 days, few landings."""
    folder = tmp_path_factory.mktemp("advertiser")
    settings = read_conf("advertiser/default.yaml", path=folder, seed=1, days=150, landings=20_000)
    return SyntheticSettings.of(settings, "synthesize")


@pytest.fixture(scope="session")
def advertiser(synthetic_settings: SyntheticSettings, priors: Priors) -> Advertiser:
    """The synthetic advertiser; its exports are in the folder of its settings."""
    synthetic = synthesize(synthetic_settings, priors)
    write_advertiser(synthetic, synthetic_settings)
    return synthetic


@pytest.fixture(scope="session")
def history(advertiser: Advertiser, synthetic_settings: SyntheticSettings) -> History:
    """History of the synthetic advertiser, loaded from its exports."""
    settings = read_conf("data/default.yaml", path=synthetic_settings.path)
    return load_history(DataSettings.of(settings))


@pytest.fixture(scope="session")
def calibration_settings() -> CalibrationSettings:
    """Settings of a one-second calibration: 64 particles, 96 draws, 32 of them held out."""
    sizes = {"particles": 64, "mcmc_steps": 2, "final_mcmc_steps": 2, "draws": 96, "held_out": 32}
    return CalibrationSettings.of(read_conf("calibration/default.yaml", **sizes), "calibration")


@pytest.fixture(scope="session")
def posterior(
    history: History, priors: Priors, calibration_settings: CalibrationSettings
) -> Posterior:
    """Coarse posterior of the synthetic advertiser."""
    return calibrate(history, priors, calibration_settings)


@pytest.fixture(scope="session")
def constraints(posterior: Posterior) -> Constraints:
    """Shipped constraints for a 30-day flight."""
    return parse_constraints(
        ConstraintSettings.of(read_conf("constraints/default.yaml"), "constraints"),
        posterior.campaigns,
        30,
    )


@pytest.fixture(scope="session")
def objective() -> Objective:
    """The objective `conversions`."""
    return Objective.of(ObjectiveSettings.of(read_conf("objective/conversions.yaml"), "objective"))


@pytest.fixture(scope="session")
def base_plan(posterior: Posterior, constraints: Constraints, objective: Objective) -> np.ndarray:
    """Static plan after a few iterations, (days, campaigns) dollars."""
    settings = read_conf("solver/default.yaml", iterations=40, draws=16, rate=0.1)
    solver = SolverSettings.of(settings, "solver")
    return static_plan(posterior, constraints, objective, constraints.days, solver)


@pytest.fixture(scope="session")
def problem(
    posterior: Posterior, constraints: Constraints, objective: Objective, base_plan: np.ndarray
) -> Problem:
    """Planning problem of the synthetic advertiser before the flight."""
    return problem_of(posterior, constraints, objective, base_plan)


@pytest.fixture(scope="session")
def env_settings() -> EnvSettings:
    """Shipped settings of the environment."""
    return EnvSettings.of(read_conf("env/default.yaml"), "env")


@pytest.fixture(scope="session")
def journeys(conf: Callable[..., dict[str, Any]], posterior: Posterior) -> Callable[..., Objective]:
    """Makes the objective `journeys` from the mean ratios of all campaigns."""

    def make(means: list[float], log_sd: float = 0.0) -> Objective:
        settings = ObjectiveSettings.of(conf("objective/journeys.yaml"), "objective")
        return Objective.of(settings, [Ratio(mean=mean, log_sd=log_sd) for mean in means])

    return make
