"""`knowledge_gradient`: a day's spend is worth what it brings, and what its report will change.

The knowledge gradient is the expected gain of the next decisions from one more observation
(Frazier, Powell and Dayanik, SIAM J. Control Optim. 47(5), 2008), campaigns taken as independent.
While learning is paid from the same money, a day's reward and the gain on all the days left are
added (Ryzhov, Powell and Frazier, Oper. Res. 60(1), 2012). Both are in closed form here:

- A report at a spend x lowers the variance of the log marginal return at the allocation by
  ``v(x) = (g' S h)^2 / (h' S h + R(x))``, where S is the belief's covariance, g the gradient of the
  log marginal return, h that of the log of the expected report and R the variance of its noise.
- To the second order, a campaign whose log marginal return turns out d higher is worth
  ``p d^2 / 2 * s (1 - s / sum s)`` more per day after the money is allocated anew, where p is the
  price of a dollar and ``s = (x + offset) / 2`` is how far spend follows the log of the price.

The approximation: the gain is second-order, carry-over and season enter the report but not the
gain, and nothing else is assumed to be learnt later, which overstates it.
"""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ....data.settings import Settings
from ....data.types import Floats
from ....envs.arrays import Array
from ....envs.flight import (
    BeliefState,
    Observable,
    Problem,
    belief_allocation,
    belief_curves,
    followed_spend,
)
from ....envs.market import odds_at_reference, odds_effect, report_dispersion, step
from ...experiment import Experiment
from .directions import Direction, marginal_return

Level = Annotated[float, Field(ge=0.01, le=100)]
_MIN_REPORT = 1e-9  # conversions: keeps the noise of a report finite


class KnowledgeGradientSettings(Settings):
    """The keys of ``conf/agent/knowledge_gradient.yaml``."""

    name: Literal["knowledge_gradient"]
    levels: Annotated[list[Level], Field(min_length=1, max_length=1000)]


class KnowledgeGradient:
    """`follow`, each campaign at the spend level where reward and information are worth most."""

    name = "knowledge_gradient"
    open_loop = False

    def __init__(self, problem: Problem, levels: list[float]) -> None:
        """Args: problem; spend levels to choose from, as multiples of the allocation."""
        self.problem, self.levels = problem, levels

    def act(self, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the day's spend and its total; nothing is remembered."""
        spend, total = followed_spend(self.problem, observable)
        days_after = self.problem.days - observable.ledger.day - 1
        worth = level_values(self.problem, observable.belief, spend, self.levels, days_after)
        chosen = spend * np.asarray(self.levels)[worth.argmax(0)]
        return chosen * (total / np.maximum(chosen.sum(-1), 1e-9))[..., None], total, None


def level_values(
    problem: Problem, belief: BeliefState, spend: Floats, levels: list[float], days_after: int
) -> Floats:
    """Return what every level of a day's spend is worth, (levels, ..., campaigns).

    Args:
        problem: what was known before the flight.
        belief: at the beginning of the day, (..., campaigns).
        spend: dollars that the allocation spends today, (..., campaigns).
        levels: multiples of it, > 0.
        days_after: days left after today.

    Returns:
        Dollars at the static plan's price, relative to the allocation without a report.
    """
    curves = belief_curves(problem, belief)
    ratio = np.exp(belief_allocation(problem, belief))
    mean = ratio * problem.allocation_curves.mean_static_spend
    price = (curves.scale / (mean + curves.offset)) ** 2
    follows = (mean + curves.offset) / 2
    gain = price / 2 * follows * (1 - follows / follows.sum(-1, keepdims=True))
    direction = marginal_return(problem, curves, mean)
    worth = []
    for level in levels:
        learnt = learnt_variance(problem, belief, level * spend, direction)
        # of two points on a curve: the return's difference less the dollars' at the price
        lost = price * mean**2 * (level - 1) ** 2 / (level * mean + curves.offset)
        worth.append(days_after * gain * learnt - lost)
    return np.stack(worth)


def learnt_variance(
    problem: Problem, belief: BeliefState, spend: Floats, direction: Direction
) -> Floats:
    """Return by how much a report lowers the variance of a quantity, (..., campaigns).

    Args:
        problem: what was known before the flight.
        belief: before the day, (..., campaigns).
        spend: dollars today, (..., campaigns).
        direction: gradient of the quantity.
    """
    market = problem.market._replace(elasticity=belief.elasticity)
    state, forecast = step(market, belief.state, spend, None)
    odds = odds_at_reference(belief.elasticity, market.slope)
    effect = odds_effect(state.stock / market.reference_spend, odds, market.slope)
    report = Direction(1 + 0 * effect, effect)
    ahead = report.along(report, belief.covariance) + problem.level_step_variance
    noise = report_dispersion(market) + 1 / np.maximum(forecast.claimed, _MIN_REPORT)
    return np.asarray(direction.along(report, belief.covariance) ** 2 / (ahead + noise))


def knowledge_gradient(experiment: Experiment, split: str) -> KnowledgeGradient:
    """Return the policy."""
    settings = experiment.settings("knowledge_gradient", KnowledgeGradientSettings)
    return KnowledgeGradient(experiment.problem, settings.levels)
