"""CEM: a linear feedback policy around the static plan, its gains found by evolution.

A day's tilt of a campaign is a weighted sum of what was learnt about it in flight, with the same
few gains for all campaigns; all gains 0 is the static plan. The gains that earn most on training
flights under common random numbers are found by CMA-ES, the cross-entropy method's successor that
adapts the covariance of its samples: Hansen, "The CMA Evolution Strategy: A Tutorial",
arXiv:1604.00772, by the library ``cma``.
"""

from typing import Annotated, Any, Literal

import cma
import numpy as np
from pydantic import Field

from ...data.settings import Settings
from ...data.storage import read_json, write_json
from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.flight import ActionSettings, Observable, Problem, prior_level, requested_spend
from ..experiment import Experiment
from ..rollout import EvaluationSet, rollout_policy

GAINS = ("belief", "belief_early", "residual", "residual_early", "doubt_early", "pace")
_STEEP = 0.95  # elasticity above which the equal-marginal answer no longer grows


class LinearFeedbackSettings(Settings):
    """The keys of ``conf/agent/cma.yaml``."""

    name: Literal["cma"]
    iterations: Annotated[int, Field(ge=1)]
    population: Annotated[int, Field(ge=4)]
    flights: Annotated[int, Field(ge=1)]
    sigma: Annotated[float, Field(gt=0)]
    seed: Annotated[int, Field(ge=0)]


class LinearFeedback:
    """Tilts the static plan by gains times what was learnt.

    Of a power curve with elasticity e the equal-marginal answer to a level that is x higher in the
    logarithm is x / (1 - e) more log dollars; that is the unit of what the gains multiply. Each
    feature comes once as it is or once times the share of days left ("early"): what was learnt,
    shrunk (belief) and as counted (residual); how little is known yet (doubt), the worth of trying.
    """

    name = "cma"
    open_loop = False

    def __init__(self, problem: Problem, action: ActionSettings, gains: Floats) -> None:
        """Args: the problem, the scales of actions, and the gains in the order of ``GAINS``."""
        self.problem, self.gains = problem, gains
        self.action = action.model_copy(update={"follow": 0.0})
        self._answer = 1 / (1 - np.minimum(problem.market.elasticity, _STEEP))
        self._share = problem.mean_static_spend / problem.mean_static_spend.sum()

    def act(self, view: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the plan's day, tilted."""
        belief, problem = view.belief, self.problem
        left = 1 - view.ledger.day / problem.days
        shift = belief.state.level - prior_level(problem, belief.state.day)
        residual = np.log1p(belief.observed) - np.log1p(belief.expected)
        doubt = np.sqrt(belief.covariance.level)
        belief_gain, early, residual_gain, residual_early, doubt_gain, pace_gain = self.gains
        tilt = (belief_gain + early * left) * shift + doubt_gain * left * doubt
        tilt = self._answer * (tilt + (residual_gain + residual_early * left) * residual)
        pace = pace_gain * (self._share * shift).sum(-1, keepdims=True)
        scaled = pace / max(self.action.pace, 1e-9), tilt / self.action.tilt
        target, total = requested_spend(problem, view, np.concatenate(scaled, -1), self.action)
        return target, total, None


def linear_feedback(experiment: Experiment, split: str) -> LinearFeedback:
    """Return the policy; its gains are kept by content as JSON."""
    settings = experiment.settings("cma", LinearFeedbackSettings)
    depends = [settings.model_dump(), experiment.env.action.model_dump()]
    path = experiment.cache_path("cma", depends, "json")
    if not path.exists():
        write_json(path, dict(zip(GAINS, search(experiment, settings).tolist(), strict=True)))
    told = read_json(path)
    gains = np.array([told[name] for name in GAINS])
    return LinearFeedback(experiment.problem, experiment.env.action, gains)


def search(experiment: Experiment, settings: LinearFeedbackSettings) -> Floats:
    """Return the gains, (6,), that earn most on training flights.

    The search draws from a generator of its own and leaves numpy's global one alone.
    """
    problem = experiment.problem
    trial = EvaluationSet(
        *experiment.source.draw(settings.seed, range(settings.flights), problem.days)
    )

    def lost(gains: Floats) -> float:
        policy = LinearFeedback(problem, experiment.env.action, gains)
        return -float(rollout_policy(problem, policy, trial).total.mean())

    normal = np.random.Generator(np.random.PCG64(settings.seed)).standard_normal
    options = {
        "popsize": settings.population,
        "maxiter": settings.iterations,
        "randn": lambda *shape: normal(shape),
        "seed": np.nan,  # none: the normals are ours
        "verbose": -9,
    }
    evolution = cma.CMAEvolutionStrategy(np.zeros(len(GAINS)), settings.sigma, options)
    while not evolution.stop():
        asked = evolution.ask()
        evolution.tell(asked, [lost(gains) for gains in asked])
    return np.asarray(evolution.result.xfavorite)
