"""A small backtest of a small history."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from helpers.subjects.backtests import FIRST, HORIZON

from mediagym.data.history import METRICS, History


@pytest.fixture(scope="module")
def config(conf: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """A backtest of two origins and few draws."""
    given = conf("backtest.yaml")["backtest"]
    given |= {"first": FIRST, "every": 1000, "horizon": HORIZON, "workers": 1}
    sizes = {"particles": 64, "mcmc_steps": 1, "final_mcmc_steps": 2, "draws": 96, "held_out": 1}
    return {
        "backtest": given,
        "priors": conf("priors/default.yaml"),
        "calibration": conf("calibration/default.yaml", **sizes),
        "data": conf("data/default.yaml", path="somewhere"),
        "objective": conf("objective/conversions.yaml"),
        "output": None,
    }


@pytest.fixture(scope="module")
def few(history: History) -> History:
    """Three campaigns of the shared history."""
    arrays = {name: getattr(history, name)[:, 2:5] for name in (*METRICS, "presence")}
    return dataclasses.replace(history, campaigns=history.campaigns[2:5], complete=None, **arrays)
