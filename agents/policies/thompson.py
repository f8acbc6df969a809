"""Thompson sampling: every day the optimum for one market sampled from the posterior.

Each flight samples one draw per campaign from the rolling horizon's particles, in proportion to its
weight, and allocates as if it were the truth (Thompson, Biometrika 25, 1933). Sampling explores by
itself, at a cost in expected value.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ...data.settings import Seed, Settings
from ...data.types import Floats
from ...envs.calibration import Posterior
from ...envs.flight import Observable, ParticleSet, Problem, weights
from ...envs.market import generator
from ..experiment import Experiment
from .rolling_horizon import MAX_DRAWS, RollingHorizon


class ThompsonSettings(Settings):
    """The keys of ``conf/agent/thompson.yaml``."""

    name: Literal["thompson"]
    draws: Annotated[int, Field(ge=2, le=MAX_DRAWS)]
    seed: Seed


class Thompson(RollingHorizon):
    """The rolling horizon with one draw per campaign, sampled every day, instead of all."""

    name = "thompson"

    def __init__(self, problem: Problem, posterior: Posterior, draws: int, seed: int) -> None:
        """Args: as in ``RollingHorizon``; seed: a sample depends on it, the day and the flight."""
        super().__init__(problem, posterior, draws)
        self.seed = seed

    def _draw_weights(self, observable: Observable, particle_set: ParticleSet) -> Floats:
        cumulative = np.cumsum(weights(particle_set), 1)
        rng = generator(self.seed, observable.ledger.day)
        uniform = rng.random((len(cumulative), 1, cumulative.shape[2]))
        sampled = (cumulative < uniform).sum(1, keepdims=True)
        return np.asarray(np.arange(cumulative.shape[1])[:, None] == sampled, np.float64)


def thompson(experiment: Experiment, split: str) -> Thompson:
    """Return the policy."""
    settings = experiment.settings("thompson", ThompsonSettings)
    return Thompson(experiment.problem, experiment.posterior, settings.draws, settings.seed)
