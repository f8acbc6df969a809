"""A plan of two or three campaigns, made by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mediagym.agents.plans.records import Plan
from mediagym.data.history import Campaign
from mediagym.envs.calibration import Forecast
from mediagym.envs.constraints import ConstraintSettings, parse_constraints


def small_plan(conf: Callable[..., dict], cents: list[list[int]], **changes: Any) -> Plan:
    """A plan of two or three campaigns under even constraints, with a forecast of ones."""
    names = [("google", "A"), ("google", "B"), ("meta", None)][: len(cents[0])]
    array = np.array(cents, np.int64)
    overrides = {
        "total": int(array.sum()) / 100,
        "channel": {},
        "campaign": {},
        "pacing": None,
        **changes.pop("constraints", {}),
    }
    settings = conf("constraints/default.yaml", **overrides)
    constraints = parse_constraints(
        ConstraintSettings.of(settings, "constraints"),
        [Campaign(*name) for name in names],
        len(array),
    )
    draws = np.ones((4, *array.shape))
    facts = {
        "policy": "test",
        "objective": "conversions",
        "constraints": constraints,
        "first_day": 20_000,
        "cents": array,
        "forecast": Forecast(draws, draws, 10 * draws, 10 * draws),
        "marginal": np.ones(array.shape[1]),
        "baselines": {},
        "observed_mean": array.mean(0) / 100,
        "recent": array.mean(0) / 100 + 1,
        "observed_max": array.max(0) / 100,
        "notes": (),
    }
    return Plan(**{**facts, **changes})
