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

from mediagym.data.exports import DataSettings, load_history
from mediagym.data.history import History
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
    """A test with the argument `malformed` runs once for each way a folder goes wrong."""
    if "malformed" in metafunc.fixturenames:
        mutations = MUTATIONS
        metafunc.parametrize("malformed", mutations, ids=[each.name for each in mutations])


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
    """Makes settings for a folder: the shipped defaults with overrides."""
    text = (ROOT / "conf" / "data" / "default.yaml").read_text(encoding="utf-8")

    def make(path: Path | str | None, **overrides: Any) -> DataSettings:
        return DataSettings.of({**yaml.safe_load(text), "path": path, **overrides})

    return make


@pytest.fixture
def advertiser_a() -> Path:
    """The real advertiser's folder, where it is at hand."""
    folder = ROOT.parent / "shared" / "data" / "advertiser_a"
    if not folder.is_dir():
        pytest.skip("advertiser A (../shared/data/advertiser_a) is not here")
    return folder


def read_conf(path: str, /, **overrides: Any) -> dict[str, Any]:
    """A shipped YAML of the folder conf, without what only the launcher reads."""
    shipped = yaml.safe_load((ROOT / "conf" / path).read_text(encoding="utf-8"))
    shipped = {key: value for key, value in shipped.items() if key not in ("defaults", "hydra")}
    return {**shipped, **overrides}


@pytest.fixture(scope="session")
def conf() -> Callable[..., dict[str, Any]]:
    """Reads a shipped YAML by its path inside conf, with overrides."""
    return read_conf


@pytest.fixture(scope="session")
def priors() -> Priors:
    """The shipped priors."""
    return Priors.of(read_conf("priors/default.yaml"), "priors")


@pytest.fixture(scope="session")
def synthetic_settings(tmp_path_factory: pytest.TempPathFactory) -> SyntheticSettings:
    """The shipped synthetic advertiser of 9 campaigns: 150 days and few landings."""
    folder = tmp_path_factory.mktemp("advertiser")
    settings = read_conf("advertiser/default.yaml", path=folder, seed=1, days=150, landings=20_000)
    return SyntheticSettings.of(settings, "synthesize")


@pytest.fixture(scope="session")
def advertiser(synthetic_settings: SyntheticSettings, priors: Priors) -> Advertiser:
    """That advertiser, its exports written to the folder of its settings."""
    drawn = synthesize(synthetic_settings, priors)
    write_advertiser(drawn, synthetic_settings)
    return drawn


@pytest.fixture(scope="session")
def history(advertiser: Advertiser, synthetic_settings: SyntheticSettings) -> History:
    """Its history, read from the exports."""
    settings = read_conf("data/default.yaml", path=synthetic_settings.path)
    return load_history(DataSettings.of(settings))


@pytest.fixture(scope="session")
def calibration_settings() -> CalibrationSettings:
    """A calibration of a second: 64 particles, 96 draws, 32 of them held out."""
    sizes = {"particles": 64, "mcmc_steps": 2, "final_mcmc_steps": 2, "draws": 96, "held_out": 32}
    return CalibrationSettings.of(read_conf("calibration/default.yaml", **sizes), "calibration")


@pytest.fixture(scope="session")
def posterior(
    history: History, priors: Priors, calibration_settings: CalibrationSettings
) -> Posterior:
    """A coarse posterior of that history."""
    return calibrate(history, priors, calibration_settings)


@pytest.fixture(scope="session")
def constraints(posterior: Posterior) -> Constraints:
    """The shipped constraints of a 30-day flight."""
    return parse_constraints(
        ConstraintSettings.of(read_conf("constraints/default.yaml"), "constraints"),
        posterior.campaigns,
        30,
    )


@pytest.fixture(scope="session")
def objective() -> Objective:
    """Conversions."""
    return Objective.of(ObjectiveSettings.of(read_conf("objective/conversions.yaml"), "objective"))


@pytest.fixture(scope="session")
def base_plan(posterior: Posterior, constraints: Constraints, objective: Objective) -> np.ndarray:
    """A static plan of few iterations, (days, campaigns) dollars."""
    settings = read_conf("solver/default.yaml", iterations=40, draws=16, rate=0.1)
    solver = SolverSettings.of(settings, "solver")
    return static_plan(posterior, constraints, objective, constraints.days, solver)


@pytest.fixture(scope="session")
def problem(
    posterior: Posterior, constraints: Constraints, objective: Objective, base_plan: np.ndarray
) -> Problem:
    """What that advertiser knows before the flight."""
    return problem_of(posterior, constraints, objective, base_plan)


@pytest.fixture(scope="session")
def env_settings() -> EnvSettings:
    """The shipped environment."""
    return EnvSettings.of(read_conf("env/default.yaml"), "env")


@pytest.fixture(scope="session")
def journeys(conf: Callable[..., dict[str, Any]], posterior: Posterior) -> Callable[..., Objective]:
    """Makes the objective of journeys; ratios of the shared campaigns."""

    def make(means: list[float], log_sd: float = 0.0) -> Objective:
        settings = ObjectiveSettings.of(conf("objective/journeys.yaml"), "objective")
        return Objective.of(settings, [Ratio(mean=mean, log_sd=log_sd) for mean in means])

    return make
