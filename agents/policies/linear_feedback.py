"""Linear feedback policy around the static plan (``cma``), its gains found by CMA-ES.

A day's tilt of a campaign is a weighted sum of what was learnt about it in flight, with the same
few gains for all campaigns; zero gains are the static plan. The gains that earn most on training
flights under common random numbers are found by CMA-ES: Hansen, "The CMA Evolution Strategy: A
Tutorial", arXiv:1604.00772, in the library ``cma``.
"""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ...data.settings import Seed, Settings
from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.flight import ActionSettings, Observable, Problem, level_shift, requested_spend
from ...envs.market import generator
from ..experiment import Experiment
from ..rollout import EvaluationSet, rollout_policy

GAINS = ("belief", "belief_early", "residual", "residual_early", "doubt_early", "pace")
_MAX_ELASTICITY = 0.95  # cap on the elasticity, which bounds the response 1 / (1 - e) by 20


class LinearFeedbackSettings(Settings):
    """The keys of ``conf/agent/cma.yaml``."""

    name: Literal["cma"]
    iterations: Annotated[int, Field(ge=1, le=1_000_000)]
    population: Annotated[int, Field(ge=4, le=10_000)]
    flights: Annotated[int, Field(ge=1, le=65_536)]
    sigma: Annotated[float, Field(gt=0, le=100)]
    seed: Seed


class LinearFeedback:
    """Tilts the static plan by gains times what was learnt.

    For a power curve of elasticity e, equal marginal returns ask for x / (1 - e) more log dollars
    where the log level is x higher; this response is the unit of the tilt. The features are the
    belief's level shift (shrunk), the residual of all reports so far (not shrunk) and the belief's
    standard deviation (the value of exploring); "early" gains are multiplied by the share of days
    that remain.
    """

    name = "cma"
    open_loop = False

    def __init__(self, problem: Problem, action: ActionSettings, gains: Floats) -> None:
        """Args: problem; scales of actions; gains in the order of ``GAINS``."""
        self.problem, self.gains = problem, gains
        self.action = action.model_copy(update={"follow": 0.0})
        self._response = 1 / (1 - np.minimum(problem.market.elasticity, _MAX_ELASTICITY))
        self._share = problem.mean_static_spend / problem.mean_static_spend.sum()

    def act(self, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the static plan's day, tilted."""
        belief, problem = observable.belief, self.problem
        days_left = 1 - observable.ledger.day / problem.days
        shift = level_shift(problem, belief)
        residual = np.log1p(belief.observed) - np.log1p(belief.expected)
        level_sd = np.sqrt(belief.covariance.level)
        shift_gain, shift_early, residual_gain, residual_early, sd_early, pace_gain = self.gains
        tilt = (shift_gain + shift_early * days_left) * shift + sd_early * days_left * level_sd
        tilt = self._response * (tilt + (residual_gain + residual_early * days_left) * residual)
        pace = pace_gain * (self._share * shift).sum(-1, keepdims=True)
        scaled = pace / max(self.action.pace, 1e-9), tilt / self.action.tilt
        action = np.concatenate(scaled, -1)
        return *requested_spend(problem, observable, action, self.action), None


def linear_feedback(experiment: Experiment, split: str) -> LinearFeedback:
    """Return the policy; its gains are cached."""
    settings = experiment.settings("cma", LinearFeedbackSettings)
    depends = [settings.model_dump(), experiment.env.action.model_dump()]
    gains = experiment.cached("cma", depends, (len(GAINS),), lambda: search(experiment, settings))
    return LinearFeedback(experiment.problem, experiment.env.action, gains)


def search(experiment: Experiment, settings: LinearFeedbackSettings) -> Floats:
    """Return the gains, (6,), of the highest mean value on training flights.

    The search has a generator of its own and does not touch numpy's global one.
    """
    import cma  # brings matplotlib: only for a search

    problem = experiment.problem
    evaluation_set = EvaluationSet(
        *experiment.source.draw(settings.seed, range(settings.flights), problem.days)
    )

    def loss(gains: Floats) -> float:
        policy = LinearFeedback(problem, experiment.env.action, gains)
        return -float(rollout_policy(problem, policy, evaluation_set).total.mean())

    normal = generator(settings.seed).standard_normal
    options = {
        "popsize": settings.population,
        "maxiter": settings.iterations,
        "randn": lambda *shape: normal(shape),
        "seed": np.nan,  # no seeding: the normals come from `randn`
        "verbose": -9,
    }
    evolution = cma.CMAEvolutionStrategy(np.zeros(len(GAINS)), settings.sigma, options)
    while not evolution.stop():
        population = evolution.ask()
        evolution.tell(population, [loss(gains) for gains in population])
    return np.asarray(evolution.result.xfavorite)
