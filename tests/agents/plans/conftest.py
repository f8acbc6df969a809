"""Plans that are under way, and the schema of their documents."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.plans import Actuals, joined, plan_of
from mediagym.agents.plans.document import SCHEMA
from mediagym.agents.plans.records import Plan
from mediagym.agents.policies import baseline
from mediagym.data.history import Campaign
from mediagym.envs.calibration import Forecast
from mediagym.envs.constraints import ConstraintSettings, parse_constraints

NAMES = (Campaign("google", "A"), Campaign("google", "B"), Campaign("meta", None))
DRAWS = 40


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def random_plan(conf: Callable[..., dict]) -> Callable[..., Plan]:
    """Makes a plan of three campaigns from a seed, with days that are over."""

    def make(seed: int, days: int, over: int, **changes: Any) -> Plan:
        rng = np.random.default_rng(seed)
        cents = rng.integers(0, 100_000, (days, 3)) * rng.integers(0, 2, (days, 3))
        cents[-1, 0] += 1
        free = {"channel": {}, "campaign": {}, "pacing": None, "ramp": None}
        settings = conf("constraints/default.yaml", total=f"${cents.sum() / 100:.2f}", **free)
        expected = rng.gamma(2.0, 2.0, (DRAWS, days, 3))
        counted = rng.poisson(expected).astype(float)
        forecast = Forecast(expected, counted, 10 * expected, 10 * counted)
        facts = {
            "policy": "test",
            "objective": "conversions",
            "constraints": parse_constraints(
                ConstraintSettings.of(settings, "constraints"), NAMES, days
            ),
            "first_day": 20_000,
            "cents": cents,
            "forecast": forecast,
            "marginal": np.ones(3),
            "baselines": {},
            "observed_mean": cents.mean(0) / 100,
            "recent": cents.mean(0) / 100 + 1,
            "observed_max": cents.max(0) / 100,
            "notes": (),
        }
        if over:
            spent, reported = cents[:over], rng.poisson(5.0, (over, 3)).astype(float)
            planned = rng.integers(0, 100_000, (over, 3))
            actuals = Actuals(spent, reported, 9.0 * reported, planned)
            rest = Forecast(*(draws[:, over:] for draws in forecast))
            facts |= {"actuals": actuals, "forecast": joined(actuals, rest)}
        return Plan(**{**facts, **changes})

    return make


@pytest.fixture(scope="session")
def under_way(experiment: Experiment) -> Plan:
    """The greedy plan after ten days as planned, but for a dollar that moved to the last day."""
    plan = plan_of(experiment, baseline("greedy", experiment), [])
    cents, planned = plan.cents.copy(), plan.cents[:10].copy()
    cents[4, 0] -= 100
    cents[-1, 0] += 100
    conversions = np.arange(planned.size, dtype=float).reshape(planned.shape)
    actuals = Actuals(cents[:10], conversions, 50 * conversions, planned)
    rest = Forecast(*(draws[:, 10:] for draws in plan.forecast))
    return plan._replace(cents=cents, actuals=actuals, forecast=joined(actuals, rest))
