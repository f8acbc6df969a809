"""Simulated advertisers whose demand moves as a structure says."""

from collections.abc import Callable

import numpy as np
import pytest

from mediagym.envs.calibration import ObservedHistory
from mediagym.envs.calibration.demand import DemandData, DemandPriors, SeasonalStructure
from mediagym.envs.market import saturation

FIRST = 19_730  # first day of the simulated histories, a Tuesday


def ornstein_uhlenbeck(rng, days, sd, kept):
    path = np.empty(days)
    path[0] = sd * rng.standard_normal()
    for t in range(1, days):
        path[t] = kept * path[t - 1] + sd * np.sqrt(1 - kept**2) * rng.standard_normal()
    return path


@pytest.fixture(scope="session")
def structures() -> dict[str, SeasonalStructure]:
    """Two structures that differ in everything."""
    keys = ("level_half_life", "level_sd", "demand_half_life", "demand_sd", "weight")
    values = {"steady": (180, 0.05, 4, 0.15, 1), "restless": (15, 0.8, 4, 0.03, 1)}
    return {
        name: SeasonalStructure(**dict(zip(keys, row, strict=True)), season=False)
        for name, row in values.items()
    }


@pytest.fixture(scope="session")
def simulated() -> Callable[..., DemandData]:
    """Makes a history of conversions from a structure, with some events of the calendar."""

    def make(structure, days, campaigns=3, seed=0, rate=20.0, events=0, scale=1.0):
        rng = np.random.default_rng(seed)
        spend = 100 * np.exp(0.4 * rng.standard_normal((days, campaigns)))
        shared = ornstein_uhlenbeck(rng, days, structure.demand_sd, structure.demand_kept)
        levels = [
            ornstein_uhlenbeck(rng, days, structure.level_sd, structure.level_kept)
            for _ in range(campaigns)
        ]
        weights = (rng.random((days + 400, events)) < 0.05).astype(float)
        curve = saturation(spend / 100, 0.5, 1.0)
        log = np.log(rate * curve) + shared[:, None] + np.array(levels).T
        log += 0.5 * weights[:days].sum(1)[:, None]
        gamma = rng.gamma(20, 1 / 20, log.shape)
        observed = ObservedHistory(
            FIRST,
            scale * spend,
            rng.poisson(np.exp(log) * gamma).astype(float),
            np.ones(log.shape, bool),
            *(fill * np.ones(log.shape) for fill in (1.0, 0.0, 0.0)),
        )
        priors = DemandPriors(0.5, 0.18, 0.2, 0.3, np.zeros(campaigns))
        names = tuple(f"event {j}" for j in range(events))
        return DemandData(observed, weights, names, priors, np.arange(campaigns))

    return make
