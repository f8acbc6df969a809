"""`mpc`: model predictive control, the rest re-planned by gradient under the in-flight belief.

Every few days the plan of the days left is optimised through the whole simulator, with demand as
the belief expects it; the first of its days are carried out, then it is optimised again from there
(Rawlings, Mayne and Diehl, "Model Predictive Control", 2nd ed., 2017). The belief's covariance may
enter by the cubature rule of Arasaratnam and Haykin (IEEE Trans. Automatic Control 54(6), 2009):
four markets that share the Gaussian's mean and covariance, exact to the third order. Like the
rolling horizon it learns from what it spends, but spends nothing in order to learn.
"""

from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field

from ...data.settings import Settings
from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.flight import BeliefState, Observable, Problem, level_shift, prior_level
from ...envs.market import Market, MarketState, elasticity_of, odds_at_reference
from ...envs.planning import best_rest
from ..experiment import Experiment

MAX_ITERATIONS = 100_000


class MpcSettings(Settings):
    """The keys of ``conf/agent/mpc.yaml``."""

    name: Literal["mpc"]
    every: Annotated[int, Field(ge=1, le=366)]
    iterations: Annotated[int, Field(ge=1, le=MAX_ITERATIONS)]
    points: Literal[1, 4]


class Mpc:
    """Every few days the best plan of the rest under the belief, and its first days."""

    name = "mpc"
    open_loop = False

    def __init__(self, problem: Problem, settings: MpcSettings) -> None:
        """Args: problem; how often, how long and over how many markets the rest is optimised."""
        self.problem, self.settings = problem, settings

    def act(self, observable: Observable, memory: Floats | None) -> tuple[Array, Array, Floats]:
        """Return the day of each flight's plan, its total, and the plans of the days left."""
        today = observable.ledger.day
        if memory is None:
            memory = self.problem.static_plan + 0 * observable.ledger.spent[:, None]
        if today % self.settings.every == 0:
            markets = belief_markets(self.problem, observable.belief, self.settings.points)
            left = self.problem, observable.ledger, markets, memory, self.settings.iterations
            memory = best_rest(*left)
        return memory[:, 0], memory[:, 0].sum(-1), memory[:, 1:]


class _Point(NamedTuple):
    """A point of the cubature rule, in standard deviations."""

    level: float
    curve: float  # of the part of the log odds that the level does not explain


_POINTS = {1: (_Point(0, 0),), 4: tuple(_Point(*np.sqrt(2) * u) for u in (*np.eye(2), *-np.eye(2)))}


def belief_markets(
    problem: Problem, belief: BeliefState, points: int
) -> tuple[Market, MarketState]:
    """Return the markets that stand for a belief, (flights x points, campaigns).

    A campaign's true log level moves by ``claim_slope`` per unit of the claimed one. The belief's
    level already counts the spread of levels, so that the points' mean factor of demand is 1.

    Args:
        problem: what was known before the flight; its mean market has the rest of the physics.
        belief: (flights, campaigns).
        points: 1 for the belief's mean, 4 for the cubature rule.
    """
    slope, covariance = problem.claim_slope, belief.covariance
    mean = prior_level(problem, belief.state.day) + slope * level_shift(problem, belief)
    level_sd = np.sqrt(covariance.level)
    shared = covariance.both / level_sd
    own = np.sqrt(np.maximum(covariance.curve - shared**2, 0.0))
    rule = _POINTS[points]
    moves = [(slope * level_sd * p.level, shared * p.level + own * p.curve) for p in rule]
    factor = np.log(np.mean([np.exp(level) for level, _ in moves], 0))
    log_odds = np.log(odds_at_reference(belief.elasticity, problem.market.slope))

    def rows(each: list[Floats]) -> Floats:
        return np.stack(each, 1).reshape(-1, mean.shape[-1])

    elasticity = rows([elasticity_of(np.exp(log_odds + x), problem.market.slope) for _, x in moves])
    fields = [f if f is None else rows([f + 0 * mean] * points) for f in belief.state[1:]]
    state = MarketState(belief.state.day, *fields)
    level = rows([mean + x - factor for x, _ in moves])
    return problem.market._replace(elasticity=elasticity), state._replace(level=level)


def mpc(experiment: Experiment, split: str) -> Mpc:
    """Return the policy."""
    return Mpc(experiment.problem, experiment.settings("mpc", MpcSettings))
