"""`ucb`: optimism in the face of uncertainty, on the marginal return of a dollar.

Every campaign's log level and curve are taken to be where, within ``kappa`` standard deviations of
the belief, the marginal return at today's allocation is highest, and the money is allocated as if
that were the truth: the upper confidence bound of a linear bandit (Auer, J. Mach. Learn. Res. 3,
2002; Dani, Hayes and Kakade, COLT 2008), with the belief's Gaussian in place of the confidence
ellipsoid (Srinivas, Krause, Kakade and Seeger, ICML 2010) and the closed-form allocation of
`follow` in place of the choice of an arm. ``kappa`` of 0 is `follow`.
"""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ....data.settings import Settings
from ....envs.arrays import Array
from ....envs.flight import (
    BeliefState,
    Observable,
    Problem,
    belief_allocation,
    belief_curves,
    followed_spend,
)
from ....envs.market import elasticity_of, odds_at_reference
from ...experiment import Experiment
from .directions import marginal_return


class UcbSettings(Settings):
    """The keys of ``conf/agent/ucb.yaml``."""

    name: Literal["ucb"]
    kappa: Annotated[float, Field(ge=0, le=10)]


class Ucb:
    """`follow` under the belief's optimistic end."""

    name = "ucb"
    open_loop = False

    def __init__(self, problem: Problem, kappa: float) -> None:
        """Args: problem; width of the optimism, in standard deviations of the belief."""
        self.problem, self.kappa = problem, kappa

    def act(self, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the day's spend and its total; nothing is remembered."""
        belief = optimistic(self.problem, observable.belief, self.kappa)
        return *followed_spend(self.problem, observable._replace(belief=belief)), None


def optimistic(problem: Problem, belief: BeliefState, kappa: float) -> BeliefState:
    """Return the belief whose means are those of the highest marginal returns.

    Of all points at ``kappa`` standard deviations from the mean, the one at which a linear
    function with gradient g is highest lies at ``kappa S g / sqrt(g' S g)`` from it, where S is
    the covariance.

    Args:
        problem: what was known before the flight.
        belief: (..., campaigns).
        kappa: standard deviations, >= 0.
    """
    ratio = np.exp(belief_allocation(problem, belief))
    spend = ratio * problem.allocation_curves.mean_static_spend
    direction = marginal_return(problem, belief_curves(problem, belief), spend)
    sd = np.sqrt(np.maximum(direction.along(direction, belief.covariance), 1e-12))
    level, curve = direction.covariances(belief.covariance)
    odds = odds_at_reference(belief.elasticity, problem.market.slope)
    elasticity = elasticity_of(odds * np.exp(kappa * curve / sd), problem.market.slope)
    state = belief.state._replace(level=belief.state.level + kappa * level / sd)
    return belief._replace(state=state, elasticity=elasticity)


def ucb(experiment: Experiment, split: str) -> Ucb:
    """Return the policy."""
    return Ucb(experiment.problem, experiment.settings("ucb", UcbSettings).kappa)
