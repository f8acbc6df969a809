"""Thompson sampling: every day the best for one market drawn from what is known.

Each flight draws, campaign by campaign, one of the re-planner's draws in proportion to its weight
and allocates as if that were the truth (Thompson, Biometrika 25, 1933). What is drawn is explored,
so nothing else has to be; what the drawing costs on the way is the price.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ...data.settings import Settings
from ...data.types import Floats
from ...envs.calibration import Posterior
from ...envs.flight import Observable, ParticleSet, Problem, weights
from ...envs.market import generator
from ..experiment import Experiment
from .rolling_horizon import RollingHorizon


class ThompsonSettings(Settings):
    """The keys of ``conf/agent/thompson.yaml``."""

    name: Literal["thompson"]
    draws: Annotated[int, Field(ge=2)]
    seed: Annotated[int, Field(ge=0)]


class Thompson(RollingHorizon):
    """The re-planner with one draw a campaign, drawn anew every day, in place of all."""

    name = "thompson"

    def __init__(self, problem: Problem, posterior: Posterior, draws: int, seed: int) -> None:
        """Args: as the re-planner's, and the seed; a flight's draws depend on its place too."""
        super().__init__(problem, posterior, draws)
        self.seed = seed

    def _shares(self, view: Observable, particle_set: ParticleSet) -> Floats:
        ranks = np.cumsum(weights(particle_set), 1)
        point = generator(self.seed, view.ledger.day).random((len(ranks), 1, ranks.shape[2]))
        drawn = (ranks < point).sum(1, keepdims=True)
        return np.asarray(np.arange(ranks.shape[1])[:, None] == drawn, np.float64)


def thompson(experiment: Experiment, split: str) -> Thompson:
    """Return the policy."""
    settings = experiment.settings("thompson", ThompsonSettings)
    return Thompson(experiment.problem, experiment.posterior, settings.draws, settings.seed)
