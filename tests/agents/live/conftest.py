"""A flight of the shared problem, and a market that it is flown in."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.live import Flight, LiveSettings, Parts
from mediagym.agents.policies import baseline
from mediagym.envs.constraints import to_cents
from mediagym.envs.flight import Problem

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
