"""A flight of the shared problem, and a market that it runs in."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.live import Flight, LiveSettings, Parts, open_flight
from mediagym.agents.plans import plan_of, write_plan
from mediagym.agents.policies import baseline
from mediagym.data.storage import read_json
from mediagym.envs.calibration import CalibrationSettings
from mediagym.envs.constraints import to_cents
from mediagym.envs.flight import Problem
from mediagym.envs.synthetic import (
    Advertiser,
    ContinuationSettings,
    SyntheticSettings,
    continue_advertiser,
)

HOLD = {"probability": 0.8, "share": 0.05, "amount": 20}


def live_settings(hold: dict[str, float] | None = None, **keys: Any) -> LiveSettings:
    """Settings of a flight with few draws; without a hold unless one is given."""
    given = {"hold": hold, "draws": 32, "missing": "planned", "last_day": "auto", **keys}
    return LiveSettings.of(given, "live")


@pytest.fixture(scope="session")
def settings() -> Callable[..., LiveSettings]:
    """`live_settings`."""
    return live_settings


@pytest.fixture(scope="session")
def cents(problem: Problem) -> np.ndarray:
    """The static plan of the shared problem, in cents."""
    return to_cents(problem.static_plan, problem.constraints)


@pytest.fixture(scope="session")
def planned(experiment: Experiment, cents: np.ndarray) -> Experiment:
    """The shared experiment around that plan."""
    return replace(experiment, problem=replace(experiment.problem, static_plan=cents / 100))


@pytest.fixture(scope="session")
def fly(planned: Experiment, cents: np.ndarray) -> Callable[..., Flight]:
    """Makes a flight before its first day."""

    def make(policy: str = "follow", hold: dict[str, float] | None = None, **parts: Any) -> Flight:
        experiment = parts.pop("experiment", planned)
        acting = baseline(policy, experiment)
        given = {"plan": cents, "is_changed": False, **parts}
        return Flight(Parts(experiment, acting, policy, live_settings(hold), **given))

    return make


@pytest.fixture(scope="session")
def day_by_day() -> Callable[..., None]:
    """Reports days of a flight: spend as set times a factor, conversions as expected times one."""

    def run(flight: Flight, days: int, spend: Any = 1.0, efficiency: Any = 1.0) -> None:
        names = flight.names
        delivered = np.broadcast_to(np.asarray(spend, float), (days, len(names)))
        factor = np.broadcast_to(np.asarray(efficiency, float), (days, len(names)))
        market = flight.parts.problem.market
        per_dollar = market.reference_conversions / market.reference_spend
        for t in range(days):
            today = flight.today()
            rows = {
                name: {
                    "spend": round(today[name] * delivered[t, k], 2),
                    "conversions": float(today[name] * per_dollar[k] * factor[t, k]),
                    "revenue": 1.0,
                }
                for k, name in enumerate(names)
            }
            flight.report(flight.dates[flight.reports.days], rows)

    return run


@pytest.fixture(scope="session")
def plan_file(experiment: Experiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """plan.json of the static plan of the shared problem."""
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    write_plan(plan_of(experiment, baseline("static", experiment), []), path)
    return path


@pytest.fixture(scope="session")
def ten_days(
    advertiser: Advertiser,
    synthetic_settings: SyntheticSettings,
    plan_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The advertiser's exports with the first ten days of that plan."""
    folder = tmp_path_factory.mktemp("exports") / "advertiser"
    shutil.copytree(synthetic_settings.path, folder)
    more = {"plan": str(plan_file), "continue_days": 10, "break": None}
    delivery = {"sd": 0, "over": 0, "most": 2, "shares": {}}
    settings = ContinuationSettings.of({**more, "delivery": delivery}, "synthesize")
    continue_advertiser(synthetic_settings.model_copy(update={"path": folder}), settings)
    return folder


@pytest.fixture(scope="session")
def sizes(cache: Path, calibration_settings: CalibrationSettings) -> dict[str, Any]:
    """Keys of a one-second calibration, and of few draws behind estimates."""
    small = {"particles": 64, "mcmc_steps": 2, "final_mcmc_steps": 2, "draws": 96, "held_out": 32}
    return {"calibration": small, "cache": str(cache), "live": {"draws": 32}}


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of calibrations."""
    return tmp_path_factory.mktemp("calibrations")


@pytest.fixture(scope="session")
def opened(plan_file: Path, ten_days: Path, sizes: dict[str, Any]) -> Callable[..., Flight]:
    """Opens that plan's flight with the ten days, as of the day before unless given."""

    def make(policy: str = "replanner", as_of: str | None = "day_before", **config: Any) -> Flight:
        day = str(day_before(plan_file)) if as_of == "day_before" else as_of
        data, plan = config.pop("data", ten_days), config.pop("plan", plan_file)
        merged = {**sizes, **config}
        merged["live"] = {**sizes["live"], **config.get("live", {})}
        return open_flight(plan, data, policy, as_of=day, config=merged)

    return make


def day_before(path: Path) -> np.datetime64:
    """The day before a plan's first day."""
    return np.datetime64(read_json(path)["flight"]["start"], "D") - 1
